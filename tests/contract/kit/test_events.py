"""No event is lost between commit and page: resumed by cursor, republished, or a snapshot is asked for."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select

from kit.access import Access
from kit.event_row import EventBatchRow
from kit.events import CursorLost, EventHub, EventLog
from kit.ids import new_id
from kit.redis import make_redis
from kit.unit_of_work import Database
from tests.support.clock import ManualClock

WORKSPACE = new_id()
HOME = Access.system(WORKSPACE)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = make_redis(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def event_log(redis: Redis, database: Database) -> EventLog:
    log = EventLog(redis)
    database.publisher = log
    return log


async def _emit(database: Database, name: str, family: str = "desk") -> None:
    async with database.unit_of_work(HOME) as uow:
        uow.emit(family, "contact", name, 1, {"name": name})


async def test_a_page_that_was_away_gets_exactly_what_it_missed(database: Database, event_log: EventLog) -> None:
    await _emit(database, "before")
    cursor = await event_log.cursor(WORKSPACE, "desk")
    for name in ("a", "b", "c"):
        await _emit(database, name)
    missed = await event_log.since(WORKSPACE, "desk", cursor)
    assert [event.entity_id for event in missed] == ["a", "b", "c"]
    assert [event.entity_id for event in await event_log.since(WORKSPACE, "desk", missed[1].cursor)] == ["c"]
    assert await event_log.since(WORKSPACE, "desk", missed[2].cursor) == []


async def test_an_emptied_redis_asks_for_a_snapshot(database: Database, event_log: EventLog, redis: Redis) -> None:
    await _emit(database, "a")
    cursor = await event_log.cursor(WORKSPACE, "desk")
    await redis.flushall()
    for stale in (cursor, "", "nonsense", "x:0-0"):
        with pytest.raises(CursorLost):
            await event_log.since(WORKSPACE, "desk", stale)


async def test_an_event_that_a_crash_left_is_published_later_and_then_forgotten(
    database: Database, event_log: EventLog, clock: ManualClock
) -> None:
    cursor = await event_log.cursor(WORKSPACE, "desk")
    database.publisher = None
    await _emit(database, "left")
    assert await event_log.republish(database) == 0
    clock.advance(6)
    assert await event_log.republish(database) == 1
    assert [event.entity_id for event in await event_log.since(WORKSPACE, "desk", cursor)] == ["left"]
    async with database.unit_of_work(HOME, read_only=True) as uow:
        assert await uow.session.scalar(select(func.count()).select_from(EventBatchRow)) == 0


async def test_published_rows_are_deleted(database: Database, event_log: EventLog) -> None:
    await _emit(database, "a")
    assert await event_log.forget_published(database) == 1
    async with database.unit_of_work(HOME, read_only=True) as uow:
        assert await uow.session.scalar(select(func.count()).select_from(EventBatchRow)) == 0


async def test_the_hub_gives_each_socket_its_topic_in_order(database: Database, event_log: EventLog) -> None:
    hub = EventHub(event_log)
    async with hub.subscribe(WORKSPACE, "chat", "one") as one, hub.subscribe(WORKSPACE, "chat") as everything:
        for name, topic in (("a", "chat:one"), ("b", "chat:two"), ("c", "chat:one")):
            await _emit(database, name, topic)
        heard = [await asyncio.wait_for(everything.get(), 30) for _ in range(3)]
        assert [event.entity_id for event in heard if event] == ["a", "b", "c"]
        mine = [await asyncio.wait_for(one.get(), 30) for _ in range(2)]
        assert [event.entity_id for event in mine if event] == ["a", "c"]
    await hub.close()
