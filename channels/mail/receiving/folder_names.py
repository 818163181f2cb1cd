"""Folder names on the wire: modified UTF-7 (RFC 3501, 5.1.3) in a quoted string."""

import base64
import re

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+|&")
_SHIFTED = re.compile(r"&([^-]*)-")


def encode_folder(name: str) -> str:
    """`name` as a quoted string that any server understands. Raises ValueError for control characters."""
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        raise ValueError("a folder name cannot contain control characters")
    return quote(_UNPRINTABLE.sub(_shift, name))


def decode_folder(name: str) -> str:
    """Inverse of the encoding, without the quotes."""
    return _SHIFTED.sub(_unshift, name)


def quote(text: str) -> str:
    """A quoted string. Raises ValueError for what only a literal could carry."""
    if not text.isascii() or any(character in text for character in "\r\n\0"):
        raise ValueError("only printable ASCII fits in a quoted string")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shift(match: re.Match[str]) -> str:
    text = match[0]
    if text == "&":
        return "&-"
    encoded = base64.b64encode(text.encode("utf-16-be"), altchars=b"+,").rstrip(b"=").decode()
    return f"&{encoded}-"


def _unshift(match: re.Match[str]) -> str:
    encoded = match[1]
    if not encoded:
        return "&"
    padded = encoded + "=" * (-len(encoded) % 4)
    return base64.b64decode(padded, altchars=b"+,").decode("utf-16-be", "replace")
