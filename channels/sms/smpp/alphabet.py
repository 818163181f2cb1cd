"""What the octets of a short message mean: the GSM 7-bit default alphabet and the values of data_coding.

3GPP TS 23.038; the default alphabet as message centres hand it over, one septet in an octet, not packed.
"""

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
ESCAPE = 0x1B
DEFAULT, LATIN1, UCS2 = 0x00, 0x03, 0x08

_CODES = {character: bytes((code,)) for code, character in enumerate(BASIC) if code != ESCAPE}
_CODES |= {character: bytes((ESCAPE, code)) for code, character in EXTENSION.items()}
# Section 5.2.19, and what centres in China send as 15. 4 and 2 are octets without a meaning of their own.
_CODECS = {
    0x01: "ascii",
    LATIN1: "latin-1",
    0x05: "shift_jis",
    0x06: "iso8859_5",
    0x07: "iso8859_8",
    UCS2: "utf-16-be",
    0x0D: "euc_jp",
    0x0E: "euc_kr",
    0x0F: "gb18030",
}


class UnknownCoding(Exception):
    """No text: binary, or a data_coding that nobody has defined."""


def to_gsm7(text: str) -> bytes:
    """One septet in an octet. Raises `KeyError` for a character that the alphabet lacks."""
    return b"".join(_CODES[character] for character in text)


def from_gsm7(octets: bytes) -> str:
    """Unknown escapes read as the character without them, as the standard asks; other strangers as U+FFFD."""
    found, escaped = [], False
    for octet in octets:
        if octet == ESCAPE and not escaped:
            escaped = True
            continue
        basic = BASIC[octet] if octet < len(BASIC) and octet != ESCAPE else "\ufffd"
        found.append(EXTENSION.get(octet, basic) if escaped else basic)
        escaped = False
    return "".join(found)


def text_of(data_coding: int, octets: bytes, default: str = "gsm7") -> str:
    """`octets` as text; `default` is what this centre's own alphabet is (gsm7 or a codec's name).

    Raises `UnknownCoding`. What a known alphabet cannot say reads as U+FFFD.
    """
    codec = _codec(data_coding, default)
    if codec == "gsm7":
        return from_gsm7(octets)
    if codec == "utf-16-be" and octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        codec = "utf-16"
    return octets.decode(codec, "replace")


def _codec(data_coding: int, default: str) -> str:
    if data_coding == DEFAULT:
        return default
    if data_coding in _CODECS:
        return _CODECS[data_coding]
    if 0x10 <= data_coding < 0x40 and not data_coding & 0x20:
        return ("gsm7", "", "utf-16-be", "")[data_coding >> 2 & 3] or _unknown(data_coding)
    if data_coding >= 0xF0 and not data_coding & 0x0C:
        return "gsm7"
    return _unknown(data_coding)


def _unknown(data_coding: int) -> str:
    raise UnknownCoding(f"data_coding {data_coding}")
