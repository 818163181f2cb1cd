"""Rows of the AXD: agents and skills, queues and rules, contacts, offers and interactions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.tables import ID_CHARS, Row, reference
from router.contact import ContactStatus, OfferOutcome, Presence


class SkillRow(Row):
    __tablename__ = "skills"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    name: Mapped[str] = mapped_column(String(48))
    name_en: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(default=0)
    confidential: Mapped[bool] = mapped_column(default=False)


class AgentRow(Row):
    """Routing state of an account that handles contacts; `id` is the account's id."""

    __tablename__ = "agents"

    presence: Mapped[str] = mapped_column(String(16), default=Presence.OFFLINE)
    reason: Mapped[str | None] = mapped_column(String(32))
    pending: Mapped[str | None] = mapped_column(String(32))  # not-ready reason that begins after this contact
    capacity: Mapped[dict[str, int]]
    presence_since: Mapped[datetime]
    connected_until: Mapped[datetime | None]  # socket lease
    group_name: Mapped[str] = mapped_column(String(48), default="")
    version: Mapped[int] = mapped_column(default=1)


class AgentSkillRow(Row):
    __tablename__ = "agent_skills"
    __table_args__ = (UniqueConstraint("agent_id", "skill_id"),)

    agent_id: Mapped[str] = reference("agents.id")
    skill_id: Mapped[str] = reference("skills.id")
    level: Mapped[int]


class SkillChangeRow(Row):
    """One saved change of the skills matrix: what it takes to show and to undo it."""

    __tablename__ = "skill_changes"

    changed_at: Mapped[datetime]
    changed_by_id: Mapped[str] = mapped_column(String(ID_CHARS))
    reason: Mapped[str] = mapped_column(String(500))
    changes: Mapped[list[dict[str, Any]]]  # agent_id, skill_id, before, after


class QueueRow(Sealable, Row):
    """`targets`: sla_s and share; `relaxation`: steps of after_s and requirements, over waiting time."""

    __tablename__ = "queues"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)

    key: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(48))
    name_en: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))
    position: Mapped[int] = mapped_column(default=0)
    strategy: Mapped[str] = mapped_column(String(16), default="longest_idle")  # or: best
    sla_s: Mapped[int]
    sla_share: Mapped[float] = mapped_column(default=0.95)
    ring_timeout_s: Mapped[int] = mapped_column(default=10)
    preferred_wait_s: Mapped[int] = mapped_column(default=10)
    wrap_up_s: Mapped[int] = mapped_column(default=15)
    wrap_up_blocks: Mapped[bool] = mapped_column(default=False)
    emergency: Mapped[bool] = mapped_column(default=False)
    restricted: Mapped[bool] = mapped_column(default=False)
    calendar: Mapped[str] = mapped_column(String(16), default="hotline")  # or: bureau
    requirements: Mapped[dict[str, int]]  # added to those of each contact
    relaxation: Mapped[list[dict[str, Any]]]
    overflow_queue_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    overflow_after_s: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class RuleRow(Row):
    """One line of the rule table: the first whose conditions hold decides queue, skills and priority."""

    __tablename__ = "rules"

    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    conditions: Mapped[dict[str, Any]]
    queue_id: Mapped[str] = reference("queues.id")
    requirements: Mapped[dict[str, int]]
    priority: Mapped[int] = mapped_column(default=0)
    seal: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=True)


class CalendarDayRow(Row):
    """A date that differs from the calendar's week or from the published table of holidays."""

    __tablename__ = "calendar_days"
    __table_args__ = (UniqueConstraint("workspace_id", "calendar", "day"),)

    calendar: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    opens: Mapped[str | None] = mapped_column(String(5))  # HH:MM in the workspace's zone; None is closed
    closes: Mapped[str | None] = mapped_column(String(5))
    note: Mapped[str] = mapped_column(String(80), default="")


