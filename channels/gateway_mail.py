"""Mail that another channel's gateway sends and takes: the mail channel carries it, that channel says what it means."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from channels.adapter import ContactRequest, Health, OutboundMessage, RawInbound, SendReceipt

TAGGED = "tagged"
"""In an envelope: the subject is to bear our tag, since a gateway keeps the subject and loses the addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFile:
    filename: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayMail:
    """One mail in a mailbox that a gateway writes to. `profile` names its form, `line` is the mailbox's address.

    `headers` are the mail's own X-AXD-* ones, names lower-cased. `answers` are the messages of ours that it speaks of,
    the strongest proof first. `duplicate_key` is the same for exact repeats of the mail.
    """

    raw: RawInbound
    profile: str
    line: str
    line_name: str
    subject: str
    text: str
    headers: Mapping[str, str]
    answers: Sequence[str]
    duplicate_key: str
    files: Sequence[GatewayFile]


GatewayReader = Callable[[GatewayMail], Awaitable[ContactRequest | None]]
"""What the gateway's mail says; None where it is an ordinary mail. Raises as `Adapter.parse` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A way out by mail. `pattern` is the address with {number} for the recipient's number."""

    account: str
    line: str
    pattern: str


class GatewayMailer(Protocol):
    """The mail channel as others use it."""

    async def gateways(self) -> list[Gateway]: ...

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """Mail `message` from `envelope["account"]`; see `channels.adapter.Adapter.send`."""
        ...

    async def check_mailbox(self, mailbox_id: str, language: str) -> Health:
        """Whether the mailbox works, in and out."""
        ...
