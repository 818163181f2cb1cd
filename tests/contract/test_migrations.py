"""The migrations make exactly the schema that the program uses, on both databases."""

from alembic import command
from sqlalchemy import Connection

from kit.database import make_engine
from kit.unit_of_work import Database
from server.migrate import config_for, current_revision, newest_revision, upgrade


async def test_tables_and_migrations_agree(database: Database) -> None:
    def check(connection: Connection) -> None:
        command.check(config_for(connection))

    async with database.engine.connect() as connection:
        await connection.run_sync(check)


async def test_upgrading_a_current_database_changes_nothing(database_url: str) -> None:
    engine = make_engine(database_url)
    await upgrade(engine)
    assert await current_revision(engine) == newest_revision()
    await engine.dispose()
