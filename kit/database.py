"""Engines for SQLite (the embedded default) and PostgreSQL, tuned so that a commit means stored."""

from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from kit.sqlite_driver import SqliteConnection, SqliteWriter, opener

READ_ONLY = "axd_read_only"
CHECKPOINT_PAGES = 4000
"""Whoever commits the last of these waits for all of them to be copied: seldom, and 16 MB at most."""


def make_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An async engine for `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`."""
    if is_sqlite(url):
        return _sqlite_engine(url, SqliteConnection, pool_size)
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_use_lifo=True,  # the few that are in use keep what the server knows of them at hand
        hide_parameters=True,  # what a citizen wrote must not reach the log with a failed statement
    )
    _replace_closed(engine)
    return engine


def make_writer(url: str) -> AsyncEngine | None:
    """The engine that writes, where it is another than the one that reads: SQLite has one writer, and a quick one."""
    return _sqlite_engine(url, SqliteWriter, 1) if is_sqlite(url) else None


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def _replace_closed(engine: AsyncEngine) -> None:
    """Use no connection that the server has closed: the driver knows, and to ask the server costs three round trips."""

    @event.listens_for(engine.sync_engine, "checkout")
    def _look(connection: Any, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError


def _sqlite_engine(url: str, kind: type[SqliteConnection], pool_size: int) -> AsyncEngine:
    # Each connection is kept: to open one, with its thread, costs more than most of what is read by it.
    engine = create_async_engine(
        url,
        pool_size=2 * pool_size - 1,
        max_overflow=0,
        async_creator=opener(kind, make_url(url).database or ""),
        hide_parameters=True,
    )
    _tune_sqlite(engine)
    return engine


def _tune_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        raw: Any = connection
        cursor = raw.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"busy_timeout={raw.driver_connection.busy_timeout_ms}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    # SQLite's driver would begin a deferred transaction by itself; a write must take its lock at once instead,
    # or two writers that both began by reading cannot both go on.
    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
