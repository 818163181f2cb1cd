"""The citizens' side over a database that can be broken, and over a Redis of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from kit.database import make_engine, make_writer
from kit.unit_of_work import Database
from tests.support.channel_room import ChannelRoom
from tests.support.citizens import citizen_side
from tests.support.clock import ManualClock
from tests.support.databases import migrate
from tests.support.outages import DiskFull, NotWritable, Outage, PostgresOutage
from tests.support.services import Postgres, postgres_cluster, redis_in

Breaking = Callable[[Sequence[AsyncEngine]], Outage]


@asynccontextmanager
async def opened(
    database_url: str, redis_url: str, folder: Path, breaking: Breaking = lambda _: DiskFull()
) -> AsyncIterator[tuple[ChannelRoom, Outage]]:
    """A room over a database that is written as in the product, and what breaks that and mends it again."""
    reader, writer, clock = make_engine(database_url), make_writer(database_url), ManualClock()
    engines = [engine for engine in (reader, writer) if engine is not None]
    outage = breaking(engines)
    async with citizen_side(Database(reader, clock, writer=writer), clock, redis_url, folder) as side:
        room = ChannelRoom.make(side, redis_url)
        yield room, outage
        await outage.end()
        await room.close()
    for engine in engines:
        await engine.dispose()


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[Postgres]:
    """A server that can be stopped, with a migrated database named template."""
    with postgres_cluster() as server:
        server.psql("create database template")
        migrate(server.url("template"))
        outage = PostgresOutage.of(server)
        yield server
        asyncio.run(outage.begin())


@pytest.fixture(params=["disk full", "not writable", "server stopped"])
def frail(request: pytest.FixtureRequest) -> Iterator[tuple[str, Breaking]]:
    """A database, and how it is broken."""
    if request.param == "server stopped":
        server = request.getfixturevalue("own_postgres")
        with server.new_database("template") as name:
            yield server.url(name), lambda _: PostgresOutage.of(server)
    else:
        full = request.param == "disk full"
        yield request.getfixturevalue("sqlite_url"), lambda engines: DiskFull() if full else NotWritable(*engines)


@pytest.fixture
async def broken(
    frail: tuple[str, Breaking], redis_url: str, tmp_path: Path
) -> AsyncIterator[tuple[ChannelRoom, Outage]]:
    async with opened(frail[0], redis_url, tmp_path / "blobs", frail[1]) as made:
        yield made


class OwnRedis:
    """A Redis that can be stopped without taking it from the other tests; what it held is lost with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self.url = self._running.enter_context(redis_in(folder))

    def stop(self) -> None:
        self._running.close()

    def start(self) -> None:
        for kept in (*self._folder.glob("*.rdb"), *self._folder.glob("appendonlydir/*")):
            kept.unlink()
        self._running.enter_context(redis_in(self._folder))


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = OwnRedis(folder)
    yield server
    server.stop()
