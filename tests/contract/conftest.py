"""Real services for the suites of this folder, which run on SQLite and on PostgreSQL alike."""

from collections.abc import AsyncIterator

import pytest

from kit.clock import Clock
from kit.database import make_engine, make_writer
from kit.unit_of_work import Database
from tests.support.clock import ManualClock
from tests.support.databases import (
    database_url,
    migrated_postgres,
    migrated_postgres_url,
    migrated_sqlite,
    sqlite_url,
)
from tests.support.services import postgres, postgres_url, redis_server, redis_url

__all__ = [
    "database_url",
    "migrated_postgres",
    "migrated_postgres_url",
    "migrated_sqlite",
    "postgres",
    "postgres_url",
    "redis_server",
    "redis_url",
    "sqlite_url",
]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def database(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    """A migrated database of each kind, on the test's own clock."""
    database = Database(make_engine(database_url), clock, writer=make_writer(database_url))
    yield database
    await database.close()
