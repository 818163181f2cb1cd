"""A workspace with routing in it: the seeded queues and skills, agents with sockets, contacts that come in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from kit.access import Access
from kit.ids import new_id
from kit.unit_of_work import Database
from records.citizens.tables import CitizenRow
from records.messages.tables import ThreadRow
from records.staff.tables import WorkspaceRow
from router.contact import Address, ContactRequest, Presence
from router.functions.client import RoutingFunctions
from router.ports import LiveConnector
from router.results import Placed
from router.service import Router
from router.tables import AgentRow, AgentSkillRow, ContactRow, InteractionRow, OfferRow, QueueRow, SkillRow
from tests.support.clock import ManualClock


@dataclass
class Calls:
    """A live connector that remembers what it was told."""

    told: list[tuple[str, ...]] = field(default_factory=list)

    async def connect(self, contact_id: str, agent_id: str) -> None:
        self.told.append(("connect", contact_id, agent_id))

    async def release(self, contact_id: str) -> None:
        self.told.append(("release", contact_id))


@dataclass(kw_only=True)
class RoutingWorld:
    """`skills` and `queues`: ids by name and by key. `connectors` by channel may still be added to."""

    database: Database
    clock: ManualClock
    functions: RoutingFunctions
    router: Router
    live: Calls
    connectors: dict[str, LiveConnector]
    workspace_id: str = field(default_factory=new_id)
    skills: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def make(
        cls, database: Database, clock: ManualClock, functions: RoutingFunctions, *, rebuilt: bool = True
    ) -> "RoutingWorld":
        live = Calls()
        connectors: dict[str, LiveConnector] = {"chat": live}
        router = Router(database=database, functions=functions, connectors=connectors)
        world = cls(
            database=database, clock=clock, functions=functions, router=router, live=live, connectors=connectors
        )
        await world._seed()
        if rebuilt:
            await router.rebuild(world.workspace_id)
        return world

    async def _seed(self) -> None:
        async with self.database.unit_of_work(self.access) as uow:
            uow.session.add(
                WorkspaceRow(
                    id=self.workspace_id,
                    name="科技局",
                    name_en="Science Bureau",
                    short_name="科技局",
                    hotline="12396",
                    timezone="Asia/Shanghai",
                    language="zh-CN",
                    settings={},
                )
            )
            await uow.session.flush()
            await self.router.seed(uow)
            self.skills = {row.name: row.id for row in await uow.session.scalars(select(SkillRow))}
            self.queues = {row.key: row.id for row in await uow.session.scalars(select(QueueRow))}

    @property
    def access(self) -> Access:
        return Access.system(self.workspace_id)

    @property
    def now_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    async def agent(self, levels: Mapping[str, int] | None = None, *, ready: bool = True, **capacity: int) -> str:
        """An agent with skills by name, connected; ready unless told otherwise."""
        agent_id = new_id()
        async with self.database.unit_of_work(self.access) as uow:
            await self.router.register_agent(uow, agent_id)
            row = await uow.session.get_one(AgentRow, agent_id)
            row.capacity = {**row.capacity, **capacity}
            for name, level in (levels or {}).items():
                uow.session.add(AgentSkillRow(agent_id=agent_id, skill_id=self.skills[name], level=level))
        await self.router.agent_connected(self.workspace_id, agent_id)
        if ready:
            await self.ready(agent_id)
        return agent_id

    async def ready(self, agent_id: str) -> None:
        await self.router.set_presence(self.workspace_id, agent_id, Presence.READY)

    async def heartbeat(self, *agent_ids: str) -> None:
        for agent_id in agent_ids:
            await self.router.agent_connected(self.workspace_id, agent_id)

    async def citizen(self) -> str:
        async with self.database.unit_of_work(self.access) as uow:
            row = CitizenRow(created_at=uow.now)
            uow.session.add(row)
            await uow.session.flush()
            return row.id

    async def arrives(self, channel: str = "chat", *, citizen_id: str | None = None, **request: Any) -> str:
        """A contact comes in; returns its id."""
        return (await self.arrival(channel, citizen_id=citizen_id, **request))[0]

    async def arrival(
        self, channel: str = "chat", *, citizen_id: str | None = None, **request: Any
    ) -> tuple[str, Placed]:
        asked = self.request(channel, **request)
        async with self.database.unit_of_work(self.access) as uow:
            thread = ThreadRow(channel=channel, key=asked.thread_key, citizen_id=citizen_id, created_at=uow.now)
            uow.session.add(thread)
            await uow.session.flush()
            contact = ContactRow(
                channel=channel,
                external_id=asked.external_id,
                thread_id=thread.id,
                citizen_id=citizen_id,
                sender_kind=asked.sender.kind,
                sender=asked.sender.value,
                recipient=asked.recipient.value,
                subject=asked.subject,
                language=asked.language,
                hints=dict(asked.hints),
                requirements={},
                received_at=asked.received_at,
            )
            uow.session.add(contact)
            await uow.session.flush()
            placed = await self.router.place(uow, contact, asked)
            return contact.id, placed

    def request(self, channel: str = "chat", **values: Any) -> ContactRequest:
        given: dict[str, Any] = {"text": "您好", "language": "zh-CN", **values}
        return ContactRequest(
            channel=channel,
            external_id=new_id(),
            thread_key=new_id(),
            sender=Address(kind=channel, value="citizen@example.org"),
            recipient=Address(kind=channel, value="hotline@example.org"),
            received_at=self.clock.now(),
            **given,
        )

    async def contact(self, contact_id: str) -> ContactRow:
        async with self.database.unit_of_work(self.access, read_only=True) as uow:
            return await uow.session.get_one(ContactRow, contact_id)

    async def agent_row(self, agent_id: str) -> AgentRow:
        async with self.database.unit_of_work(self.access, read_only=True) as uow:
            return await uow.session.get_one(AgentRow, agent_id)

    async def offers(self, contact_id: str) -> list[OfferRow]:
        """Of one contact, oldest first."""
        async with self.database.unit_of_work(self.access, read_only=True) as uow:
            rows = select(OfferRow).where(OfferRow.contact_id == contact_id).order_by(OfferRow.fence)
            return list(await uow.session.scalars(rows))

    async def interactions(self, contact_id: str) -> list[InteractionRow]:
        async with self.database.unit_of_work(self.access, read_only=True) as uow:
            rows = select(InteractionRow).where(InteractionRow.contact_id == contact_id).order_by(InteractionRow.id)
            return list(await uow.session.scalars(rows))

    async def accepts(self, contact_id: str, agent_id: str, fence: int | None = None) -> ContactRow:
        if fence is None:
            fence = (await self.contact(contact_id)).fence
        async with self.database.unit_of_work(self.access) as uow:
            return await self.router.accept(uow, contact_id, agent_id, fence)

    async def does(self, name: str, *arguments: Any, **options: Any) -> Any:
        """One of the router's methods in a transaction of its own."""
        async with self.database.unit_of_work(self.access) as uow:
            return await getattr(self.router, name)(uow, *arguments, **options)

    async def active(self, agent_id: str, channel: str = "chat", **request: Any) -> str:
        """A contact that this agent has accepted."""
        contact_id = await self.arrives(channel, **request)
        await self.accepts(contact_id, agent_id)
        return contact_id

    async def pass_time(self, seconds: float, *alive: str) -> None:
        """Time passes for clock and timers; the sockets of the `alive` stay open."""
        self.clock.advance(seconds)
        await self.heartbeat(*alive)
        await self.router.timers.turn(self.workspace_id, turn=4)
