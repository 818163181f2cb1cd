"""Calls of pages on the embedded engine: reloads, a restarted gateway, pages that do not come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kit.access import Access
from kit.clock import SystemClock
from kit.database import make_engine, make_writer
from kit.errors import TooMany
from kit.ids import new_id
from kit.tasks import stop
from kit.unit_of_work import Database
from telephony.calls import Adopted, CallLeg, Dial, Ended, HangUpCause, LegState
from telephony.embedded.page_frames import MOST_OFFERS, MOST_WAITING
from telephony.embedded.settings import EmbeddedSettings
from telephony.embedded.store import SqlLegs
from tests.support.page_phones import LOOPBACK, PagePhone, PageWorld
from tests.support.waiting import wait_until

CITIZEN_HZ, AGENT_HZ = 400, 1900
QUICK = EmbeddedSettings(media_address=LOOPBACK, away_s=1.0, rejoin_s=3.0, most_legs=3)


@pytest.fixture
async def world(tmp_path: Path, sqlite_url: str) -> AsyncIterator[PageWorld]:
    database = Database(make_engine(sqlite_url), SystemClock(), writer=make_writer(sqlite_url))
    world = PageWorld(tmp_path, QUICK, SqlLegs(database, Access.system(new_id())))
    try:
        yield world
    finally:
        await asyncio.gather(*(page.close() for page in world.pages))
        await database.close()


class Gateway:
    """A process that runs the engine of `world` until the block ends, as a crash ends it."""

    def __init__(self, world: PageWorld) -> None:
        self.world = world
        self.came: asyncio.Queue[CallLeg] = asyncio.Queue()
        self.adopted: Adopted | None = None

    async def incoming(self, leg: CallLeg) -> None:
        await self.came.put(leg)

    async def adopt(self, adopted: Adopted) -> None:
        self.adopted = adopted


@asynccontextmanager
async def gateway(world: PageWorld) -> AsyncIterator[Gateway]:
    process = Gateway(world)
    task = asyncio.create_task(world.engine.run(process.incoming, process.adopt))

    async def running() -> bool:
        if task.done():
            task.result()
        return (await world.engine.check()).ok

    try:
        await wait_until(running, "the engine runs")
        yield process
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def conversation(process: Gateway) -> tuple[CallLeg, PagePhone, CallLeg, PagePhone]:
    """A citizen and an agent who hear each other."""
    world = process.world
    citizen_page, agent_page = world.page("web:s1"), world.page("agent:a1")
    await citizen_page.call()
    citizen = await process.came.get()
    await citizen.answer()
    agent = await world.engine.originate(Dial(to="agent:a1", caller="", timeout_s=10))
    await agent_page.answer()
    await citizen_page.speak(CITIZEN_HZ)
    await agent_page.speak(AGENT_HZ)
    await world.engine.bridge(citizen, agent)
    await hears(agent_page, CITIZEN_HZ)
    return citizen, citizen_page, agent, agent_page


async def hears(page: PagePhone, hz: int) -> None:
    async def there() -> bool:
        return await page.hears() == {hz}

    await wait_until(there, f"{hz} Hz arrive")


async def cause_of(leg: CallLeg) -> HangUpCause:
    async with asyncio.timeout(30):
        async for event in leg.events():
            if isinstance(event, Ended):
                return event.cause
    raise AssertionError("events ended without an end")


async def test_a_page_that_was_loaded_again_has_its_call_and_sound_again(world: PageWorld) -> None:
    async with gateway(world) as process:
        citizen, citizen_page, agent, before = await conversation(process)
        await before.close()
        after = world.page("agent:a1")
        await after.says("hello")
        [known] = (await after.hears_of("legs"))["legs"]
        assert (known["leg_id"], known["state"]) == (agent.id, "up")
        await after.join(known["leg_id"])
        await after.speak(AGENT_HZ)
        await hears(after, CITIZEN_HZ)
        await hears(citizen_page, AGENT_HZ)
        assert (citizen.state, agent.state) == (LegState.UP, LegState.UP)
        moved = await before.hears_of("moved")
        assert moved["page"] == before.page


async def test_after_a_restart_pages_come_back_to_the_same_call(world: PageWorld) -> None:
    async with gateway(world) as process:
        citizen, citizen_page, agent, agent_page = await conversation(process)
    world.restart()

    async def come_back(page: PagePhone) -> None:
        asked = await page.hears_of("rejoin")
        await page.close()
        await page.join(asked["leg_id"])

    coming = asyncio.gather(come_back(citizen_page), come_back(agent_page))
    async with gateway(world) as process:
        await coming
        adopted = process.adopted
        assert adopted is not None
        assert {leg.id for leg in adopted.legs} == {citizen.id, agent.id}
        [bridge] = adopted.bridges
        assert {leg.id for leg in bridge.legs} == {citizen.id, agent.id}
        assert all(leg.state is LegState.UP for leg in adopted.legs)
        await hears(citizen_page, AGENT_HZ)
        await hears(agent_page, CITIZEN_HZ)


async def test_who_does_not_come_back_after_a_restart_is_not_adopted(world: PageWorld) -> None:
    async with gateway(world) as process:
        citizen, citizen_page, agent, agent_page = await conversation(process)
    world.restart()

    async def citizen_comes_back() -> None:
        await citizen_page.hears_of("rejoin")
        await citizen_page.close()
        await citizen_page.join(citizen.id)

    coming = asyncio.ensure_future(citizen_comes_back())
    async with gateway(world) as process:
        await coming
        assert process.adopted is not None
        assert [leg.id for leg in process.adopted.legs] == [citizen.id]
    world.restart()
    assert [left.facts.id for left in await world.legs.going_on()] == [citizen.id]
    assert agent.id not in world.engine.legs
    await agent_page.hears_of("ended")


async def test_a_leg_whose_page_stays_away_ends_and_the_other_stays(world: PageWorld) -> None:
    async with gateway(world) as process:
        citizen, citizen_page, agent, _ = await conversation(process)
        await citizen_page.close()
        assert await cause_of(citizen) is HangUpCause.FAILED
        assert agent.state is LegState.UP


async def test_a_party_that_calls_again_takes_its_own_call_over(world: PageWorld) -> None:
    async with gateway(world) as process:
        first, second = world.page("web:s1"), world.page("web:s1")
        await first.call()
        leg = await process.came.get()
        await second.call()
        assert second.leg_id == leg.id
        assert process.came.empty()


async def test_calls_beyond_the_limit_are_refused_with_a_word(world: PageWorld) -> None:
    async with gateway(world) as process:
        for name in ("s1", "s2", "s3"):
            await world.page(f"web:{name}").call()
            await process.came.get()
        late = world.page("web:s4")
        calling = asyncio.ensure_future(late.call())
        assert (await late.hears_of("error"))["code"] == "call_failed"
        await stop([calling])


async def test_nobody_touches_the_call_of_another(world: PageWorld) -> None:
    async with gateway(world) as process:
        mine = world.page("web:s1")
        await mine.call()
        leg = await process.came.get()
        stranger = world.page("web:s2")
        for frame in ({"kind": "hang_up"}, {"kind": "digit", "value": "1"}, {"kind": "join", "offer": "v=0"}):
            await stranger.says(frame.pop("kind"), leg_id=leg.id, **frame)
        await wait_until(lambda: len(stranger.told) == 3, "each is refused")
        assert {told["code"] for told in stranger.told} == {"not_found"}
        assert leg.state is LegState.RINGING


async def test_an_offer_that_makes_no_sense_is_refused_and_leaves_no_call(world: PageWorld) -> None:
    async with gateway(world) as process:
        page = world.page("web:s1")
        await page.says("call", offer="v=0\r\nnonsense")
        assert (await page.hears_of("error"))["code"] == "bad_offer"
        assert world.engine.legs == {}
        assert process.came.empty()


async def test_what_is_kept_of_a_leg_is_the_same_on_both_databases(database: Database, tmp_path: Path) -> None:
    legs = SqlLegs(database, Access.system(new_id()))
    world = PageWorld(tmp_path, QUICK, legs)
    kept = await world.engine.new_leg(world.engine.facts("in", "web:s1", "13800138000", "12396", {"line": "web"}))
    [left] = await legs.going_on()
    assert (left.facts, left.state, left.held, left.bridge_id) == (kept.facts, LegState.RINGING, False, None)
    await kept.hang_up()
    assert await legs.going_on() == []
    assert await SqlLegs(database, Access.system(new_id())).going_on() == []


async def test_a_page_that_offers_without_end_is_stopped_and_the_others_are_served(world: PageWorld) -> None:
    async with gateway(world) as process:
        greedy = world.page("web:s1")
        await greedy.call()
        leg = await process.came.get()
        for _ in range(MOST_OFFERS):
            await greedy.says("join", leg_id=leg.id, offer="v=0")
        await wait_until(
            lambda: sum(told["type"] == "error" for told in greedy.told) == MOST_OFFERS, "all are answered"
        )
        codes = [told["code"] for told in greedy.told if told["type"] == "error"]
        assert codes == ["bad_offer"] * (MOST_OFFERS - 1) + ["too_many"]
        await world.page("web:s2").call()
        assert leg.state is LegState.RINGING


async def test_what_a_page_says_does_not_pile_up(world: PageWorld) -> None:
    async with gateway(world):
        flooding = world.page("web:s1")
        for _ in range(MOST_WAITING):
            await flooding.says("hello")
        with pytest.raises(TooMany):
            await flooding.says("hello")
        await wait_until(lambda: len(flooding.told) == MOST_WAITING, "what was taken is answered")
        await flooding.says("hello")
