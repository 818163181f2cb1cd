"""What carries text messages, whatever the protocol: the one interface of HTTP providers and SMPP connections.

In: whoever receives a text makes an `SmsIn` and hands `raw_of` it to the intake, which stores it; the claim loop then
makes the contact. Out: the adapter hands a whole text to `Carrier.submit`, which cuts it where the protocol asks for
that. Reports come back as `DeliveryReport` and go to `reports.apply_report`, in any order and any number of times.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol

from channels.adapter import Health, Intake, MalformedInbound, RawInbound
from channels.sms.tables import SmsAccountRow
from kit.secret_box import SecretBox

CHANNEL = "sms"


@dataclass(frozen=True, kw_only=True)
class SmsAccount:
    """An account as carriers use it: its row with the secret readable."""

    id: str
    revision: int
    kind: str
    name: str
    number: str
    sign: str
    settings: Mapping[str, Any]
    secret: str = field(repr=False)
    throughput: int


def account_of(row: SmsAccountRow, box: SecretBox) -> SmsAccount:
    """The usable form of a row. Raises `Unavailable` when the platform's secret has changed."""
    return SmsAccount(
        id=row.id,
        revision=row.revision,
        kind=row.kind,
        name=row.name,
        number=row.number,
        sign=row.sign,
        settings=row.settings,
        secret=box.decrypt(row.secret) if row.secret else "",
        throughput=row.throughput,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """An approved template with the values of its variables, in the order they stand in it."""

    code: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsOut:
    """One text for one number. `reference` is the same in each attempt; providers that can give it back in reports.

    `text` is whole, with the signature in front where the account has one; `recipient` is in E.164. `template` is set
    where the text is that of an approved template.
    """

    reference: str
    recipient: str
    text: str
    template: TemplateUse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The ids under which reports are to be expected: one for the whole text, or one for each part that asks for one.

    The text counts as delivered when all of them are. Empty where no reports come.
    """

    provider_ids: tuple[str, ...]


class DeliveryStatus(IntEnum):
    """Ranked: a report never takes a text back to where it was before, whatever the order of their arrival."""

    ACCEPTED = 1
    SENT = 2
    FAILED = 3
    DELIVERED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a provider says of a text that we handed over. `reference` where it gives ours back. `error` for agents."""

    account_id: str
    provider_id: str
    status: DeliveryStatus
    error: str = ""
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLink:
    """A file of a message as its provider names it: under `base_url`, asked for with `headers`, which hold a secret.

    `stores` are other hosts that it may send us on to, without the secret; `.domain` for all below it.
    """

    url: str
    media_type: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    stores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsIn:
    """One whole text from a citizen. `recipient` is empty where the provider does not say which of our numbers.

    `provider_id` is unique in the account; make it with `made_up_id` where the provider gives none. `received_at` is
    aware UTC. `parts` is how many it came in, `complete` False where some of them never came.
    """

    account_id: str
    provider_id: str
    sender: str
    recipient: str
    text: str
    received_at: datetime
    parts: int = 1
    complete: bool = True
    media: tuple[MediaLink, ...] = ()


class Carrier(Protocol):
    """One kind of provider. HTTP ones are in `channels.sms.providers`, SMPP in `channels.sms.smpp`."""

    async def submit(self, account: SmsAccount, out: SmsOut) -> Submitted:
        """Hand over one text. Raises `ChannelUnavailable` (tried again) or `MessageRejected` (final)."""
        ...

    async def check(self, account: SmsAccount) -> Health:
        """Whether the account works, as far as that can be asked without sending."""
        ...


class ConnectedCarrier(Carrier, Protocol):
    """A carrier that keeps connections, over which texts come in, too."""

    async def run(self, intake: Intake) -> None:
        """Keep the connections of all enabled accounts until cancelled. `raw_of` each text goes to `intake`, and only
        then is the other side told; each report goes to `channels.sms.reports.apply_report`.
        """
        ...


def made_up_id(sender: str, time: str, text: str) -> str:
    """An id for a text whose provider gives none: the same text sent again at the same time is the same."""
    return "hash:" + hashlib.sha256("\0".join((sender, time, text)).encode(errors="replace")).hexdigest()


def raw_of(sms: SmsIn) -> RawInbound:
    """The intake's form of a text that a carrier has put together itself."""
    return RawInbound(
        channel=CHANNEL,
        account=sms.account_id,
        provider_id=sms.provider_id,
        received_at=sms.received_at,
        raw_json={
            "sms": {
                "sender": sms.sender,
                "recipient": sms.recipient,
                "text": sms.text,
                "parts": sms.parts,
                "complete": sms.complete,
            }
        },
    )


def sms_of(raw: RawInbound) -> SmsIn:
    """What `raw_of` made. Raises `MalformedInbound`."""
    values = (raw.raw_json or {}).get("sms")
    if not isinstance(values, Mapping) or not all(isinstance(values.get(name), str) for name in ("sender", "text")):
        raise MalformedInbound("This is no text message.")
    parts = values.get("parts")
    return SmsIn(
        account_id=raw.account,
        provider_id=raw.provider_id,
        received_at=raw.received_at,
        sender=values["sender"],
        recipient=str(values.get("recipient") or ""),
        text=values["text"],
        parts=parts if isinstance(parts, int) else 1,
        complete=values.get("complete") is not False,
    )
