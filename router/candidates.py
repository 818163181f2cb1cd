"""Whom a queue would give a contact to at this moment: for an agent who asks one of them before passing it on."""

from collections.abc import Iterable, Mapping

from kit.unit_of_work import UnitOfWork
from router import store
from router.contact import class_of
from router.dispatch import describe_agents
from router.effects import AgentDescription, Plan, Strategy
from router.passing import kept_requirements
from router.skills import meets, merged
from router.standings import agent_standings
from router.store import RoutingSettings
from router.tables import ContactRow, QueueRow
from router.waits import is_free

OFFERABLE = frozenset({"ready", "on_contact", "wrap_up"})

Rank = tuple[int, int, int, str]


async def candidates(uow: UnitOfWork, contact_id: str, queue_id: str) -> list[str]:
    """See `Router.candidates`."""
    row = await store.contact(uow, contact_id)
    # As with a transfer: whoever passes a report on knows no more of a sealed queue than its name.
    with uow.seeing_sealed():
        settings = await store.routing_settings(uow)
        plan = _plan(row, settings, settings.queue(queue_id))
        free = {
            standing.agent_id
            for standing in await agent_standings(uow)
            if standing.state in OFFERABLE
            and standing.pending is None
            and is_free(standing.capacity, standing.load, class_of(row.channel))
        } - {row.agent_id}
        ranks = (_rank(agent, plan) for agent in await describe_agents(uow, sorted(free)))
    return [agent_id for _, _, _, agent_id in sorted(rank for rank in ranks if rank is not None)]


def _plan(row: ContactRow, settings: RoutingSettings, queue: QueueRow) -> Plan:
    own = kept_requirements(row, settings, queue)
    if row.sealed:
        own = merged(own, settings.clearance(settings.queue(row.home_queue_id or row.queue_id)))
    return settings.plan(queue.id, row.channel, own)


def _rank(agent: AgentDescription, plan: Plan) -> Rank | None:
    """The lowest comes first; None for whom the queue would not ask, however long somebody waits there."""
    for step, requirements in enumerate(_stages(plan)):
        if meets(agent.skills, requirements):
            best = min((agent.skills[skill] for skill in requirements), default=0)
            return step, -best if plan.strategy is Strategy.BEST else 0, agent.idle_since_ms, agent.agent_id
    return None


def _stages(plan: Plan) -> Iterable[Mapping[str, int]]:
    """What is asked in this queue, the longer one waits the less; not where it overflows to."""
    return [plan.requirements, *(step.requirements for step in plan.steps if step.queue_id is None)]
