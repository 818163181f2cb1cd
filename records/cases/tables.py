"""Cases in their small form: follow-up work that outlives the contact."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.tables import ID_CHARS, Row, reference


class CaseStatus(StrEnum):
    REGISTERED = "registered"
    DISPATCHED = "dispatched"
    IN_PROGRESS = "in_progress"
    WAITING_FOR_CITIZEN = "waiting_for_citizen"  # the deadline's clock stands still
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class CaseRow(Sealable, Row):
    __tablename__ = "cases"
    __table_args__ = (UniqueConstraint("workspace_id", "number"),)

    number: Mapped[str] = mapped_column(String(14))
    kind: Mapped[str] = mapped_column(String(32))
    category: Mapped[str] = mapped_column(String(48))
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(24), default=CaseStatus.REGISTERED, index=True)
    urgency: Mapped[str] = mapped_column(String(16), default="normal")  # normal | urgent | emergency
    confidential: Mapped[bool] = mapped_column(default=False)  # the handler does not see who asks
    anonymous: Mapped[bool] = mapped_column(default=False)
    citizen_id: Mapped[str | None] = reference("citizens.id")
    department_id: Mapped[str | None] = reference("departments.id")
    channel: Mapped[str] = mapped_column(String(16))
    due_on: Mapped[date | None]
    urged: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class CaseContactRow(Sealable, Row):
    """A contact belongs to a case: opened it, was linked, urged it, or added to it."""

    __tablename__ = "case_contacts"
    __table_args__ = (UniqueConstraint("case_id", "contact_id"),)

    case_id: Mapped[str] = reference("cases.id")
    contact_id: Mapped[str] = reference("contacts.id")
    relation: Mapped[str] = mapped_column(String(16))  # opened | linked | urged | added
    created_at: Mapped[datetime]


class CaseEventRow(Sealable, Row):
    """One line of the timeline; a `public` one is shown to the citizen."""

    __tablename__ = "case_events"

    case_id: Mapped[str] = reference("cases.id")
    kind: Mapped[str] = mapped_column(String(32))
    public: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]]
    actor_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    at: Mapped[datetime]
