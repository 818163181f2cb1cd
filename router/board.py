"""The live board: each queue of today, each agent, and what needs attention."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import or_, select

from kit.unit_of_work import UnitOfWork
from records.staff.tables import AccountRow
from router import store
from router.contact import ChannelClass, ContactStatus, class_of
from router.hours import HOTLINE, Calendar, PublishedTable, missing_table
from router.queues import target_s
from router.results import AgentStanding, AlarmStanding, Board, QueueStanding
from router.standings import agent_standings
from router.states import WAITS
from router.store import RoutingSettings, elapsed_s
from router.tables import ContactRow, QueueRow
from router.waits import Staffing, expected_wait, staffing

TREND_SPANS = 12
TREND_S = 300
LATE = 2
"""A queue is critical when somebody has waited this many times its target."""


@dataclass(kw_only=True)
class _Figures:
    waiting_since: list[datetime] = field(default_factory=list)
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    overdue_since: list[datetime] = field(default_factory=list)
    trend: list[int] = field(default_factory=lambda: [0] * TREND_SPANS)


async def board(uow: UnitOfWork) -> Board:
    """Everything at once, of what the access may see."""
    settings, calendars = await store.routing_settings(uow), await store.calendars(uow)
    figures = await _figures(uow, settings, calendars[HOTLINE])
    staff = await staffing(uow, settings, {queue_id: {} for queue_id in settings.queues})
    queues = tuple([await _line(uow, queue, figures[queue.id], staff[queue.id]) for queue in settings.queues.values()])
    agents = await agent_standings(uow)
    alarms = [
        *_queue_alarms(uow, settings, queues, figures),
        *await _agent_alarms(uow, agents),
        *_calendar_alarms(uow, calendars),
    ]
    return Board(
        at=uow.now,
        open_now=calendars[HOTLINE].open_state(uow.now).open_now,
        queues=queues,
        agents=tuple(agents),
        alarms=tuple(sorted(alarms, key=lambda alarm: ("red", "yellow", "blue").index(alarm.level))),
    )


async def _figures(uow: UnitOfWork, settings: RoutingSettings, calendar: Calendar) -> dict[str, _Figures]:
    today = datetime.combine(calendar.local_day(uow.now), time(0), calendar.zone).astimezone(UTC)
    trend_since = uow.now - timedelta(seconds=TREND_S * TREND_SPANS)
    relevant = or_(
        ContactRow.received_at >= min(today, trend_since),
        ContactRow.accepted_at >= today,
        ContactRow.closed_at >= today,
        ContactRow.closed_at.is_(None),
    )
    figures = {queue_id: _Figures() for queue_id in settings.queues}
    for row in await uow.session.scalars(select(ContactRow).where(ContactRow.queue_id.is_not(None), relevant)):
        queue = settings.queues.get(row.queue_id or "")
        if queue is not None:
            _count(figures[queue.id], queue, row, today, uow.now)
    return figures


def _count(figures: _Figures, queue: QueueRow, row: ContactRow, today: datetime, now: datetime) -> None:
    entered = row.queued_at or row.received_at
    if row.status in WAITS:
        figures.waiting_since.append(entered)
    if row.accepted_at is not None and row.accepted_at >= today:
        figures.answered += 1
        target = target_s(queue.sla_s, queue.channel, row.channel)
        figures.in_time += (row.accepted_at - entered).total_seconds() <= target
    if row.status == ContactStatus.ABANDONED and row.closed_at is not None and row.closed_at >= today:
        figures.abandoned += 1
    if row.due_at is not None and row.due_at < now and _owes_an_answer(row):
        figures.overdue_since.append(row.due_at)
    age = elapsed_s(row.received_at, now) // TREND_S
    if age < TREND_SPANS:
        figures.trend[TREND_SPANS - 1 - age] += 1


def _owes_an_answer(row: ContactRow) -> bool:
    """A call is answered when it is accepted, all else when the first answer is written."""
    is_spoken = class_of(row.channel) is ChannelClass.VOICE
    answered_at = row.accepted_at if is_spoken else row.first_answer_at
    return row.closed_at is None and answered_at is None


async def _line(uow: UnitOfWork, queue: QueueRow, figures: _Figures, staff: Staffing) -> QueueStanding:
    return QueueStanding(
        queue_id=queue.id,
        waiting=len(figures.waiting_since),
        longest_wait_s=elapsed_s(min(figures.waiting_since), uow.now) if figures.waiting_since else None,
        expected=await expected_wait(uow, queue.id, staff=staff),
        answered=figures.answered,
        answered_in_time=figures.in_time,
        abandoned=figures.abandoned,
        overdue=len(figures.overdue_since),
        free_agents=staff.free,
        online_agents=staff.online,
        trend=tuple(figures.trend),
    )


def _queue_alarms(
    uow: UnitOfWork, settings: RoutingSettings, lines: tuple[QueueStanding, ...], figures: Mapping[str, _Figures]
) -> list[AlarmStanding]:
    alarms = []
    for line in lines:
        queue = settings.queue(line.queue_id)
        since = min(figures[queue.id].waiting_since, default=uow.now)
        names = {"queue_id": queue.id, "queue": queue.name, "queue_en": queue.name_en}
        waits = {**names, "waiting": str(line.waiting), "longest": _minutes(line.longest_wait_s or 0)}
        limit_s = queue.sla_s * LATE
        if line.waiting and not line.online_agents:
            alarms.append(_alarm("red", "queue_unmanned", queue.id, since, waits))
        elif (line.longest_wait_s or 0) > limit_s:
            alarms.append(_alarm("red", "queue_critical", queue.id, since + timedelta(seconds=limit_s), waits))
        if line.overdue:
            first = min(figures[queue.id].overdue_since)
            alarms.append(_alarm("yellow", "overdue", queue.id, first, {**names, "n": str(line.overdue)}))
    return alarms


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"


async def _agent_alarms(uow: UnitOfWork, agents: list[AgentStanding]) -> list[AlarmStanding]:
    lost = {agent.agent_id: agent for agent in agents if agent.state == "lost"}
    if not lost:
        return []
    accounts = await uow.session.scalars(select(AccountRow).where(AccountRow.id.in_(lost)))
    return [
        _alarm("yellow", "agent_lost", row.id, lost[row.id].since, {"agent_id": row.id, "agent": row.display_name})
        for row in accounts
    ]


def _calendar_alarms(uow: UnitOfWork, calendars: Mapping[str, Calendar]) -> list[AlarmStanding]:
    calendar = calendars[HOTLINE]
    today = calendar.local_day(uow.now)
    year = missing_table(PublishedTable(), today)
    if year is None:
        return []
    since = datetime(year, 1, 1, tzinfo=calendar.zone) if year == today.year else datetime(year - 1, 12, 1, tzinfo=UTC)
    level = "red" if year == today.year else "yellow"
    return [_alarm(level, "calendar", str(year), since.astimezone(UTC), {"year": str(year)})]


def _alarm(level: str, code: str, subject: str, since: datetime, detail: Mapping[str, str]) -> AlarmStanding:
    return AlarmStanding(id=f"{code}:{subject}", level=level, code=code, since=since, detail=detail)
