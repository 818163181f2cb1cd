"""SQLite's one writing connection, driven on the event loop's own thread.

The usual driver hands every cursor, execute, fetch and close to a thread and waits for it: some forty hand-overs for
one small transaction, each far dearer than the statement. A statement of a write takes microseconds, so it runs here
and now; another process that holds the lock is waited for by the loop, and the commit, which waits for the disk, goes
to a thread. Reads, which may be long, stay with the usual driver.
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


class WriterCursor:
    """As far as SQLAlchemy's adapter of aiosqlite uses a cursor."""

    def __init__(self, connection: "WriterConnection") -> None:
        self._connection = connection
        self._cursor = connection.raw.cursor()

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        run = partial(self._cursor.execute, statement, parameters)
        if statement.startswith("BEGIN"):
            await _when_free(run)
        else:
            run()
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> Self:
        self._cursor.executemany(statement, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

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


class WriterConnection:
    """As far as SQLAlchemy's adapter of aiosqlite uses a connection. Its `busy_timeout` must be 0."""

    def __init__(self, path: str) -> None:
        self.raw = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, cached_statements=STATEMENTS_KEPT
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-writer")

    async def in_thread(self, work: Callable[[], T]) -> T:
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

    def cursor(self) -> WriterCursor:
        return WriterCursor(self)

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        self.raw.create_function(*arguments, **options)

    async def commit(self) -> None:
        await self.in_thread(self.raw.commit)

    async def rollback(self) -> None:
        await self.in_thread(self.raw.rollback)

    async def close(self) -> None:
        await self.in_thread(self.raw.close)
        self._thread.shutdown(wait=False)

    def stop(self) -> None:
        """Let go at once, from any thread: the end of the process, or a connection that is of no more use."""
        self._thread.submit(self.raw.close)
        self._thread.shutdown(wait=False)


def opener(path: str) -> Callable[[], Any]:
    """What `create_async_engine(async_creator=…)` wants for the database file at `path`."""

    async def open_writer() -> WriterConnection:
        return WriterConnection(path)

    return open_writer
