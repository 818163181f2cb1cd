"""Engines for SQLite (the embedded default) and PostgreSQL, tuned so that a commit means stored."""

import asyncio
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from kit.sqlite_writer import WriterConnection, opener

READ_ONLY = "axd_read_only"
BUSY_TIMEOUT_MS = 10_000


def make_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An async engine for `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=not is_sqlite(url),
        hide_parameters=True,  # what a citizen wrote must not reach the log with a failed statement
    )
    if is_sqlite(url):
        _tune_sqlite(engine)
    return engine


def make_writer(url: str) -> AsyncEngine | None:
    """The engine that writes, where it is another than the one that reads: SQLite has one writer, and a quick one."""
    if not is_sqlite(url):
        return None
    path = make_url(url).database or ""
    engine = create_async_engine(url, pool_size=1, max_overflow=0, async_creator=opener(path), hide_parameters=True)
    _tune_sqlite(engine)
    return engine


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def _tune_sqlite(engine: AsyncEngine) -> None:
    # SQLite's driver would begin a deferred transaction by itself; a write must take its lock at once instead,
    # or two writers that both began by reading cannot both go on.
    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        raw: Any = connection
        waits_itself = isinstance(raw.driver_connection, WriterConnection)
        if not waits_itself:
            raw.isolation_level = None
        cursor = raw.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            f"busy_timeout={0 if waits_itself else BUSY_TIMEOUT_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "invalidate")
    def _give_back_lock(connection: DBAPIConnection, _entry: ConnectionPoolEntry, _error: object) -> None:
        # A cancelled statement leaves its cursor behind, and sqlite3 keeps a closed connection's transaction, with the
        # write lock, until that is collected. Roll back first, in the connection's own thread and order.
        driver: Any = connection.driver_connection
        if isinstance(driver, WriterConnection):
            return
        with suppress(RuntimeError, ValueError):
            done = asyncio.get_running_loop().create_future()
            driver._tx.put_nowait((done, driver._conn.rollback))

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
