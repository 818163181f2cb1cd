"""SQLite's log reaches the file without any commit having to copy it."""

import asyncio
import sqlite3
from pathlib import Path

from kit.access import Access
from kit.checkpoints import run_checkpoints
from kit.clock import SystemClock
from kit.database import make_engine, make_writer
from kit.ids import new_id
from kit.leases import acquire
from kit.tasks import stop
from kit.unit_of_work import Database
from tests.support.waiting import wait_until


def in_the_file(path: Path) -> int:
    """How many leases the file holds without its log."""
    connection = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    try:
        return int(connection.execute("select count(*) from leases").fetchone()[0])
    finally:
        connection.close()


async def test_what_is_committed_comes_into_the_file_meanwhile(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(make_engine(sqlite_url), SystemClock(), writer=make_writer(sqlite_url))
    path = tmp_path / "axd.db"
    copying = asyncio.create_task(run_checkpoints(sqlite_url))
    try:
        for count in (1, 2):
            async with database.unit_of_work(Access.platform()) as uow:
                await acquire(uow, f"mailbox:{new_id()}", "somebody", 30)
            await wait_until(lambda expected=count: in_the_file(path) == expected, "the lease is in the file")  # type: ignore[misc]
    finally:
        await stop([copying])
        await database.close()
