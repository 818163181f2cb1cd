"""Queries of the router. A change of status is one conditional update: its row count decides who was first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select, update

from kit.errors import Conflict, Invalid, NotFound
from kit.unit_of_work import UnitOfWork
from records.staff.tables import WorkspaceRow
from router import queues
from router.contact import ContactStatus, OfferOutcome, class_of
from router.effects import Plan, Strategy
from router.hours import BUREAU, HOTLINE, OFFICE_HOURS, Calendar, Span
from router.queues import QueueSettings, Relaxation
from router.skills import LANGUAGE_SKILLS
from router.states import Happening, sources, target
from router.tables import (
    AgentRow,
    AgentSkillRow,
    CalendarDayRow,
    ChoiceRow,
    ContactRow,
    InteractionRow,
    OfferRow,
    QueueRow,
    SkillRow,
)

_SETTINGS, _CALENDARS = "routing settings", "calendars"
OFFICE_HOURS_SETTING = "office_hours"
"""In the workspace's settings: ["09:00", "17:00"], the bureau's hours on a workday."""

OVERRIDES_AGE = timedelta(days=400)
LAST_AGENT_AGE = timedelta(days=30)
"""Who served a citizen this long ago is still preferred."""


@dataclass(frozen=True, kw_only=True)
class RoutingSettings:
    """Queues and skills of a workspace, as of one transaction."""

    queues: Mapping[str, QueueRow]
    skills: Sequence[SkillRow]

    @cached_property
    def protected(self) -> frozenset[str]:
        """Skills that relaxation never lowers."""
        return frozenset(skill.id for skill in self.skills if skill.confidential)

    @cached_property
    def language_skill_ids(self) -> frozenset[str]:
        names = set(LANGUAGE_SKILLS.values())
        return frozenset(skill.id for skill in self.skills if skill.name in names)

    @property
    def sealed_queue(self) -> QueueRow | None:
        """Where confidential reports wait, of the queues that the access may see."""
        return next((queue for queue in self.queues.values() if queue.sealed), None)

    def clearance(self, queue: QueueRow) -> dict[str, int]:
        """Confidential skills that the queue asks for: they stay with the contact wherever it is passed on to."""
        return {skill: level for skill, level in queue.requirements.items() if skill in self.protected}

    def queue(self, queue_id: str | None) -> QueueRow:
        """Raises `NotFound`."""
        found = self.queues.get(queue_id or "")
        if found is None:
            raise NotFound("There is no such queue.", code="unknown_queue")
        return found

    def plan(self, queue_id: str | None, channel: str, requirements: Mapping[str, int]) -> Plan:
        """How a contact of this queue with these requirements of its own is served."""
        queue = self.queue(queue_id)
        overflow = self.queues.get(queue.overflow_queue_id or "")
        return queues.plan(
            _settings(queue),
            _settings(overflow) if overflow else None,
            class_of(channel),
            queues.pairs(requirements),
            self.protected,
        )


def _settings(row: QueueRow) -> QueueSettings:
    return QueueSettings(
        id=row.id,
        sla_s=row.sla_s,
        requirements=queues.pairs(row.requirements),
        relaxation=tuple(
            Relaxation(after_s=step["after_s"], levels=queues.pairs(step["requirements"])) for step in row.relaxation
        ),
        strategy=Strategy(row.strategy),
        ring_timeout_s=row.ring_timeout_s,
        emergency=row.emergency,
        overflow_after_s=row.overflow_after_s,
    )


async def routing_settings(uow: UnitOfWork) -> RoutingSettings:
    """Queues (of those the access may see) and skills; read once in a transaction."""
    key = (_SETTINGS, uow.access.sees_sealed)
    known: RoutingSettings | None = uow.session.info.get(key)
    if known is None:
        known = uow.session.info[key] = await _read_settings(uow)
    return known


async def _read_settings(uow: UnitOfWork) -> RoutingSettings:
    rows = await uow.session.scalars(select(QueueRow).order_by(QueueRow.position))
    skills = await uow.session.scalars(select(SkillRow).order_by(SkillRow.position))
    return RoutingSettings(queues={row.id: row for row in rows}, skills=list(skills))


async def calendars(uow: UnitOfWork) -> dict[str, Calendar]:
    """Both calendars with the dates that operators entered; read once in a transaction."""
    known: dict[str, Calendar] | None = uow.session.info.get(_CALENDARS)
    if known is None:
        known = uow.session.info[_CALENDARS] = await _read_calendars(uow)
    return known


async def _read_calendars(uow: UnitOfWork) -> dict[str, Calendar]:
    overrides: dict[str, dict[date, Span | None]] = {HOTLINE: {}, BUREAU: {}}
    since = (uow.now - OVERRIDES_AGE).date()
    for row in await uow.session.scalars(select(CalendarDayRow).where(CalendarDayRow.day >= since)):
        closed = row.opens is None or row.closes is None
        overrides[row.calendar][row.day] = None if closed else _span(row.opens or "", row.closes or "")
    workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
    local, hours = ZoneInfo(workspace.timezone), workspace.settings.get(OFFICE_HOURS_SETTING)
    span = _span(*hours) if hours else OFFICE_HOURS
    return {
        HOTLINE: Calendar(name=HOTLINE, zone=local, overrides=overrides[HOTLINE]),
        BUREAU: Calendar(name=BUREAU, zone=local, span=span, workdays_only=True, overrides=overrides[BUREAU]),
    }


def _span(opens: str, closes: str) -> Span:
    return time.fromisoformat(opens), time(0) if closes == "24:00" else time.fromisoformat(closes)


async def contact(uow: UnitOfWork, contact_id: str) -> ContactRow:
    """The row as the database has it now. Raises `NotFound`."""
    await uow.session.flush()
    found = await uow.session.scalar(
        select(ContactRow).where(ContactRow.id == contact_id).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such contact.")
    return found


async def agent(uow: UnitOfWork, agent_id: str) -> AgentRow:
    """The row as the database has it now. Raises `NotFound`."""
    await uow.session.flush()
    found = await uow.session.scalar(
        select(AgentRow).where(AgentRow.id == agent_id).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("This account handles no contacts.", code="not_an_agent")
    return found


async def try_change(
    uow: UnitOfWork, contact_id: str, happening: Happening, *conditions: ColumnElement[bool], **values: Any
) -> ContactRow | None:
    """Let `happening` happen if the row is in a status that allows it and meets `conditions`; None when it does not."""
    await uow.session.flush()
    changed: ContactRow | None = await uow.session.scalar(
        update(ContactRow)
        .where(ContactRow.id == contact_id, ContactRow.status.in_(sources(happening)), *conditions)
        .values(status=target(happening), version=ContactRow.version + 1, **values)
        .returning(ContactRow)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    return changed


async def change_own(uow: UnitOfWork, contact_id: str, by: str, happening: Happening, **values: Any) -> ContactRow:
    """`try_change` for the agent who has the contact. Raises `Conflict` with the status it is in by now."""
    changed = await try_change(uow, contact_id, happening, ContactRow.agent_id == by, **values)
    if changed is not None:
        return changed
    row = await contact(uow, contact_id)
    if row.agent_id != by:
        raise Conflict("Somebody else has this contact.", code="not_yours", agent_id=row.agent_id)
    raise Conflict(f"The contact is {row.status} by now.", code="wrong_status", status_now=row.status)


async def pending_offer(uow: UnitOfWork, contact_id: str) -> OfferRow | None:
    found: OfferRow | None = await uow.session.scalar(
        select(OfferRow)
        .where(OfferRow.contact_id == contact_id, OfferRow.outcome == OfferOutcome.PENDING)
        .order_by(OfferRow.fence.desc())
        .limit(1)
    )
    return found


async def decide_offers(
    uow: UnitOfWork,
    contact_id: str,
    outcome: OfferOutcome,
    *conditions: ColumnElement[bool],
    reason: str | None = None,
) -> list[OfferRow]:
    """Give the pending offers of a contact that meet `conditions` their outcome; returns them."""
    await uow.session.flush()
    decided = await uow.session.scalars(
        update(OfferRow)
        .where(OfferRow.contact_id == contact_id, OfferRow.outcome == OfferOutcome.PENDING, *conditions)
        .values(outcome=outcome, decided_at=uow.now, decline_reason=reason)
        .returning(OfferRow)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    return list(decided)


async def open_interaction(uow: UnitOfWork, contact_id: str) -> InteractionRow | None:
    """The one interaction of a contact that has not ended."""
    found: InteractionRow | None = await uow.session.scalar(
        select(InteractionRow)
        .where(InteractionRow.contact_id == contact_id, InteractionRow.ended_at.is_(None))
        .order_by(InteractionRow.accepted_at.desc())
        .limit(1)
    )
    return found


async def last_agent_id(uow: UnitOfWork, citizen_id: str | None, *, sealed: bool) -> str | None:
    """Who served this citizen last, not too long ago: in confidence, or not."""
    if citizen_id is None:
        return None
    found: str | None = await uow.session.scalar(
        select(InteractionRow.agent_id)
        .join(ContactRow, ContactRow.id == InteractionRow.contact_id)
        .where(ContactRow.citizen_id == citizen_id, ContactRow.sealed.is_(sealed))
        .where(InteractionRow.accepted_at > uow.now - LAST_AGENT_AGE)
        .order_by(InteractionRow.accepted_at.desc())
        .limit(1)
    )
    return found


async def contacts_of(uow: UnitOfWork, agent_id: str, *statuses: ContactStatus) -> list[ContactRow]:
    """What an agent has in these statuses."""
    return list(
        await uow.session.scalars(
            select(ContactRow).where(ContactRow.agent_id == agent_id, ContactRow.status.in_(statuses))
        )
    )


async def levels(uow: UnitOfWork, agent_ids: Sequence[str] | None = None) -> dict[str, dict[str, int]]:
    """Levels by agent and skill; agents without any skill are there too."""
    agents = select(AgentRow.id)
    skills = select(AgentSkillRow)
    if agent_ids is not None:
        agents = agents.where(AgentRow.id.in_(agent_ids))
        skills = skills.where(AgentSkillRow.agent_id.in_(agent_ids))
    result: dict[str, dict[str, int]] = {agent_id: {} for agent_id in await uow.session.scalars(agents)}
    for row in await uow.session.scalars(skills):
        result.setdefault(row.agent_id, {})[row.skill_id] = row.level
    return result


async def require_choice(uow: UnitOfWork, word_list: str, key: str, *, by_person: bool = True) -> None:
    """Raises `Invalid` unless `key` stands in the word list (for a person: not as one of the system's own)."""
    row = await uow.session.scalar(select(ChoiceRow).where(ChoiceRow.list == word_list, ChoiceRow.key == key))
    if row is None or (by_person and row.by_system):
        raise Invalid(f"{key} is not one of the list {word_list}.", code="unknown_choice", list=word_list)


def elapsed_s(since: datetime | None, until: datetime) -> int:
    """Whole seconds from `since` to `until`, 0 when it has not begun."""
    return max(int((until - since).total_seconds()), 0) if since else 0
