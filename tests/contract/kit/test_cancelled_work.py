"""A cancelled unit of work holds nothing back: the next writer goes on at once."""

import asyncio
from contextlib import suppress

from kit.access import Access
from kit.leases import acquire
from kit.unit_of_work import Database

ROUNDS = 60
STEP_S = 0.0003


async def _write(database: Database) -> None:
    """Statements that return rows: those are what a cancelled cursor holds on to."""
    async with database.unit_of_work(Access.platform()) as uow:
        for name in ("one", "two"):
            assert await acquire(uow, name, "holder", 60)


async def test_a_write_after_a_cancelled_one_succeeds(database: Database) -> None:
    await _write(database)
    for turn in range(ROUNDS):
        # A little further each time, so that each of its steps is cut once.
        work = asyncio.create_task(_write(database))
        await asyncio.wait([work], timeout=turn * STEP_S)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        async with asyncio.timeout(30):
            await _write(database)
