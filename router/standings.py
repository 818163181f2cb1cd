"""How agents stand: what they chose, and what follows from what they have in hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from kit.unit_of_work import UnitOfWork
from router.contact import ContactStatus, OfferOutcome, Presence
from router.descriptions import is_connected
from router.results import AgentStanding
from router.tables import AgentRow, ContactRow, InteractionRow, OfferRow
from router.waits import agent_loads


@dataclass(kw_only=True)
class _Work:
    active_since: list[datetime] = field(default_factory=list)
    queue_ids: list[str] = field(default_factory=list)
    wrap_ups: int = 0


async def agent_standings(uow: UnitOfWork, agent_ids: Sequence[str] | None = None) -> list[AgentStanding]:
    """These agents (default: all) right now; contacts that the access may not see count for nothing."""
    agents = select(AgentRow).order_by(AgentRow.id)
    if agent_ids is not None:
        agents = agents.where(AgentRow.id.in_(agent_ids))
    rows = list(await uow.session.scalars(agents.execution_options(populate_existing=True)))
    works, loads, ringing = await _works(uow, agent_ids), await agent_loads(uow), await _ringing(uow)
    return [
        _standing(row, works.get(row.id, _Work()), loads.get(row.id, {}), ringing.get(row.id), uow.now) for row in rows
    ]


async def _works(uow: UnitOfWork, agent_ids: Sequence[str] | None) -> dict[str, _Work]:
    query = (
        select(ContactRow.agent_id, ContactRow.queue_id, ContactRow.status, InteractionRow.accepted_at)
        .join(InteractionRow, InteractionRow.contact_id == ContactRow.id)
        .where(InteractionRow.ended_at.is_(None), InteractionRow.agent_id == ContactRow.agent_id)
        .where(ContactRow.status.in_((ContactStatus.ACTIVE, ContactStatus.WRAP_UP)))
    )
    if agent_ids is not None:
        query = query.where(ContactRow.agent_id.in_(agent_ids))
    works: dict[str, _Work] = {}
    for agent_id, queue_id, status, accepted_at in await uow.session.execute(query):
        work = works.setdefault(agent_id or "", _Work())
        if status == ContactStatus.WRAP_UP:
            work.wrap_ups += 1
        else:
            work.active_since.append(accepted_at)
            work.queue_ids.append(queue_id or "")
    return works


async def _ringing(uow: UnitOfWork) -> dict[str, datetime]:
    rows = await uow.session.execute(
        select(OfferRow.agent_id, OfferRow.offered_at).where(
            OfferRow.outcome == OfferOutcome.PENDING, OfferRow.expires_at > uow.now
        )
    )
    return {row[0]: row[1] for row in rows}


def _standing(
    row: AgentRow, work: _Work, load: Mapping[str, int], ringing_since: datetime | None, now: datetime
) -> AgentStanding:
    state = _state(row, work, ringing_since, now)
    longest = min(work.active_since, default=None)
    since = {"ringing": ringing_since, "on_contact": longest}.get(state)
    return AgentStanding(
        agent_id=row.id,
        version=row.version,
        presence=row.presence,
        reason=row.reason,
        pending=row.pending,
        state=state,
        since=since or row.presence_since,
        capacity=dict(row.capacity),
        load={name: load.get(name, 0) for name in row.capacity},
        group_name=row.group_name,
        queue_ids=tuple(work.queue_ids),
        longest_since=longest,
    )


def _state(row: AgentRow, work: _Work, ringing_since: datetime | None, now: datetime) -> str:
    if row.presence == Presence.OFFLINE:
        return "offline"
    if not is_connected(row, now):
        return "lost"
    if ringing_since is not None:
        return "ringing"
    if row.presence == Presence.NOT_READY:
        return "not_ready"
    if work.active_since:
        return "on_contact"
    return "wrap_up" if work.wrap_ups else "ready"
