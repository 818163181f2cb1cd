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


async def test_sqlite_finds_the_few_by_their_own_index_not_by_the_workspace_all_share(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    statement = (
        "EXPLAIN QUERY PLAN SELECT id FROM contacts"
        " WHERE workspace_id = 'w' AND thread_id IN ('a', 'b', 'c') AND status IN ('queued', 'active')"
    )
    async with engine.connect() as connection:
        plan = [row.detail for row in await connection.exec_driver_sql(statement)]
    await engine.dispose()
    assert plan == ["SEARCH contacts USING INDEX ix_contacts_thread_id (thread_id=?)"]
