"""Cleaning up is finished, whoever grows impatient."""

import asyncio
from contextlib import suppress

from kit.tasks import uninterrupted


async def test_cleaning_up_is_finished_under_repeated_cancellation() -> None:
    begun, go, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def clean() -> None:
        begun.set()
        await go.wait()
        finished.set()

    task = asyncio.create_task(uninterrupted(clean()))
    await begun.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    go.set()
    with suppress(asyncio.CancelledError):
        await task
    assert finished.is_set()
