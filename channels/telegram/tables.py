"""Bots, what each chat prefers, what the bot itself has to say, and which parts of an answer have gone out."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from channels.tables import AccountRow
from kit.tables import ID_CHARS, Row, reference


class BotMode(StrEnum):
    POLLING = "polling"  # we ask: works behind any firewall
    WEBHOOK = "webhook"  # Telegram posts to our public address


class BotRow(AccountRow):
    """One bot. Updates before `next_offset` are in the ledger."""

    __tablename__ = "telegram_bots"

    username: Mapped[str] = mapped_column(String(64), default="")  # as Telegram says, without @
    token: Mapped[str] = mapped_column(String(1000))
    webhook_secret: Mapped[str] = mapped_column(String(1000))
    mode: Mapped[str] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(16))
    next_offset: Mapped[int] = mapped_column(BigInteger, default=0)
    last_update_at: Mapped[datetime | None]


class ChatRow(Row):
    """What the citizen chose by a command."""

    __tablename__ = "telegram_chats"
    __table_args__ = (UniqueConstraint("bot_id", "chat_id"),)

    bot_id: Mapped[str] = reference("telegram_bots.id")
    chat_id: Mapped[int] = mapped_column(BigInteger)
    language: Mapped[str] = mapped_column(String(16))


class AnswerRow(Row):
    """What the bot says by itself, once for each `cause`; it belongs to no contact.

    `next_attempt_at` is None once it is settled: sent, or refused for `last_error`.
    """

    __tablename__ = "telegram_answers"
    __table_args__ = (UniqueConstraint("bot_id", "cause"),)

    bot_id: Mapped[str] = reference("telegram_bots.id")
    cause: Mapped[str] = mapped_column(String(64))  # update:<id> | group:<chat>
    chat_id: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]


class PartRow(Row):
    """One Telegram message of an answer, so that another attempt goes on where the last one ended."""

    __tablename__ = "telegram_parts"
    __table_args__ = (UniqueConstraint("message_id", "part"),)

    message_id: Mapped[str] = mapped_column(String(ID_CHARS))
    part: Mapped[int]
    telegram_id: Mapped[int] = mapped_column(BigInteger)
