"""Positions and expected waits, from what the queues really did in the last half hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from kit.unit_of_work import UnitOfWork
from router import store
from router.contact import ChannelClass, ContactStatus, Presence, class_of
from router.descriptions import is_connected
from router.results import Standing, WaitRange
from router.skills import meets
from router.states import WAITS
from router.store import RoutingSettings, elapsed_s
from router.tables import AgentRow, ContactRow, InteractionRow, QueueRow
from router.waiting_time import Span, behind_head, measured, predicted

WINDOW = timedelta(minutes=30)
MOST_SPANS = 1000
USUAL_HANDLE_S = {ChannelClass.VOICE: 180.0, ChannelClass.CHAT: 420.0, ChannelClass.MESSAGE: 600.0}
FEWEST_HANDLED = 5


@dataclass(frozen=True, kw_only=True)
class Staffing:
    """Agents who could take contacts of a queue, now or once waiting has lowered what is asked: `online` are ready,
    `free` of these have a slot, `slots` in all."""

    online: int
    free: int
    slots: int


async def position(uow: UnitOfWork, contact_id: str) -> Standing:
    """Where a contact stands among those of its queue."""
    row = await store.contact(uow, contact_id)
    if row.status != ContactStatus.QUEUED or row.queued_at is None or row.queue_id is None:
        return Standing(status=row.status, position=None, wait=None, agent_id=row.agent_id)
    ahead = await _ahead(uow, row)
    wait = await expected_wait(uow, row.queue_id, ahead=ahead, requirements=row.requirements)
    return Standing(status=row.status, position=ahead + 1, wait=wait, agent_id=None)


async def _ahead(uow: UnitOfWork, row: ContactRow) -> int:
    """Contacts of the queue with a lower score: a priority point is worth a minute."""
    others = select(ContactRow.queued_at, ContactRow.priority).where(
        ContactRow.queue_id == row.queue_id,
        ContactRow.status == ContactStatus.QUEUED,
        ContactRow.id != row.id,
        or_(ContactRow.queued_at <= row.queued_at, ContactRow.priority > row.priority),
    )
    own = _score(row.queued_at, row.priority)
    return sum(_score(queued_at, priority) <= own for queued_at, priority in await uow.session.execute(others))


def _score(queued_at: datetime | None, priority: int) -> float:
    return (queued_at.timestamp() if queued_at else 0.0) - 60.0 * priority


async def expected_wait(
    uow: UnitOfWork,
    queue_id: str,
    *,
    ahead: int | None = None,
    requirements: Mapping[str, int] | None = None,
    staff: Staffing | None = None,
) -> WaitRange | None:
    """For a contact with `ahead` before it (default: all that wait); None while nobody could take it.

    `staff` of the queue, where the caller has it already.
    """
    settings = await store.routing_settings(uow)
    queue = settings.queue(queue_id)
    if staff is None:
        staff = (await staffing(uow, settings, {queue_id: requirements or {}}))[queue_id]
    if staff.online == 0:
        return None
    waiting = await _waiting(uow, queue_id)
    if ahead is None:
        ahead = len(waiting)
    if staff.free > ahead:
        return WaitRange(low_s=0, high_s=queue.ring_timeout_s, mean_s=queue.ring_timeout_s / 2, method="queue_length")
    window_s = WINDOW.total_seconds()
    spans = await _spans(uow, queue_id)
    throughput = measured(spans, slots=staff.slots, handle_s=await _handle_s(uow, queue), window_s=window_s)
    if throughput.drifts and waiting:
        return behind_head(elapsed_s(waiting[0], uow.now), ahead)
    return predicted(ahead, throughput)


async def _waiting(uow: UnitOfWork, queue_id: str) -> list[datetime]:
    moments = await uow.session.scalars(
        select(ContactRow.queued_at)
        .where(ContactRow.queue_id == queue_id, ContactRow.status == ContactStatus.QUEUED)
        .order_by(ContactRow.queued_at)
    )
    return [moment for moment in moments if moment is not None]


async def _spans(uow: UnitOfWork, queue_id: str) -> list[Span]:
    since = uow.now - WINDOW
    left = or_(ContactRow.accepted_at > since, ContactRow.closed_at > since, ContactRow.status.in_(WAITS))
    rows = await uow.session.execute(
        select(ContactRow.queued_at, ContactRow.accepted_at, ContactRow.closed_at, ContactRow.status)
        .where(ContactRow.queue_id == queue_id, ContactRow.queued_at.is_not(None), left)
        .order_by(ContactRow.queued_at.desc())
        .limit(MOST_SPANS)
    )
    spans = []
    for queued_at, accepted_at, closed_at, status in rows:
        until = accepted_at or closed_at or uow.now
        if until > since and queued_at is not None:
            spans.append(
                Span(
                    since_s=(uow.now - queued_at).total_seconds(),
                    until_s=max((uow.now - until).total_seconds(), 0.0),
                    served=accepted_at is not None,
                    abandoned=status == ContactStatus.ABANDONED,
                )
            )
    return spans


async def _handle_s(uow: UnitOfWork, queue: QueueRow) -> float:
    """Mean handle time of the queue over the last day, pauses left out; a usual one where too little was seen."""
    rows = await uow.session.execute(
        select(InteractionRow.accepted_at, InteractionRow.handled_at, InteractionRow.parked_s)
        .join(ContactRow, ContactRow.id == InteractionRow.contact_id)
        .where(ContactRow.queue_id == queue.id, InteractionRow.handled_at > uow.now - timedelta(days=1))
        .limit(MOST_SPANS)
    )
    times = [elapsed_s(accepted, handled or uow.now) - parked for accepted, handled, parked in rows]
    if len(times) < FEWEST_HANDLED:
        return USUAL_HANDLE_S[class_of(queue.channel)]
    return max(sum(times) / len(times), 1.0)


async def staffing(
    uow: UnitOfWork, settings: RoutingSettings, wanted: Mapping[str, Mapping[str, int]]
) -> dict[str, Staffing]:
    """Who is there for each queue of `wanted`, with these requirements of a contact's own."""
    rows = await uow.session.scalars(select(AgentRow).where(AgentRow.presence == Presence.READY))
    ready = [row for row in rows if is_connected(row, uow.now) and row.pending is None]
    levels = await store.levels(uow, [row.id for row in ready])
    loads = await agent_loads(uow)
    return {
        queue_id: _staffing_of(settings.queue(queue_id), settings, requirements, ready, levels, loads)
        for queue_id, requirements in wanted.items()
    }


