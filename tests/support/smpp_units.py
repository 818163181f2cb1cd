"""Units of SMPP as octets, right and wrong, made without the codec that the product reads them with."""

from channels.sms.smpp import pdu
from channels.sms.smpp.pdu import Command

ADDRESS = b"\x01\x0113900000001\0"


def deliver(
    octets: bytes = b"hi",
    extra: bytes = b"",
    *,
    length: int | None = None,
    source: bytes = ADDRESS,
    esm_class: int = 0,
    coding: int = 0,
    sequence: int = 9,
) -> bytes:
    """A deliver_sm; `extra` are optional parameters, `length` what it says of `octets` where that is wrong."""
    flags = bytes((esm_class, 0, 0)) + b"\0\0" + bytes((0, 0, coding, 0))
    said = len(octets) if length is None else length
    return pdu.write(Command.DELIVER_SM, sequence, b"\0" + source + ADDRESS + flags + bytes((said,)) + octets + extra)
