"""Long texts: cut into parts on the way out, and what a part says of itself on the way in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from channels.sms.smpp.alphabet import DEFAULT, UCS2, to_gsm7
from channels.sms.smpp.pdu import Delivery, Tag

WITH_HEADER = 0x40  # esm_class: the octets begin with a user data header
MOST_OCTETS = 140
MOST_PARTS = 255
_CONCATENATED_8, _CONCATENATED_16 = 0x00, 0x08
_NOTHING: Mapping[int, bytes] = MappingProxyType({})


class Concatenation(StrEnum):
    """How the parts of a long text are marked: a header of 8 or 16 bits, SAR parameters, or not cut at all."""

    UDH = "udh"
    UDH16 = "udh16"
    SAR = "sar"
    PAYLOAD = "payload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one submit_sm carries of a text."""

    octets: bytes = field(repr=False)
    data_coding: int
    esm_class: int = 0
    parameters: Mapping[int, bytes] = field(default_factory=lambda: _NOTHING, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What one part of a long text says: `octets` are its own, without the header. `number` counts from 1.

    `kind` keeps references of different sizes apart.
    """

    kind: Concatenation
    reference: int
    total: int
    number: int
    octets: bytes = field(repr=False)


class TooLong(Exception):
    """More than 255 parts."""


def cut(text: str, way: Concatenation, reference: int, default_alphabet: str = "gsm7") -> list[Part]:
    """The parts that `text` travels in, none cut within a character. Raises `TooLong`.

    `reference` is taken by its lowest bits, as many as the way has. `default_alphabet` is the centre's.
    """
    coding, characters = _encoded(text, default_alphabet)
    octets = b"".join(characters)
    single = MOST_OCTETS if coding == UCS2 else 160
    if len(octets) <= single:
        return [Part(octets=octets, data_coding=coding)]
    if way == Concatenation.PAYLOAD:
        return [Part(octets=b"", data_coding=coding, parameters={Tag.MESSAGE_PAYLOAD: octets})]
    pieces = _pieces(characters, _room(coding, way))
    if len(pieces) > MOST_PARTS:
        raise TooLong
    return [_marked(piece, coding, way, reference, len(pieces), number) for number, piece in enumerate(pieces, start=1)]


def _encoded(text: str, default_alphabet: str) -> tuple[int, list[bytes]]:
    """The octets of each character: in the default alphabet where it has them all and each is one or two septets."""
    try:
        septets = [to_gsm7(character) for character in text]
    except KeyError:
        return UCS2, _ucs2(text)
    if default_alphabet == "gsm7":
        return DEFAULT, septets
    # What the centre has instead is ASCII at its beginning; it makes septets of that.
    if text.isascii() and all(len(septet) == 1 for septet in septets):
        return DEFAULT, [character.encode("ascii") for character in text]
    return UCS2, _ucs2(text)


def _ucs2(text: str) -> list[bytes]:
    return [character.encode("utf-16-be", "replace") for character in text]


def _room(coding: int, way: Concatenation) -> int:
    """Octets of text in a part. Septets travel packed on the air: 7 of a header take the room of 8 septets."""
    header = 7 if way == Concatenation.UDH16 else 6
    return (MOST_OCTETS - header) // 2 * 2 if coding == UCS2 else (MOST_OCTETS - header) * 8 // 7


def _pieces(characters: list[bytes], room: int) -> list[bytes]:
    pieces, piece = [], b""
    for character in characters:
        if len(piece) + len(character) > room:
            pieces.append(piece)
            piece = b""
        piece += character
    return [*pieces, piece]


def _marked(piece: bytes, coding: int, way: Concatenation, reference: int, total: int, number: int) -> Part:
    if way == Concatenation.SAR:
        parameters: dict[int, bytes] = {
            Tag.SAR_REFERENCE: (reference & 0xFFFF).to_bytes(2, "big"),
            Tag.SAR_TOTAL: bytes((total,)),
            Tag.SAR_NUMBER: bytes((number,)),
        }
        return Part(octets=piece, data_coding=coding, parameters=parameters)
    if way == Concatenation.UDH16:
        header = bytes((6, _CONCATENATED_16, 4)) + (reference & 0xFFFF).to_bytes(2, "big") + bytes((total, number))
    else:
        header = bytes((5, _CONCATENATED_8, 3, reference & 0xFF, total, number))
    return Part(octets=header + piece, data_coding=coding, esm_class=WITH_HEADER)


def taken_apart(delivery: Delivery) -> tuple[Segment | None, bytes]:
    """The segment that `delivery` is, or None for a whole text; and its octets without a header.

    A mark that makes no sense (part 3 of 2) is no mark: 3GPP TS 23.040, 9.2.3.24.1.
    """
    octets, elements = delivery.octets, {}
    if delivery.esm_class & WITH_HEADER and octets and octets[0] < len(octets):
        elements = _elements(octets[1 : octets[0] + 1])
        octets = octets[octets[0] + 1 :]
    segment = _from_header(elements, octets) or _from_parameters(delivery.parameters, octets)
    if segment is None or segment.total < 2 or not 1 <= segment.number <= segment.total:
        return None, octets
    return segment, octets


def _elements(header: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(header) >= 2:
        found[header[0]] = header[2 : 2 + header[1]]
        header = header[2 + header[1] :]
    return found


def _from_header(elements: Mapping[int, bytes], octets: bytes) -> Segment | None:
    short, long = elements.get(_CONCATENATED_8, b""), elements.get(_CONCATENATED_16, b"")
    if len(short) == 3:
        kind, reference = Concatenation.UDH, short[0]
    elif len(long) == 4:
        kind, reference = Concatenation.UDH16, int.from_bytes(long[:2], "big")
    else:
        return None
    *_, total, number = short if len(short) == 3 else long
    return Segment(kind=kind, reference=reference, total=total, number=number, octets=octets)


def _from_parameters(parameters: Mapping[int, bytes], octets: bytes) -> Segment | None:
    values = [parameters.get(tag) for tag in (Tag.SAR_REFERENCE, Tag.SAR_TOTAL, Tag.SAR_NUMBER)]
    if not all(values):
        return None
    reference, total, number = (int.from_bytes(value, "big") for value in values if value)
    return Segment(kind=Concatenation.SAR, reference=reference, total=total, number=number, octets=octets)
