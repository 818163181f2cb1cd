"""Databases at the newest schema, one for each test: migrated once for a run, then copied."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.database import make_engine
from server.migrate import upgrade
from tests.support.services import Postgres

KINDS = ("sqlite", "postgresql")


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
def migrated_template(postgres: Postgres) -> Iterator[str]:
    with postgres.new_database() as name:
        migrate(postgres.url(name))
        yield name


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    copy = shutil.copy(migrated_sqlite, tmp_path / "axd.db")
    return f"sqlite+aiosqlite:///{copy}"


@pytest.fixture
def migrated_postgres_url(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    with postgres.new_database(migrated_template) as name:
        yield postgres.url(name)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on SQLite and on PostgreSQL, migrated both."""
    name = "sqlite_url" if request.param == "sqlite" else "migrated_postgres_url"
    url: str = request.getfixturevalue(name)
    return url
