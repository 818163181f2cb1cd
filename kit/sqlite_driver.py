"""How SQLite is driven beside an event loop, as far as SQLAlchemy's adapter of aiosqlite uses a driver.

The usual driver hands every cursor, execute, fetch and close to a thread and waits: some forty hand-overs for one small
transaction, each far dearer than the statement. Here what takes microseconds runs on the loop's own thread: all that
one connection writes, beginning and ending. What can wait for the disk (a commit) or take long (a query, with all its
rows) is handed over once. Who holds the write lock is waited for by the loop.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Self, TypeVar

T = TypeVar("T")
STATEMENTS_KEPT = 256
LOCK_TIMEOUT_S = 10.0
LOCK_RETRY_S = 0.001


class _Cursor:
    def __init__(self, connection: "SqliteConnection") -> None:
        self._connection = connection
        self._cursor = connection.raw.cursor()
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        await self._connection.perform(statement, partial(self._run, statement, parameters))
        return self

    def _run(self, statement: str, parameters: Sequence[Any]) -> None:
        self._cursor.execute(statement, parameters)
        self._rows = self._cursor.fetchall()

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> Self:
        await self._connection.perform(statement, partial(self._cursor.executemany, statement, parameters))
        return self

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        self._cursor.close()

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid


async def _when_free(begin: Callable[[], object]) -> None:
    """Begin as soon as no other process writes, looking in short equal steps.

    SQLite's own busy handler would block this thread, and waits longer each time while others go first. Raises
    `sqlite3.OperationalError` after `LOCK_TIMEOUT_S`.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            begin()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        await asyncio.sleep(LOCK_RETRY_S)


class SqliteConnection:
    """A connection whose queries may be long: each runs in a thread, with its rows."""

    busy_timeout_ms = 10_000

    def __init__(self, path: str) -> None:
        self.raw = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, cached_statements=STATEMENTS_KEPT
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")

    async def perform(self, statement: str, run: Callable[[], object]) -> None:
        if statement == "BEGIN":
            run()
        else:
            await self._in_thread(run)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run what may block. When the wait for it is cancelled, what it did is rolled back behind it."""
        running = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self._thread.submit(self._roll_back)
            raise

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            self.raw.rollback()

    @property
    def _connection(self) -> sqlite3.Connection:
        return self.raw

    def cursor(self) -> _Cursor:
        return _Cursor(self)

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        self.raw.create_function(*arguments, **options)

    async def commit(self) -> None:
        await self._in_thread(self.raw.commit)

    async def rollback(self) -> None:
        if self.raw.in_transaction:
            self.raw.rollback()

    async def close(self) -> None:
        await self._in_thread(self.raw.close)
        self._thread.shutdown(wait=False)

    def stop(self) -> None:
        """Let go at once, from any thread: the end of the process, or a connection that is of no more use."""
        # sqlite3 keeps a closed connection's transaction, and the write lock, while one of its cursors lives.
        self._thread.submit(self._roll_back)
        self._thread.submit(self.raw.close)
        self._thread.shutdown(wait=False)


class SqliteWriter(SqliteConnection):
    """A connection for short statements, which run here and now, once no other process writes."""

    busy_timeout_ms = 0

    async def perform(self, statement: str, run: Callable[[], object]) -> None:
        if statement.startswith("BEGIN"):
            await _when_free(run)
        else:
            run()


def opener(kind: type[SqliteConnection], path: str) -> Callable[[], Any]:
    """What `create_async_engine(async_creator=…)` wants for the database file at `path`."""

    async def open_connection() -> SqliteConnection:
        return kind(path)

    return open_connection
