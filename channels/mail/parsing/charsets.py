"""Bytes to text for mail that lies about its character set."""

import codecs
import re

_GB_NAMES = frozenset({"gb2312", "gbk", "gb18030", "hz-gb-2312", "cp936", "x-gbk", "euc-cn", "gb_2312-80"})
_ALIASES = {"cp-850": "cp850", "utf8mb4": "utf-8", "unicode-1-1-utf-7": "utf-7", "x-unknown": "", "8bit": ""}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_GUESSES = ("utf-8", "gb18030", "big5")
# Python's own transformations (rot13, zip, hex ...) are codecs too, and none of them is a character set.
_NOT_TEXT = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})


def canonical(declared: str | None) -> str | None:
    """The codec for a declared name, or None when it names no usable character set.

    gb2312 and gbk are always read as gb18030: real mail uses characters beyond the declared set.
    """
    name = (declared or "").strip().strip("\"'").lower().replace("_", "-")
    name = _ALIASES.get(name, name)
    if name in _GB_NAMES and name != "hz-gb-2312":
        return "gb18030"
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = getattr(info, "_is_text_encoding", True)
    return info.name if is_text and info.name.replace("-", "_") not in _NOT_TEXT else None


def decode(data: bytes, declared: str | None = None) -> str:
    """Text of `data`: declared set, strict UTF-8, GB18030, Big5, in this order; never raises."""
    first = canonical(declared)
    # ASCII and Latin-1 accept or refuse nothing useful: a declared default says nothing about 8-bit bytes.
    if first in {"ascii", "iso8859-1"} and not data.isascii():
        candidates: tuple[str, ...] = (*_GUESSES[:1], first, *_GUESSES[1:])
    else:
        candidates = (first, *_GUESSES) if first else _GUESSES
    for name in candidates:
        try:
            return _tidy(data.decode(name))
        except (UnicodeError, ValueError):
            continue
    return _tidy(data.decode(first or "utf-8", errors="replace"))


def _tidy(text: str) -> str:
    """Without byte-order mark and control characters; a lone surrogate cannot be stored in any database."""
    text = _CONTROL.sub("", text.removeprefix("\ufeff"))
    return text.encode("utf-8", "replace").decode("utf-8")
