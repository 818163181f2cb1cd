"""The routed unit and what an approach looks like before it is routed. Pure: no database, no web, no Redis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """The medium. A channel added by a plug-in is a plain string beside these."""

    VOICE = "voice"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    CHAT = "chat"
    FORM = "form"
    MAIL = "mail"
    SMS = "sms"
    FAX = "fax"
    LETTER = "letter"
    VISIT = "visit"
    TELEGRAM = "telegram"


class ChannelClass(StrEnum):
    """What capacity a contact takes."""

    VOICE = "voice"
    CHAT = "chat"
    MESSAGE = "message"


DEFAULT_CAPACITY: Mapping[ChannelClass, int] = {ChannelClass.VOICE: 1, ChannelClass.CHAT: 4, ChannelClass.MESSAGE: 8}


def class_of(channel: str) -> ChannelClass:
    """Live text and live voice are classes of their own; all else can wait and is a message."""
    if channel in (Channel.VOICE, Channel.CALLBACK):
        return ChannelClass.VOICE
    return ChannelClass.CHAT if channel == Channel.CHAT else ChannelClass.MESSAGE


class ContactStatus(StrEnum):
    RECEIVED = "received"
    QUEUED = "queued"
    OFFERED = "offered"
    ACTIVE = "active"
    PARKED = "parked"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"
    ABANDONED = "abandoned"


OPEN_STATUSES = frozenset(
    {
        ContactStatus.RECEIVED,
        ContactStatus.QUEUED,
        ContactStatus.OFFERED,
        ContactStatus.ACTIVE,
        ContactStatus.PARKED,
        ContactStatus.WRAP_UP,
    }
)


class OfferOutcome(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Presence(StrEnum):
    """What an agent chooses; ringing, on contact and wrap-up are derived."""

    READY = "ready"
    NOT_READY = "not_ready"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`kind` is phone, mail, chat, form or a plug-in's own; `value` as the channel gives it, normalised."""

    kind: str
    value: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    filename: str
    media_type: str
    size_bytes: int
    blob_key: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawInbound:
    """One inbound item exactly as it came. Either `raw` (bytes, stored as a blob) or `raw_json`.

    `provider_id` is unique within (channel, account) and makes intake idempotent. `received_at` is aware UTC.
    """

    channel: str
    account: str
    provider_id: str
    received_at: datetime
    raw: bytes | None = None
    raw_json: Mapping[str, Any] | None = None
    sealed: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from every other item."""
        return self.channel, self.account, self.provider_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRequest:
    """One approach in the one form that every adapter produces. Adapters never choose queue, skill or priority.

    `external_id` is unique in the channel. `thread_key` names the conversation on the channel; messages with the same
    key belong together. `text` is without quoted history, `full_text` with it. `hints` are what the citizen chose:
    topic, kind, category, form fields, IVR digits; `hints["answerable"]` False means a machine wrote: never answer.
    """

    channel: str
    external_id: str
    sender: Address
    recipient: Address
    received_at: datetime
    thread_key: str
    text: str = ""
    full_text: str | None = None
    html: str | None = None
    subject: str = ""
    language: str | None = None
    attachments: tuple[Attachment, ...] = ()
    hints: Mapping[str, Any] = field(default_factory=dict)
    raw_blob_key: str | None = None
    client_id: str | None = None
    duplicate_key: str | None = None
