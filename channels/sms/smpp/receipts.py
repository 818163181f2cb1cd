"""Delivery receipts: by parameters (sections 5.3.2.12 and 5.3.2.35) or by the text that centres write (appendix B)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from channels.sms.carrier import DeliveryStatus
from channels.sms.smpp.pdu import Delivery, Tag

_KIND_BITS = 0x3C
_RECEIPT, _INTERMEDIATE = 0x04, 0x20
_FIELD = re.compile(r"\b(id|stat|err):\s*([^\s:]+)", re.IGNORECASE)
_MOST_TEXT = 1000
# Section 5.2.28; the words are those of appendix B, whose beginnings centres vary.
_STATES = {
    1: DeliveryStatus.SENT,
    2: DeliveryStatus.DELIVERED,
    3: DeliveryStatus.FAILED,
    4: DeliveryStatus.FAILED,
    5: DeliveryStatus.FAILED,
    6: DeliveryStatus.SENT,
    7: DeliveryStatus.SENT,
    8: DeliveryStatus.FAILED,
}
_WORDS = {"EN": 1, "DELI": 2, "EX": 3, "DELE": 4, "UND": 5, "AC": 6, "UNK": 7, "RE": 8}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`message_id` as the centre writes it here, which may be another form than in its answer."""

    message_id: str
    status: DeliveryStatus
    error: str


def is_receipt(delivery: Delivery) -> bool:
    """Section 5.2.12: a receipt or an intermediate notification, and no text of a citizen."""
    return delivery.esm_class & _KIND_BITS in (_RECEIPT, _INTERMEDIATE)


def receipt_of(delivery: Delivery) -> Receipt | None:
    """None where it does not say which message it is about."""
    text = delivery.octets[:_MOST_TEXT].decode("latin-1")
    fields = {name.lower(): value for name, value in reversed(_FIELD.findall(text))}
    named = delivery.parameters.get(Tag.RECEIPTED_MESSAGE_ID, b"").split(b"\0", 1)[0].decode("ascii", "replace")
    message_id = named.strip() or fields.get("id", "")
    if not message_id:
        return None
    word = fields.get("stat", "").upper()
    state = int.from_bytes(delivery.parameters.get(Tag.MESSAGE_STATE, b""), "big") or _state(word)
    status = _STATES.get(state, DeliveryStatus.SENT)
    failed = status == DeliveryStatus.FAILED
    error = " ".join(part for part in (word, fields.get("err", "")) if part) if failed else ""
    return Receipt(message_id=message_id, status=status, error=error)


def _state(word: str) -> int:
    return next((state for start, state in _WORDS.items() if word.startswith(start)), 0)


class MessageIds(StrEnum):
    """How a centre writes one id in answers and in receipts: `hex_decimal` is hexadecimal there and decimal here."""

    SAME = "same"
    HEX_DECIMAL = "hex_decimal"
    DECIMAL_HEX = "decimal_hex"

    def of_answer(self, message_id: str) -> str:
        """The one form that reports are kept under."""
        return self._kept(message_id, self.HEX_DECIMAL)

    def of_receipt(self, message_id: str) -> str:
        """The same form, from a receipt."""
        return self._kept(message_id, self.DECIMAL_HEX)

    def _kept(self, message_id: str, hexadecimal: str) -> str:
        if self == self.SAME:
            return message_id
        return _number(message_id, 16 if self == hexadecimal else 10)


def _number(message_id: str, base: int) -> str:
    try:
        return str(int(message_id, base))
    except ValueError:
        return message_id
