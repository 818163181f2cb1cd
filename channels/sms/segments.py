"""How many parts a text takes on the air: GSM 7-bit (3GPP TS 23.038) where every character is in it, else UCS-2."""

from dataclasses import dataclass

from channels.sms.smpp.alphabet import BASIC, EXTENSION

_BASIC = frozenset(BASIC) - {"\x1b"}
_EXTENDED = frozenset(EXTENSION.values())
GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """`units` are septets or UTF-16 code units; `texts` the parts, none cut within a character."""

    unicode: bool
    units: int
    texts: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.texts)


def is_gsm7(text: str) -> bool:
    return all(character in _BASIC or character in _EXTENDED for character in text)


def segment(text: str) -> Segments:
    """The parts that `text` travels in."""
    unicode = not is_gsm7(text)
    units = sum(_units(character, unicode) for character in text)
    single, most = (UCS2_SINGLE, UCS2_PART) if unicode else (GSM7_SINGLE, GSM7_PART)
    texts = (text,) if units <= single else tuple(_cut(text, most, unicode))
    return Segments(unicode=unicode, units=units, texts=texts)


def _cut(text: str, most: int, unicode: bool) -> list[str]:
    parts, part, used = [], "", 0
    for character in text:
        units = _units(character, unicode)
        if used + units > most:
            parts.append(part)
            part, used = "", 0
        part, used = part + character, used + units
    return [*parts, part]


def _units(character: str, unicode: bool) -> int:
    if unicode:
        return 2 if ord(character) > 0xFFFF else 1
    return 2 if character in _EXTENDED else 1
