"""Between SQL and the routing functions: calls after the commit, their effects back into SQL, contradictions healed."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from sqlalchemy import func, select

from kit.access import Access
from kit.clock import to_ms
from kit.unit_of_work import Database, UnitOfWork
from router import store
from router.applying import Applier
from router.descriptions import agent_description, contact_description, contact_truth, routing_presence
from router.effects import AgentDescription, ContactDescription, Effect, Outcome
from router.functions.client import RebuildNeeded, RoutingFunctions, UnknownAgent
from router.ports import LiveConnector
from router.tables import AgentRow, ContactRow, InteractionRow

log = logging.getLogger(__name__)

Call = Callable[[], Awaitable[Outcome]]


class Dispatch:
    """One for each process."""

    def __init__(
        self, database: Database, functions: RoutingFunctions, connectors: Mapping[str, LiveConnector]
    ) -> None:
        self.database = database
        self.functions = functions
        self._connectors = connectors

    def now_ms(self) -> int:
        return to_ms(self.database.clock.now())

    # After the caller's commit

    def after(self, uow: UnitOfWork, call: Call, *, contact_id: str | None = None) -> None:
        """Run a routing function once `uow` is committed. `contact_id`: set Redis right if it was too late."""
        workspace_id = uow.workspace_id
        uow.after_commit(lambda: self.carry(workspace_id, call, contact_id=contact_id))

    def after_agent(self, uow: UnitOfWork, agent_id: str) -> None:
        """Tell Redis how an agent stands, once `uow` is committed."""
        workspace_id = uow.workspace_id
        uow.after_commit(lambda: self.push_agent(workspace_id, agent_id))

    def after_sync(self, uow: UnitOfWork, contact_id: str) -> None:
        """Put Redis to what SQL says of a contact, once `uow` is committed."""
        workspace_id = uow.workspace_id
        uow.after_commit(lambda: self.sync(workspace_id, contact_id))

    async def describe(self, uow: UnitOfWork, row: ContactRow) -> ContactDescription:
        return contact_description(row, await store.routing_settings(uow))

    def connect(self, uow: UnitOfWork, row: ContactRow) -> None:
        """The citizen is told that an agent came, where the channel is live."""
        connector, contact_id, agent_id = self._connectors.get(row.channel), row.id, row.agent_id
        if connector is not None and agent_id is not None:
            uow.after_commit(lambda: connector.connect(contact_id, agent_id))

    def release(self, uow: UnitOfWork, row: ContactRow) -> None:
        """The citizen is told that no agent is there any more, where the channel is live."""
        connector, contact_id = self._connectors.get(row.channel), row.id
        if connector is not None:
            uow.after_commit(lambda: connector.release(contact_id))

    # Own transactions

    async def carry(self, workspace_id: str, call: Call, *, contact_id: str | None = None) -> None:
        """Run one routing function and write down what it decided."""
        try:
            outcome = await call()
        except RebuildNeeded:
            log.info("routing of %s waits for a rebuild", workspace_id)
            return
        await self.apply(workspace_id, outcome.effects)
        if not outcome.applied and contact_id is not None:
            await self.sync(workspace_id, contact_id)

    async def apply(self, workspace_id: str, effects: Sequence[Effect]) -> None:
        """Write effects to SQL, acknowledge them, and heal what SQL contradicts. Repeating changes nothing."""
        if not effects:
            return
        async with self.database.unit_of_work(Access.system(workspace_id)) as uow:
            applier = Applier(uow)
            await applier.apply(effects)
        await self.functions.ack(workspace_id, effects)
        for contact_id in sorted(applier.contacts_to_sync):
            await self.sync(workspace_id, contact_id)
        for agent_id in sorted(applier.agents_to_push):
            await self.push_agent(workspace_id, agent_id)

    async def sync(self, workspace_id: str, contact_id: str) -> None:
        """Put Redis to what SQL says of a contact; harmless when they agree."""
        async with self.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
            row = await uow.session.get(ContactRow, contact_id)
            if row is None:
                return
            offer = await store.pending_offer(uow, contact_id)
            truth = contact_truth(row, await store.routing_settings(uow), offer)
        await self.carry(workspace_id, lambda: self.functions.sync(workspace_id, truth, now_ms=self.now_ms()))

    async def push_agent(self, workspace_id: str, agent_id: str) -> None:
        """Tell Redis the presence of an agent; one it does not know yet is introduced."""
        async with self.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
            row = await uow.session.get(AgentRow, agent_id)
            if row is None:
                return
            presence = routing_presence(row, uow.now)
        await self.carry_agent(
            workspace_id,
            agent_id,
            lambda: self.functions.presence(workspace_id, agent_id, presence, now_ms=self.now_ms()),
        )

    async def carry_agent(self, workspace_id: str, agent_id: str, call: Call) -> None:
        """`carry` for a call about an agent; one whom Redis does not know is introduced instead."""
        try:
            await self.carry(workspace_id, call)
        except UnknownAgent:
            await self.introduce(workspace_id, agent_id)

    async def introduce(self, workspace_id: str, agent_id: str) -> None:
        """Bring an agent's skills, capacity and presence to Redis as SQL has them."""
        async with self.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
            described = await describe_agents(uow, [agent_id])
        for agent in described:
            await self.carry(workspace_id, lambda agent=agent: self._introduce(workspace_id, agent))  # type: ignore[misc]

    async def _introduce(self, workspace_id: str, agent: AgentDescription) -> Outcome:
        return await self.functions.agent(workspace_id, agent, now_ms=self.now_ms())


async def describe_agents(uow: UnitOfWork, agent_ids: Sequence[str] | None = None) -> list[AgentDescription]:
    """These agents (default: all) with skills, presence, and how long they are idle."""
    query = select(AgentRow)
    ended = select(InteractionRow.agent_id, func.max(InteractionRow.ended_at)).group_by(InteractionRow.agent_id)
    if agent_ids is not None:
        query = query.where(AgentRow.id.in_(agent_ids))
        ended = ended.where(InteractionRow.agent_id.in_(agent_ids))
    levels = await store.levels(uow, agent_ids)
    idle_since = {row[0]: row[1] for row in await uow.session.execute(ended)}
    return [
        agent_description(row, levels.get(row.id, {}), uow.now, idle_since.get(row.id))
        for row in await uow.session.scalars(query)
    ]
