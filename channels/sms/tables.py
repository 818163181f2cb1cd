"""Accounts with providers of text messages, approved templates, what was handed over and what was answered."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from channels.tables import AccountRow
from kit.tables import ID_CHARS, Row, reference


class SmsKind(StrEnum):
    """How an account speaks with its provider."""

    TWILIO = "twilio"
    ALIYUN = "aliyun"
    TENCENT = "tencent"
    GENERIC = "generic"
    SMPP = "smpp"


class SmsAccountRow(AccountRow):
    """One account with a provider."""

    __tablename__ = "sms_accounts"

    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(32))  # the line that citizens see and answer to
    sign: Mapped[str] = mapped_column(String(32), default="")  # without its brackets 【】
    settings: Mapped[dict[str, Any]]  # the kind's own, see channels.sms.settings
    secret: Mapped[str] = mapped_column(String(8000), default="")
    throughput: Mapped[int] = mapped_column(default=10)  # messages in a second at most


class SmsTemplateRow(Row):
    """A text that the provider has approved under `code`. Variables stand in it as `{name}` or `${name}`."""

    __tablename__ = "sms_templates"
    __table_args__ = (UniqueConstraint("account_id", "code"),)

    account_id: Mapped[str] = reference("sms_accounts.id")
    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(16))
    purpose: Mapped[str] = mapped_column(String(16))  # reply | receipt | satisfaction | command
    approved: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class SmsPartRow(Row):
    """What a provider calls one text that we handed over, and how far it came.

    A report may come in before the answer to the handing over: then `outbox_id` is filled in later.
    """

    __tablename__ = "sms_parts"
    __table_args__ = (UniqueConstraint("account_id", "provider_id"),)

    account_id: Mapped[str] = mapped_column(String(ID_CHARS))
    provider_id: Mapped[str] = mapped_column(String(120))
    outbox_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    status: Mapped[str] = mapped_column(String(16))
    error: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    reported_at: Mapped[datetime | None]


class SmsAnswerRow(Row):
    """What a citizen's short command is answered: worked out once, sent until it has gone."""

    __tablename__ = "sms_answers"
    __table_args__ = (
        UniqueConstraint("account_id", "provider_id"),
        Index("ix_sms_answers_due", "state", "next_attempt_at"),
        Index("ix_sms_answers_recipient", "recipient", "created_at"),
    )

    account_id: Mapped[str] = mapped_column(String(ID_CHARS))
    provider_id: Mapped[str] = mapped_column(String(200))  # of the text that asked
    recipient: Mapped[str] = mapped_column(String(32))
    command: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))  # queued | sent | failed
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
