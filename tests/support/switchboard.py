"""A hotline over a real database and Redis, with telephones that do as a test tells them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from channels.acknowledgements import Acknowledgements
from channels.arrivals import Arrivals
from channels.intake import DirectIntake
from channels.voice.adapter import VoiceAdapter, VoiceIntake, VoicemailAdapter
from channels.waiting_texts import spoken
from kit.blobs import BlobStore
from kit.events import EventHub, EventLog
from kit.redis import make_redis
from kit.secret_box import SecretBox
from kit.tasks import stop
from kit.unit_of_work import Database
from records.staff.tables import AccountRow
from router.functions.client import RoutingFunctions
from router.tables import ContactRow
from telephony.calls import Media
from telephony.ivr.nodes import Say
from telephony.prompts.readings import fill
from telephony.switchboard import flows
from telephony.switchboard.house import House
from telephony.switchboard.settings import SwitchboardSettings
from telephony.switchboard.switchboard import Switchboard
from telephony.tables import CallRow, RecordingRow
from tests.support.calls import FakeEngine, FakeParty
from tests.support.clock import ManualClock
from tests.support.routing import RoutingWorld
from tests.support.waiting import wait_until

SETTINGS = SwitchboardSettings()


class Namer:
    """Speaks without sound: the name of what is heard is its text."""

    async def sounds(self, say: Say, language: str, values: dict[str, str]) -> Sequence[Media]:
        found = []
        for part in say:
            text = part.prompt or part.text.get(part.language or language) or part.text.get("zh-CN", "")
            if text:
                found.append(Media(path=Path(fill(text, values, language).replace("/", " ")), duration_s=0.1))
        return found


@dataclass(kw_only=True)
class Hotline:
    world: RoutingWorld
    engine: FakeEngine
    switchboard: Switchboard
    house: House
    blobs: BlobStore
    running: list["asyncio.Task[None]"] = field(default_factory=list)

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    def start(self) -> None:
        self.running = [
            asyncio.create_task(self.engine.run(self.switchboard.incoming, self.switchboard.adopted)),
            asyncio.create_task(self.switchboard.run()),
        ]

    async def stop(self) -> None:
        await stop(self.running)

    async def agent(self, levels: dict[str, int] | None = None, *, staff_number: str = "1006") -> str:
        """An agent who is ready, with a staff number."""
        agent_id = await self.world.agent(levels or {"政策法规": 9}, ready=False)
        async with self.world.database.unit_of_work(self.world.access) as uow:
            uow.session.add(
                AccountRow(
                    id=agent_id,
                    login=staff_number,
                    display_name="苏敏",
                    staff_number=staff_number,
                    password_hash="",
                    language="zh-CN",
                    created_at=uow.now,
                )
            )
        await self.world.ready(agent_id)
        return agent_id

    async def contact(self, **values: Any) -> ContactRow:
        """The newest contact, once it is as `values` say."""
        seen: list[Any] = []

        async def found() -> ContactRow | None:
            async with self.world.database.unit_of_work(self.world.access, read_only=True) as uow:
                rows = list(await uow.session.scalars(select(ContactRow).order_by(ContactRow.id.desc())))
            seen[:] = [(row.channel, row.status, row.disposition) for row in rows]
            fitting = [row for row in rows if all(getattr(row, name) == value for name, value in values.items())]
            return fitting[0] if fitting else None

        try:
            row = await wait_until(found, f"a contact with {values}")
        except AssertionError as error:
            raise AssertionError(f"{error}; there are {seen}") from None
        assert row is not None
        return row

    async def call_row(self, contact_id: str) -> CallRow:
        async with self.world.database.unit_of_work(self.world.access, read_only=True) as uow:
            return (await uow.session.scalars(select(CallRow).where(CallRow.contact_id == contact_id))).one()

    async def recordings(self) -> list[RecordingRow]:
        async with self.world.database.unit_of_work(self.world.access, read_only=True) as uow:
            return list(await uow.session.scalars(select(RecordingRow)))

    async def queued(self, caller: FakeParty) -> ContactRow:
        """A caller who presses nothing has come into the line."""
        caller.will_press("silence")
        await wait_until(lambda: caller.leg.has_music, "the caller waits")
        return await self.contact(external_id=caller.leg.id)

    async def talking(self, agent_id: str, caller: FakeParty | None = None) -> tuple[FakeParty, FakeParty, ContactRow]:
        """A citizen and an agent who speak: their telephones and the contact."""
        caller = caller or await self.engine.call()
        row = await self.queued(caller)
        phone = await self.engine.rings(f"agent:{agent_id}")
        await phone.answer()
        await self.bridged(caller, phone)
        return caller, phone, await self.contact(id=row.id)

    async def bridged(self, *parties: FakeParty) -> None:
        def together() -> bool:
            bridges = {id(party.leg.bridge) for party in parties}
            return len(bridges) == 1 and parties[0].leg.bridge is not None

        await wait_until(together, "they speak with each other")

    async def quiet(self) -> None:
        """All calls are over and everything about them is written down."""
        await wait_until(lambda: not self.switchboard.calls and self.engine.nothing_hangs(), "no leg hangs")
        await wait_until(lambda: not self.house.busy, "nothing goes on any more")


@asynccontextmanager
async def hotline(
    database: Database,
    clock: ManualClock,
    redis_url: str,
    folder: Path,
    *,
    settings: SwitchboardSettings = SETTINGS,
) -> AsyncIterator[Hotline]:
    redis = make_redis(redis_url)
    event_log = EventLog(redis)
    database = Database(database.engine, clock, event_log)
    events = EventHub(event_log)
    world = await RoutingWorld.make(database, clock, RoutingFunctions(redis))
    engine, blobs = FakeEngine(folder=folder), BlobStore(folder / "blobs")
    arrivals = Arrivals(world.router, Acknowledgements("http://axd/status", SecretBox(b"secret")))
    intake = VoiceIntake(
        clock,
        DirectIntake(database, world.access, VoiceAdapter(_Nowhere()), arrivals),
        DirectIntake(database, world.access, VoicemailAdapter(), arrivals),
    )
    house = House(
        engine=engine,
        database=database,
        access=world.access,
        router=world.router,
        blobs=blobs,
        events=events,
        speaker=Namer(),
        arrive=intake.arrive,
        hand_in=intake.hand_in,
        phrases=spoken,
        settings=settings,
    )
    switchboard = Switchboard(house)
    for channel in house.channels:
        world.connectors[channel] = switchboard
    async with database.unit_of_work(world.access) as uow:
        await flows.seed(uow)
    line = Hotline(world=world, engine=engine, switchboard=switchboard, house=house, blobs=blobs)
    line.start()
    try:
        yield line
    finally:
        await line.stop()
        await events.close()
        await database.settled()
        await redis.aclose()


class _Nowhere:
    """The adapter of the way in has nobody to connect."""

    async def connect(self, contact_id: str, agent_id: str) -> None:
        raise AssertionError("calls are connected by the switchboard")

    async def release(self, contact_id: str) -> None:
        raise AssertionError("calls are released by the switchboard")

    async def is_carried(self) -> bool:
        raise AssertionError("nobody asks")
