"""Stopping background tasks for certain."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any

REPEAT_S = 0.1


async def stop(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel `tasks` and wait for their end; what they raise is dropped.

    Cancels again until they end: `asyncio.wait_for` of Python 3.11, which the Redis client sends with, swallows a
    cancellation that comes in the moment the inner work is done (CPython issue 81839).
    """
    stopped = list(tasks)
    waiting = {task for task in stopped if not task.done()}
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=REPEAT_S)
    for task in stopped:
        if not task.cancelled():
            task.exception()  # else it is reported as one that nobody looked at


async def uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Finish `work` however often this task is cancelled meanwhile: for cleaning up, which must be short.

    Use it where the task ends anyway, in a `finally`: a cancellation that comes now adds nothing.
    """
    task = asyncio.create_task(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()
