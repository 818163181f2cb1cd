"""Protocol data units as values and as octets, without a connection.

`submit_sm` and `deliver_sm` go through the codec of `smpp34`; the others, which it leaves to its callers, are small
enough to stand here.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from smpp34 import DeliverSm, RawPdu, SmppError, SubmitSm, Tlv, decode

HEADER = struct.Struct(">IIII")
MOST_PDU_BYTES = 80_000  # a message_payload holds up to 65,535 octets
VERSION = 0x34
_RESPONSE = 0x80000000
_NOTHING: Mapping[int, bytes] = MappingProxyType({})


class Command(IntEnum):
    """Section 5.1.2.1."""

    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15
    ALERT_NOTIFICATION = 0x102
    DATA_SM = 0x103
    GENERIC_NACK = 0x80000000


class Status(IntEnum):
    """Section 5.1.3, those that we send or act upon."""

    OK = 0x00
    INVALID_LENGTH = 0x01
    INVALID_COMMAND_LENGTH = 0x02
    INVALID_COMMAND = 0x03
    WRONG_BIND_STATE = 0x04
    ALREADY_BOUND = 0x05
    SYSTEM_ERROR = 0x08
    INVALID_SOURCE = 0x0A
    INVALID_DESTINATION = 0x0B
    BIND_FAILED = 0x0D
    INVALID_PASSWORD = 0x0E
    INVALID_SYSTEM_ID = 0x0F
    QUEUE_FULL = 0x14
    SUBMIT_FAILED = 0x45
    THROTTLED = 0x58
    TEMPORARY_APPLICATION_ERROR = 0x64


class Tag(IntEnum):
    """Section 5.3.2, optional parameters that we read or write."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_NUMBER = 0x020F
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Damaged(Exception):
    """These octets are not what their header says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A number with its type (TON) and plan (NPI), sections 5.2.5 and 5.2.6."""

    ton: int
    npi: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """One unit as it came: the header read, the body as octets."""

    command: int
    status: int
    sequence: int
    octets: bytes = field(repr=False)

    @property
    def body(self) -> bytes:
        return self.octets[HEADER.size :]

    @property
    def is_response(self) -> bool:
        return bool(self.command & _RESPONSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a deliver_sm or data_sm brings; `octets` from its short_message or, failing that, its message_payload."""

    source: Address
    destination: Address
    esm_class: int
    data_coding: int
    octets: bytes = field(repr=False)
    parameters: Mapping[int, bytes] = field(default_factory=lambda: _NOTHING, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One submit_sm. `parameters` by tag."""

    source: Address
    destination: Address
    esm_class: int
    data_coding: int
    octets: bytes = field(repr=False)
    with_receipt: bool
    service_type: str = ""
    parameters: Mapping[int, bytes] = field(default_factory=lambda: _NOTHING, repr=False)

    def encode(self, sequence: int) -> bytes:
        """Raises `ValueError` for more than 254 octets, which belong into a message_payload."""
        return SubmitSm(
            self.source.value,
            self.destination.value,
            self.octets,
            service_type=self.service_type,
            source_addr_ton=self.source.ton,
            source_addr_npi=self.source.npi,
            dest_addr_ton=self.destination.ton,
            dest_addr_npi=self.destination.npi,
            esm_class=self.esm_class,
            registered_delivery=int(self.with_receipt),
            data_coding=self.data_coding,
            tlvs=[Tlv(tag, value) for tag, value in self.parameters.items()],
            sequence_number=sequence,
        ).encode()


def length_of(start: bytes) -> int:
    """The length that the first four octets of a unit announce. Raises `Damaged`: the stream cannot be followed."""
    length = int.from_bytes(start[:4], "big")
    if not HEADER.size <= length <= MOST_PDU_BYTES:
        raise Damaged(f"a unit of {length} octets")
    return length


def read(octets: bytes) -> Pdu:
    """A whole unit, as long as it says."""
    _, command, status, sequence = HEADER.unpack_from(octets)
    return Pdu(command=command, status=status, sequence=sequence, octets=octets)


def write(command: int, sequence: int, body: bytes = b"", status: int = Status.OK) -> bytes:
    return HEADER.pack(HEADER.size + len(body), command, status, sequence) + body


def answer(request: Pdu, status: int = Status.OK) -> bytes:
    """The response to what the other side asked; those to messages end with an empty message_id."""
    if request.command not in (Command.DELIVER_SM, Command.DATA_SM, Command.ENQUIRE_LINK, Command.UNBIND):
        return write(Command.GENERIC_NACK, request.sequence, status=Status.INVALID_COMMAND)
    with_id = request.command in (Command.DELIVER_SM, Command.DATA_SM)
    return write(request.command | _RESPONSE, request.sequence, b"\0" if with_id else b"", status)


def bind(command: Command, sequence: int, system_id: str, password: str, system_type: str) -> bytes:
    """Section 4.1. Receives whatever the other side sends us: no address range."""
    names = (system_id, password, system_type)
    body = b"".join(name.encode("ascii", "replace") + b"\0" for name in names)
    return write(command, sequence, body + bytes((VERSION, 0, 0)) + b"\0")


def text_of(body: bytes) -> str:
    """The C-octet string that a response begins with: a message_id or system_id."""
    return body.split(b"\0", 1)[0].decode("ascii", "replace")


def delivery_of(pdu: Pdu) -> Delivery:
    """What a deliver_sm or data_sm says. Raises `Damaged` where anything of it could not be read."""
    if pdu.command == Command.DATA_SM:
        return _data_sm(pdu.body)
    found = _decoded(pdu.octets)
    parameters = {tlv.tag: tlv.value for tlv in found.tlvs}
    return Delivery(
        source=Address(ton=found.source_addr_ton, npi=found.source_addr_npi, value=found.source_addr),
        destination=Address(ton=found.dest_addr_ton, npi=found.dest_addr_npi, value=found.destination_addr),
        esm_class=found.esm_class,
        data_coding=found.data_coding,
        octets=found.short_message or parameters.get(Tag.MESSAGE_PAYLOAD, b""),
        parameters=parameters,
    )


def _decoded(octets: bytes) -> DeliverSm:
    """The codec drops a cut parameter without a word and mends wrong letters: what it read must say it all again."""
    try:
        found: SubmitSm | DeliverSm | RawPdu = decode(octets)
        if isinstance(found, DeliverSm) and found.encode()[HEADER.size :] == octets[HEADER.size :]:
            return found
    except (SmppError, ValueError) as error:
        raise Damaged(str(error)) from error
    raise Damaged("a deliver_sm that cannot be read in full")


def _data_sm(body: bytes) -> Delivery:
    """Section 4.7.1: as deliver_sm without the fields of a store-and-forward centre; the text is a parameter."""
    try:
        _, rest = _string(body)
        source, rest = _address(rest)
        destination, rest = _address(rest)
        esm_class, _, data_coding = rest[:3]
    except ValueError as error:
        raise Damaged("a data_sm that is cut short") from error
    parameters = _parameters(rest[3:])
    return Delivery(
        source=source,
        destination=destination,
        esm_class=esm_class,
        data_coding=data_coding,
        octets=parameters.get(Tag.MESSAGE_PAYLOAD, b""),
        parameters=parameters,
    )


def _string(octets: bytes) -> tuple[str, bytes]:
    end = octets.index(b"\0")
    return octets[:end].decode("ascii"), octets[end + 1 :]


def _address(octets: bytes) -> tuple[Address, bytes]:
    ton, npi = octets[:2]
    value, rest = _string(octets[2:])
    return Address(ton=ton, npi=npi, value=value), rest


def _parameters(octets: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while octets:
        tag, length = struct.unpack(">HH", octets[:4].ljust(4, b"\0"))
        value = octets[4 : 4 + length]
        if len(octets) < 4 or len(value) != length:
            raise Damaged("a parameter that is cut short")
        found[tag] = value
        octets = octets[4 + length :]
    return found
