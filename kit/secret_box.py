"""Secrets at rest: passwords of mailboxes and tokens are encrypted, links and cookies are signed."""

import base64
import hmac

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit.errors import Unavailable


def derive_key(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose from the platform's secret (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret)


class SecretBox:
    """Encrypts with a key derived from the platform's secret (Fernet: AES-128-CBC with HMAC)."""

    def __init__(self, secret: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(derive_key(secret, "secrets at rest")))
        self._signing_key = derive_key(secret, "signatures")

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, sealed: str) -> str:
        """Raises `Unavailable` when the platform's secret is another than the one it was encrypted with."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Unavailable("A stored secret cannot be read: was AXD_SECRET_KEY changed?") from error

    def sign(self, purpose: str, text: str) -> str:
        """A short URL-safe signature (80 bits of HMAC-SHA256) of `text` for one purpose."""
        digest = hmac.digest(self._signing_key, f"{purpose}\0{text}".encode(), "sha256")
        return base64.b32encode(digest[:10]).decode().lower()

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        """Whether `signature` is that of `text`; it may be any text at all."""
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.lower().encode(errors="replace"))
