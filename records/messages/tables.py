"""What was said: the ledger of everything that came in, threads, messages, attachments, drafts and the outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.tables import ID_CHARS, Row, reference


class LedgerState(StrEnum):
    RECEIVED = "received"
    ROUTED = "routed"
    IGNORED = "ignored"  # with a reason: duplicate, bounce, loop, own message
    QUARANTINED = "quarantined"


class LedgerRow(Sealable, Row):
    """One inbound item, stored before it is acknowledged; `provider_id`, the provider's own, makes that idempotent."""

    __tablename__ = "ledger"
    __table_args__ = (
        UniqueConstraint("workspace_id", "channel", "account", "provider_id"),
        Index("ix_ledger_claim", "state", "claimed_until"),
    )

    channel: Mapped[str] = mapped_column(String(16))
    account: Mapped[str] = mapped_column(String(80))  # the line it came by: mailbox id, number, form
    provider_id: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16), default=LedgerState.RECEIVED)
    reason: Mapped[str] = mapped_column(String(500), default="")
    raw_blob_key: Mapped[str | None] = mapped_column(String(36))
    raw_json: Mapped[dict[str, Any] | None]
    duplicate_key: Mapped[str | None] = mapped_column(String(100), index=True)
    duplicate_of_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    contact_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    message_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]


class ThreadRow(Sealable, Row):
    """One conversation on one channel: a chat session, a mail thread, the messages of a number.

    The inbox shows all threads of a citizen as one.
    """

    __tablename__ = "threads"
    __table_args__ = (UniqueConstraint("workspace_id", "key", "channel"),)

    channel: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(200))
    citizen_id: Mapped[str | None] = reference("citizens.id")
    subject: Mapped[str] = mapped_column(String(300), default="")
    last_seq: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    NOTE = "note"  # never leaves the house
    EVENT = "event"  # what the system did: assigned, transferred, case opened


class MessageRow(Sealable, Row):
    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("thread_id", "seq"), UniqueConstraint("thread_id", "client_id"))

    thread_id: Mapped[str] = reference("threads.id")
    contact_id: Mapped[str] = reference("contacts.id")
    citizen_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    seq: Mapped[int]
    direction: Mapped[str] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    author_kind: Mapped[str] = mapped_column(String(16))  # citizen | agent | system
    author_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    client_id: Mapped[str | None] = mapped_column(String(200))  # the sender's own id of this message
    external_id: Mapped[str | None] = mapped_column(String(200), index=True)  # e.g. Message-ID
    subject: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text, default="")  # what is shown: without quoted history
    full_text: Mapped[str | None] = mapped_column(Text)  # with it, where it differs
    html: Mapped[str | None] = mapped_column(Text)  # sanitised
    language: Mapped[str | None] = mapped_column(String(16))
    detail: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)  # grows with delivery and previews: pages apply the newest


class AttachmentRow(Sealable, Row):
    __tablename__ = "attachments"

    message_id: Mapped[str | None] = reference("messages.id")
    uploaded_by: Mapped[str | None] = mapped_column(String(ID_CHARS))  # account or chat session, until it is sent
    filename: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(127))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    blob_key: Mapped[str] = mapped_column(String(36))
    preview_blob_key: Mapped[str | None] = mapped_column(String(36))
    recognised: Mapped[str | None] = mapped_column(Text)  # what a scan says; None as long as nobody has looked
    created_at: Mapped[datetime]


class DraftRow(Sealable, Row):
    """What an agent is writing; kept on the server and moved along with a transfer."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("contact_id", "kind"),)

    contact_id: Mapped[str] = reference("contacts.id")
    kind: Mapped[str] = mapped_column(String(8))  # reply | note | case | wrap_up
    body: Mapped[dict[str, Any]]
    author_id: Mapped[str] = mapped_column(String(ID_CHARS))
    version: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime]


class OutboxState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"  # the next hop has it
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"  # final; the agent sees why and can try again


class OutboxRow(Sealable, Row):
    """One message on its way out, written in the transaction of the message itself."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_claim", "state", "next_attempt_at"),
        Index("ix_outbox_recipient", "channel", "recipient"),
    )

    message_id: Mapped[str] = reference("messages.id")
    channel: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(254))
    envelope: Mapped[dict[str, Any]]  # channel's own: mailbox, in-reply-to, automatic
    state: Mapped[str] = mapped_column(String(16), default=OutboxState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(200), index=True)
    last_error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class AutoReplyRow(Row):
    """Automatic answers sent to one correspondent on one day: capped, so that two machines never talk."""

    __tablename__ = "auto_replies"
    __table_args__ = (UniqueConstraint("workspace_id", "recipient", "day"),)

    recipient: Mapped[str] = mapped_column(String(254))
    day: Mapped[str] = mapped_column(String(10))
    count: Mapped[int] = mapped_column(default=0)


class CannedAnswerRow(Row):
    __tablename__ = "canned_answers"

    number: Mapped[int]
    language: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)


class AutomaticTextRow(Row):
    """The workspace's own words in place of a built-in text, see `channels.automatic_texts`."""

    __tablename__ = "automatic_texts"
    __table_args__ = (UniqueConstraint("workspace_id", "key", "channel", "language"),)

    key: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(16))  # * is every channel without words of its own
    language: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text)
    changed_by_id: Mapped[str] = mapped_column(String(ID_CHARS))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