def _staffing_of(
    queue: QueueRow,
    settings: RoutingSettings,
    own: Mapping[str, int],
    ready: list[AgentRow],
    levels: Mapping[str, Mapping[str, int]],
    loads: Mapping[str, Mapping[str, int]],
) -> Staffing:
    plan = settings.plan(queue.id, queue.channel, own)
    stages = [plan.requirements, *(step.requirements for step in plan.steps[-1:])]
    able = [row for row in ready if any(meets(levels.get(row.id, {}), stage) for stage in stages)]
    kind = class_of(queue.channel)
    free = [row for row in able if is_free(row.capacity, loads.get(row.id, {}), kind)]
    return Staffing(online=len(able), free=len(free), slots=sum(row.capacity.get(kind, 0) for row in able))


def is_free(capacity: Mapping[str, int], load: Mapping[str, int], kind: ChannelClass) -> bool:
    """Whether a slot of the class is open; on a call nothing new is offered."""
    on_call = load.get(ChannelClass.VOICE, 0) >= (capacity.get(ChannelClass.VOICE, 1) if kind == "voice" else 1)
    return not on_call and load.get(kind, 0) < capacity.get(kind, 0)


async def agent_loads(uow: UnitOfWork) -> dict[str, dict[str, int]]:
    """Slots in use by agent and channel class: active contacts and wrap-ups that block."""
    blocking = (ContactRow.status == ContactStatus.WRAP_UP) & QueueRow.wrap_up_blocks.is_(True)
    rows = await uow.session.execute(
        select(ContactRow.agent_id, ContactRow.channel, func.count())
        .join(QueueRow, QueueRow.id == ContactRow.queue_id)
        .where(ContactRow.agent_id.is_not(None), or_(ContactRow.status == ContactStatus.ACTIVE, blocking))
        .group_by(ContactRow.agent_id, ContactRow.channel)
    )
    loads: dict[str, dict[str, int]] = {}
    for agent_id, channel, count in rows:
        load = loads.setdefault(agent_id or "", {})
        load[class_of(channel)] = load.get(class_of(channel), 0) + count
    return loads
