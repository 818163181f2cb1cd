"""A unit of work is all or nothing, and what follows a commit follows only a commit."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from kit.access import Access
from kit.database import make_engine, make_writer
from kit.errors import Unavailable
from kit.event_row import EventBatchRow, NewEvent, events_of
from kit.ids import new_id
from kit.unit_of_work import Database, UnitOfWork
from records.messages.tables import ThreadRow
from tests.support.clock import ManualClock
from tests.support.databases import CUT_OFF
from tests.support.services import Postgres
from tests.support.waiting import wait_until

HOME = Access.system(new_id())


def _thread(uow: UnitOfWork, key: str) -> ThreadRow:
    return ThreadRow(channel="chat", key=key, created_at=uow.now)


async def _keys(database: Database) -> list[str]:
    async with database.unit_of_work(HOME, read_only=True) as uow:
        return sorted(await uow.session.scalars(select(ThreadRow.key)))


async def test_an_exception_takes_everything_back_and_nothing_follows(database: Database) -> None:
    followed: list[str] = []

    async def follow() -> None:
        followed.append("after")

    with pytest.raises(LookupError):
        async with database.unit_of_work(HOME) as uow:
            uow.session.add(_thread(uow, "a"))
            uow.after_commit(follow)
            await uow.session.flush()
            raise LookupError
    assert await _keys(database) == []
    assert followed == []


async def test_what_waits_for_the_commit_sees_it_and_may_fail_alone(database: Database) -> None:
    seen: list[list[str]] = []

    async def fail() -> None:
        raise LookupError

    async def look() -> None:
        seen.append(await _keys(database))

    async with database.unit_of_work(HOME) as uow:
        uow.session.add(_thread(uow, "a"))
        uow.after_commit(fail)
        uow.after_commit(look)
    assert seen == [["a"]]


async def test_events_are_written_with_their_change(database: Database) -> None:
    async with database.unit_of_work(HOME) as uow:
        uow.emit("chat:session", "message", "m1", 3, {"text": "你好"})
        uow.emit("desk", "contact", "c1", 1, {}, sealed=True)
    async with database.unit_of_work(HOME, read_only=True) as uow:
        row = (await uow.session.scalars(select(EventBatchRow))).one()
    home = str(HOME.workspace_id)
    said = NewEvent(
        workspace_id=home,
        family="chat",
        topic="session",
        entity="message",
        entity_id="m1",
        version=3,
        data={"text": "你好"},
    )
    changed = NewEvent(
        workspace_id=home,
        family="desk",
        topic="",
        entity="contact",
        entity_id="c1",
        version=1,
        data={},
        sealed=True,
    )
    assert events_of(row) == [said, changed]


async def test_concurrent_writers_all_commit(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.unit_of_work(HOME) as uow:
            uow.session.add(_thread(uow, f"{number:02}"))

    await asyncio.gather(*(write(number) for number in range(20)))
    assert await _keys(database) == [f"{number:02}" for number in range(20)]


async def test_a_writer_that_gives_up_waiting_leaves_no_lock_behind(sqlite_url: str, clock: ManualClock) -> None:
    one, other = (Database(make_engine(sqlite_url), clock, writer=make_writer(sqlite_url)) for _ in range(2))
    async with one.unit_of_work(HOME) as uow:
        uow.session.add(_thread(uow, "first"))
        await uow.session.flush()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), other.unit_of_work(HOME) as waiting:
                waiting.session.add(_thread(waiting, "never"))
    for database, key in ((one, "second"), (other, "third")):
        async with database.unit_of_work(HOME) as uow:
            uow.session.add(_thread(uow, key))
    assert await _keys(one) == ["first", "second", "third"]
    for database in (one, other):
        await database.close()


async def test_a_database_that_cannot_be_reached_is_said_to_be_unavailable(clock: ManualClock) -> None:
    engine = make_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable):
        async with Database(engine, clock).unit_of_work(HOME) as uow:
            await uow.session.scalars(select(ThreadRow))
    await engine.dispose()


async def test_who_only_reads_cannot_write(database: Database) -> None:
    with pytest.raises(RuntimeError, match="only reads"):
        async with database.unit_of_work(HOME, read_only=True) as uow:
            uow.session.add(_thread(uow, "a"))
            await uow.session.flush()
    with pytest.raises(RuntimeError, match="only reads"):
        async with database.unit_of_work(HOME, read_only=True) as uow:
            await uow.session.execute(update(ThreadRow).values(subject="b"))
    assert await _keys(database) == []


async def test_a_connection_that_the_server_closed_is_replaced_at_once(
    postgres: Postgres, migrated_postgres: str, migrated_postgres_url: str, clock: ManualClock
) -> None:
    database = Database(make_engine(migrated_postgres_url), clock)
    async with database.unit_of_work(HOME, read_only=True) as uow:
        raw = await (await uow.session.connection()).get_raw_connection()
        driver: Any = raw.driver_connection
    await asyncio.to_thread(postgres.psql, CUT_OFF, migrated_postgres)
    await wait_until(driver.is_closed, "the driver sees that it is cut off")
    async with database.unit_of_work(HOME) as uow:
        uow.session.add(_thread(uow, "a"))
    assert await _keys(database) == ["a"]
    await database.close()
