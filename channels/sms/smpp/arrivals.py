"""What a delivery is: a whole text, a part of one, or a receipt; and what makes it the same as an earlier one."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from channels import ledger
from channels.sms.carrier import DeliveryReport
from channels.sms.smpp.alphabet import text_of
from channels.sms.smpp.parts import Segment, taken_apart
from channels.sms.smpp.pdu import Address, Delivery, Pdu, Tag, delivery_of
from channels.sms.smpp.receipts import is_receipt, receipt_of
from channels.sms.smpp.settings import SmppSettings

INTERNATIONAL = 1
REDELIVERED_WITHIN = timedelta(minutes=10)
HELD_TWICE_WITHIN = timedelta(seconds=10)
_MARKS = (Tag.MESSAGE_PAYLOAD, Tag.SAR_REFERENCE, Tag.SAR_TOTAL, Tag.SAR_NUMBER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One delivery, read. Exactly one of `text`, `segment` and `is_report` is what it is.

    `era` changes whenever the other side may not have had our answer: see `repeated`.
    """

    digest: str
    era: str
    sequence: int
    received_at: datetime
    source: str
    destination: str
    data_coding: int
    text: str | None = field(default=None, repr=False)
    segment: Segment | None = None
    is_report: bool = False
    report: DeliveryReport | None = None

    @property
    def provider_id(self) -> str:
        """Unique, and the same when one unit is sent again under its own sequence number."""
        return f"{prefix(self.digest)}{self.era}:{self.sequence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """An equal delivery that is stored already; `first_id` is the ledger row of the text, where this repeats one."""

    first_id: str
    era: str
    received_at: datetime


def arrived(pdu: Pdu, era: str, account_id: str, settings: SmppSettings, received_at: datetime) -> Arrived:
    """Raises `Damaged`, and `UnknownCoding` for what is no text."""
    delivery = delivery_of(pdu)
    bare = Arrived(
        digest=digest_of(delivery),
        era=era,
        sequence=pdu.sequence,
        received_at=received_at,
        source=number_of(delivery.source),
        destination=number_of(delivery.destination),
        data_coding=delivery.data_coding,
    )
    if is_receipt(delivery):
        return replace(bare, is_report=True, report=_report(delivery, account_id, settings))
    segment, octets = taken_apart(delivery)
    text = str(ledger.storable(text_of(delivery.data_coding, octets, settings.default_alphabet)))
    return replace(bare, text=text) if segment is None else replace(bare, segment=segment)


def _report(delivery: Delivery, account_id: str, settings: SmppSettings) -> DeliveryReport | None:
    receipt = receipt_of(delivery)
    if receipt is None:
        return None
    message_id = settings.message_ids.of_receipt(receipt.message_id)[:120]
    return DeliveryReport(
        account_id=account_id, provider_id=message_id, status=receipt.status, error=str(ledger.storable(receipt.error))
    )


def digest_of(delivery: Delivery) -> str:
    """The same for what is sent again; the sequence number and the centre's own parameters do not count."""
    named = (delivery.source, delivery.destination, delivery.esm_class, delivery.data_coding)
    marks = [(tag, delivery.parameters[tag]) for tag in _MARKS if tag in delivery.parameters]
    return hashlib.sha256(repr((named, delivery.octets, marks)).encode()).hexdigest()[:32]


def prefix(digest: str) -> str:
    return f"smpp:{digest}:"


def number_of(address: Address) -> str:
    """As it is called elsewhere: an international number with its plus."""
    value = str(ledger.storable(address.value))[:60]
    return f"+{value}" if address.ton == INTERNATIONAL and value.isdecimal() else value


def repeated(item: Arrived, before: Before) -> bool:
    """Whether `item` is only the equal text `before`, the newest of its kind, sent again.

    SMPP names no text. An equal one counts as sent again when our answer to the first may have been lost, so in
    another era, within ten minutes; or within ten seconds in the same, which no thumb can do but networks do.
    """
    age = item.received_at - before.received_at
    return age <= (HELD_TWICE_WITHIN if before.era == item.era else REDELIVERED_WITHIN)
