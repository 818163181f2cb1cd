"""What a supervisor sees and does: the live board, and acts on agents."""

from datetime import datetime

from sqlalchemy import select

from desk.access import Actor
from desk.calls import assistance
from desk.inbox import store
from desk.inbox.presenting import agent_view
from desk.schemas.supervision import Alarm, BoardAgent, BoardView, Figure, LogoutInput, QueueLine
from kit.errors import NotFound
from kit.unit_of_work import Database, UnitOfWork
from records.staff import audit
from records.staff import store as staff
from records.staff.tables import AccountRow
from router.contact import Presence
from router.results import AgentStanding, Board, QueueStanding
from router.service import Router
from router.tables import AgentRow, ChoiceRow, QueueRow

NOT_READY_LIST = "not_ready"
BY_SUPERVISOR = "supervisor_talk"
OFFLINE = "offline"


async def board(uow: UnitOfWork, router: Router) -> BoardView:
    """The figures of this moment over the queues that the access may see; each share with its denominator."""
    now = await router.board(uow)
    queues = {row.id: row for row in await store.queues(uow)}
    accounts = {row.id: row for row in await staff.accounts(uow)}
    return BoardView(
        at=now.at,
        open_now=now.open_now,
        **_figures(now),
        queues=[_queue_line(line, queues[line.queue_id]) for line in now.queues if line.queue_id in queues],
        agents=[
            _board_agent(standing, accounts[standing.agent_id], queues, now.at)
            for standing in now.agents
            if standing.agent_id in accounts
        ],
        alarms=[
            *await assistance.alarms(uow),
            *(
                Alarm(id=one.id, level=one.level, code=one.code, detail=dict(one.detail), since=one.since)
                for one in now.alarms
            ),
        ],
    )


def _figures(now: Board) -> dict[str, Figure]:
    answered = sum(line.answered for line in now.queues)
    in_time = sum(line.answered_in_time for line in now.queues)
    asked = answered + sum(line.abandoned for line in now.queues)
    longest = [line.longest_wait_s for line in now.queues if line.longest_wait_s is not None]
    online = sum(1 for agent in now.agents if agent.state != OFFLINE)
    return {
        "waiting": Figure(value=sum(line.waiting for line in now.queues)),
        "longest_wait_s": Figure(value=max(longest, default=None)),
        "service_level": _share(in_time, answered),
        "connection_rate": _share(answered, asked),
        "online": Figure(value=online, of=len(now.agents)),
        "answered_today": Figure(value=answered, of=asked),
    }


def _share(numerator: int, of: int) -> Figure:
    return Figure(value=numerator / of if of else None, numerator=numerator, of=of)


def _queue_line(line: QueueStanding, queue: QueueRow) -> QueueLine:
    return QueueLine(
        queue_id=queue.id,
        name=queue.name,
        name_en=queue.name_en,
        channel=queue.channel,
        waiting=line.waiting,
        longest_wait_s=line.longest_wait_s,
        expected_low_s=line.expected.low_s if line.expected else None,
        expected_high_s=line.expected.high_s if line.expected else None,
        service_level=line.service_level,
        answered=line.answered,
        sla_s=queue.sla_s,
        sla_share=queue.sla_share,
        abandoned=line.abandoned,
        free_agents=line.free_agents,
        online_agents=line.online_agents,
        overdue=line.overdue,
        trend=list(line.trend),
        sealed=queue.sealed,
    )


def _board_agent(standing: AgentStanding, account: AccountRow, queues: dict[str, QueueRow], at: datetime) -> BoardAgent:
    since = standing.longest_since
    return BoardAgent(
        **agent_view(standing, account).model_dump(),
        group_name=standing.group_name,
        current=[queues[queue_id].name for queue_id in standing.queue_ids if queue_id in queues],
        longest_s=int((at - since).total_seconds()) if since else None,
    )


async def set_not_ready(database: Database, router: Router, who: Actor, agent_id: str, reason: str) -> None:
    """No new offers for this agent. A reason of the list is taken as it is; any other words go to the audit trail."""
    async with database.unit_of_work(who.access) as uow:
        await _require_agent(uow, agent_id)
        query = select(ChoiceRow.key).where(ChoiceRow.list == NOT_READY_LIST, ChoiceRow.by_system.is_(False))
        keys = set(await uow.session.scalars(query))
        audit.record(uow, "agent.not_ready", "agent", agent_id, reason)
    key = reason if reason in keys else BY_SUPERVISOR
    await router.set_presence(uow.workspace_id, agent_id, Presence.NOT_READY, key)


async def log_out(database: Database, router: Router, who: Actor, agent_id: str, body: LogoutInput) -> None:
    """The agent is offline and its contacts are back in their places; or once the present contact is done."""
    async with database.unit_of_work(who.access) as uow:
        await _require_agent(uow, agent_id)
        audit.record(uow, "agent.logged_out", "agent", agent_id, body.reason, {"after_contact": body.after_contact})
    await router.force_logout(uow.workspace_id, agent_id, by=who.account_id, after_contact=body.after_contact)


async def _require_agent(uow: UnitOfWork, agent_id: str) -> None:
    if await uow.session.scalar(select(AgentRow.id).where(AgentRow.id == agent_id)) is None:
        raise NotFound("There is no such agent.")