class ChoiceRow(Row):
    """A word list of the workspace: not-ready and decline reasons, dispositions, kinds, categories."""

    __tablename__ = "choices"
    __table_args__ = (UniqueConstraint("workspace_id", "list", "key"),)

    list: Mapped[str] = mapped_column(String(24))
    key: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(48))
    label_en: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(default=0)
    by_system: Mapped[bool] = mapped_column(default=False)


class EpochRow(Row):
    """Grows with each rebuild of Redis, so that a fence from before can never win."""

    __tablename__ = "routing_epochs"

    epoch: Mapped[int]
    rebuilt_at: Mapped[datetime]


class ContactRow(Sealable, Row):
    __tablename__ = "contacts"
    __table_args__ = (
        Index("ix_contacts_status_queue", "status", "queue_id"),
        UniqueConstraint("workspace_id", "channel", "external_id"),
    )

    direction: Mapped[str] = mapped_column(String(8), default="in")
    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(200))
    thread_id: Mapped[str] = reference("threads.id")
    citizen_id: Mapped[str | None] = reference("citizens.id")
    queue_id: Mapped[str | None] = reference("queues.id")  # where it waits or was answered
    home_queue_id: Mapped[str | None] = mapped_column(String(ID_CHARS))  # whose relaxation and overflow it follows
    step: Mapped[int] = mapped_column(default=0)  # how many of these steps it has taken
    case_id: Mapped[str | None] = reference("cases.id")
    rule_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    sender_kind: Mapped[str] = mapped_column(String(16))
    sender: Mapped[str] = mapped_column(String(254))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300), default="")
    preview: Mapped[str] = mapped_column(String(300), default="")
    language: Mapped[str | None] = mapped_column(String(16))
    hints: Mapped[dict[str, Any]]
    requirements: Mapped[dict[str, int]]
    priority: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(16), default=ContactStatus.RECEIVED)
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    received_at: Mapped[datetime] = mapped_column(index=True)
    queued_at: Mapped[datetime | None]  # entry: what its place in the queue goes by
    waiting_since: Mapped[datetime | None]  # of this turn: relaxation goes by it
    due_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    first_answer_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    agent_id: Mapped[str | None] = mapped_column(String(ID_CHARS), index=True)
    preferred_agent_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    preferred_until: Mapped[datetime | None]
    return_to_id: Mapped[str | None] = mapped_column(String(ID_CHARS))  # who transferred it to the preferred agent
    disposition: Mapped[str | None] = mapped_column(String(32))
    parked_until: Mapped[datetime | None] = mapped_column(index=True)
    park_reason: Mapped[str | None] = mapped_column(String(200))
    wrap_up_until: Mapped[datetime | None]
    unread: Mapped[int] = mapped_column(default=0)
    last_in_at: Mapped[datetime | None]
    last_out_at: Mapped[datetime | None]
    answerable: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class OfferRow(Sealable, Row):
    __tablename__ = "offers"
    __table_args__ = (UniqueConstraint("contact_id", "fence"),)

    contact_id: Mapped[str] = reference("contacts.id")
    agent_id: Mapped[str] = reference("agents.id")
    fence: Mapped[int] = mapped_column(BigInteger)
    offered_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16), default=OfferOutcome.PENDING)
    decided_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None] = mapped_column(String(32))
    why: Mapped[dict[str, Any]]


class InteractionRow(Sealable, Row):
    """One agent's handling of a contact, from accept to the end of wrap-up."""

    __tablename__ = "interactions"

    contact_id: Mapped[str] = reference("contacts.id")
    agent_id: Mapped[str] = reference("agents.id")
    offer_id: Mapped[str | None] = mapped_column(String(ID_CHARS))
    accepted_at: Mapped[datetime] = mapped_column(index=True)
    parked_at: Mapped[datetime | None]
    parked_s: Mapped[int] = mapped_column(default=0)
    handled_at: Mapped[datetime | None]  # hang-up, finish or transfer: wrap-up begins
    ended_at: Mapped[datetime | None]
    disposition: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(String(1000), default="")
    ended_by: Mapped[str | None] = mapped_column(String(24))  # finished | transferred | lost | logged_out
