"""What every channel is built from: adapters in mirrored pairs, in and out, in one normalised form.

Nothing is silently dropped or degraded: what an adapter cannot do it says with `NotSupported`, what it cannot read it
says with `MalformedInbound`, and the raw input is kept.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from fastapi import APIRouter

from kit.errors import AppError
from router.contact import Address, Attachment, ContactRequest, RawInbound

__all__ = ["Address", "Attachment", "ContactRequest", "RawInbound"]


class ChannelUnavailable(AppError):
    """The other side cannot be reached now: retried with back-off."""

    status, code, title = 503, "channel_unavailable", "The channel cannot be reached right now"


class MessageRejected(AppError):
    """The other side refused for good: shown to the agent, not retried."""

    status, code, title = 422, "message_rejected", "The message was refused"


class MalformedInbound(AppError):
    """This cannot be read: quarantined with its raw form."""

    status, code, title = 422, "malformed_inbound", "The message cannot be read"


class IgnoredInbound(AppError):
    """This is no approach of a citizen (a bounce, a loop, our own mail): kept in the ledger with `detail` as reason."""

    status, code, title = 422, "ignored_inbound", "Not a citizen's message"


def well_formed(request: ContactRequest) -> ContactRequest:
    """`request` as it was made from JSON, whose values may be of any type. Raises `MalformedInbound`."""
    texts = [request.external_id, request.thread_key, request.text, request.subject]
    texts += [
        part for address in (request.sender, request.recipient) for part in (address.kind, address.value, address.name)
    ]
    texts += [
        part for file in request.attachments for part in (file.filename, file.media_type, file.blob_key, file.sha256)
    ]
    texts += [text for text in (request.language, request.client_id) if text is not None]
    sizes = [file.size_bytes for file in request.attachments]
    kinds = ((texts, str), (sizes, int), ([request.hints], Mapping))
    if all(isinstance(value, kind) for values, kind in kinds for value in values):
        return request
    raise MalformedInbound("A field is not of its type.")


class NotSupported(AppError):
    status, code, title = 422, "not_supported", "This channel cannot do that"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    live: bool
    replies: bool
    attachments: bool
    receipts: bool
    max_text_chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What intake answers once the item is durable; what follows `first_time` is known where it was routed at once.

    The PIN is known this one time, and never again: a repeated item carries none.
    """

    ledger_id: str
    first_time: bool
    contact_id: str | None = None
    message_id: str | None = None
    seq: int | None = None
    receipt_number: str | None = None
    receipt_pin: str | None = None


class Intake(Protocol):
    async def __call__(self, raw: RawInbound) -> Stored:
        """Store `raw` durably; only then may the sender be told. Idempotent by (channel, account, provider_id).

        Raises `Unavailable` when nothing was stored: tell the sender to try again.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One message to one recipient. `external_id` is fixed before the first attempt and the same in each."""

    outbox_id: str
    message_id: str
    thread_key: str
    recipient: str
    text: str
    subject: str = ""
    language: str = "zh-CN"
    external_id: str
    envelope: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReceipt:
    """`delivered` when the citizen's side has it, else the next hop has."""

    external_id: str
    delivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the channel works; `detail` says what is wrong and how to mend it, in words for an operator."""

    ok: bool
    detail: str = ""


class Adapter(Protocol):
    channel: str
    capabilities: Capabilities

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """Pure in effect: raw in, request out (untrusted formats are parsed in a child process).

        Raises `MalformedInbound` or `IgnoredInbound`.
        """
        ...

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """Raises `ChannelUnavailable`, `MessageRejected` or `NotSupported`. Safe to repeat with the same message."""
        ...

    async def check(self) -> Health: ...


class PullAdapter(Adapter, Protocol):
    async def run(self, intake: Intake) -> None:
        """Fetch until cancelled; reconnects by itself."""
        ...


class PushAdapter(Adapter, Protocol):
    def routes(self, intake: Intake) -> APIRouter:
        """The endpoints that the other side calls, mounted by the web process."""
        ...


class LiveAdapter(Adapter, Protocol):
    async def connect(self, contact_id: str, agent_id: str) -> None:
        """An agent accepted: the citizen is told who answers."""
        ...

    async def release(self, contact_id: str) -> None:
        """The agent is done: the citizen is told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderItem:
    """One item that the other side had for us, by the account and id that its ledger row bears."""

    account: str
    provider_id: str


class Comparison(StrEnum):
    """What `axd reconcile` holds against the ledger of a channel, besides what citizens said by it."""

    LISTED = "listed"  # the other side's own list
    NUMBERED = "numbered"  # its running numbers, which leave out none
    RECEIPTS = "receipts"  # its delivery reports, for texts that we handed over: it has no list
    OWN_BOOKS = "own_books"  # nothing more


class Reconcilable(Protocol):
    """An adapter whose other side can be asked what it had for us: `axd reconcile` compares that with the ledger."""

    comparison: Comparison

    def provider_items(self, since: datetime) -> AsyncIterator[ProviderItem]:
        """What there was since that moment, or since its day where no finer question can be put; nothing is changed.

        Raises `ChannelUnavailable`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Texts as we handed them over, against what was reported of them; by account and the provider's id.

    `submitted` is how many were taken. Of the `unreported` no report came in the time that a provider tries for;
    reports of the `unsubmitted` came, but no answer to their handing over: such a text may have gone out twice.
    """

    submitted: int
    unreported: tuple[str, ...]
    unsubmitted: tuple[str, ...]


class Reporting(Protocol):
    """An adapter whose other side cannot be asked for a list, but reports what became of what we handed over."""

    async def deliveries(self, since: datetime) -> Deliveries:
        """Of what was handed over or reported since that moment."""
        ...


BlobReader = Callable[[str], Awaitable[bytes]]
