"""The platform's signature and its encryption of messages, by its published rules (消息加解密说明)."""

import base64
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

BLOCK_BITS = 256
RANDOM_BYTES = 16
LENGTH_BYTES = 4


class BadMessage(Exception):
    """It cannot be decrypted, or it is meant for another account."""


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts, as the platform makes it of token, timestamp, nonce (and the encrypted text)."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def is_signed(shown: str, *parts: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(signature(*parts).encode(), shown.encode())


def decrypt(aes_key: str, encrypted: str, receive_id: str) -> str:
    """The message in `encrypted`, AES-256-CBC, padded to 32 bytes. Raises `BadMessage`."""
    key = base64.b64decode(aes_key + "=")
    try:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        padded = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
        unpadder = PKCS7(BLOCK_BITS).unpadder()
        content = (unpadder.update(padded) + unpadder.finalize())[RANDOM_BYTES:]
        (length,) = struct.unpack(">I", content[:LENGTH_BYTES])
        message = content[LENGTH_BYTES : LENGTH_BYTES + length].decode()
        meant_for = content[LENGTH_BYTES + length :].decode()
    except (ValueError, struct.error) as error:
        raise BadMessage("it cannot be decrypted") from error
    if not hmac.compare_digest(meant_for.encode(), receive_id.encode()):
        raise BadMessage("it is meant for another account")
    return message
