"""Chat sessions of visitors, and what a page keeps for one browser between two requests."""

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.tables import Row


class ChatSessionRow(Sealable, Row):
    """One browser's chat; its id is the key of the thread. Only the hash of the visitor's token is kept.

    `read_by_visitor` and `read_by_agent` are watermarks of the thread's seq and only grow. `warned_for` is the agent's
    last word, unanswered, for which the visitor was warned that the chat will end.
    """

    __tablename__ = "chat_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(32))
    anonymous: Mapped[bool] = mapped_column(default=False)
    read_by_visitor: Mapped[int] = mapped_column(default=0)
    read_by_agent: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    warned_for: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class VisitorNoteRow(Row):
    """A form half filled in, a receipt just issued: encrypted, for the browser that holds the token, until it expires.

    `name` tells the notes of one browser apart; writing a note under a known name replaces it.
    """

    __tablename__ = "visitor_notes"
    __table_args__ = (UniqueConstraint("workspace_id", "token_hash", "name"),)

    token_hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(48))
    body: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(index=True)
