"""Databases at the newest schema, migrated once for a run: SQLite is copied for each test, PostgreSQL is emptied."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.database import make_engine
from server.migrate import upgrade
from tests.support.services import Postgres

KINDS = ("sqlite", "postgresql")
# A copy of the template would cost half a second for each test, emptying costs 20 ms. What a test left behind is cut
# off first; the order of tables does not matter to a replica.
CUT_OFF = """
select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
"""
EMPTY = f"""{CUT_OFF}
set session_replication_role = replica;
do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' loop
        execute format('delete from %I', name);
    end loop;
end $$
"""


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema, by the product's own migrations."""

    async def run() -> None:
        engine = make_engine(url)
        try:
            await upgrade(engine)
        finally:
            await engine.dispose()

    asyncio.run(run())


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "axd.db"
    migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> Iterator[str]:
    """The name of the one database that tests have in turn."""
    with postgres.new_database() as name:
        migrate(postgres.url(name))
        yield name


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    copy = shutil.copy(migrated_sqlite, tmp_path / "axd.db")
    return f"sqlite+aiosqlite:///{copy}"


@pytest.fixture
def migrated_postgres_url(postgres: Postgres, migrated_postgres: str) -> Iterator[str]:
    """A migrated PostgreSQL database that nobody else uses meanwhile."""
    yield postgres.url(migrated_postgres)
    postgres.psql(EMPTY, migrated_postgres)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on SQLite and on PostgreSQL, migrated both."""
    name = "sqlite_url" if request.param == "sqlite" else "migrated_postgres_url"
    url: str = request.getfixturevalue(name)
    return url
