"""What can be read out without an agent, and what citizens answered in polls."""

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.tables import ID_CHARS, Row


class KnowledgeItemRow(Row):
    """One piece of information in one language; the telephone reads its text as it stands at that moment."""

    __tablename__ = "knowledge_items"
    __table_args__ = (UniqueConstraint("workspace_id", "key", "language"),)

    key: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    changed_by_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class PollVoteRow(Row):
    """One key pressed for one question. The same contact is counted once for each question."""

    __tablename__ = "poll_votes"
    __table_args__ = (UniqueConstraint("workspace_id", "poll", "question", "contact_id"),)

    poll: Mapped[str] = mapped_column(String(40))
    question: Mapped[int]
    contact_id: Mapped[str] = mapped_column(String(ID_CHARS))
    choice: Mapped[str] = mapped_column(String(1))
    voted_at: Mapped[datetime]
