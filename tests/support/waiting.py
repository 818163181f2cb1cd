"""Waiting for a named condition: the only place of the tests where time passes without a reason of its own."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast, overload

T = TypeVar("T")

POLL_S = 0.02


@overload
async def wait_until(condition: Callable[[], Awaitable[T]], what: str, *, timeout_s: float = 30.0) -> T: ...
@overload
async def wait_until(condition: Callable[[], T], what: str, *, timeout_s: float = 30.0) -> T: ...
async def wait_until(condition: Callable[[], T | Awaitable[T]], what: str, *, timeout_s: float = 30.0) -> T:
    """The first true answer of `condition`, asked again and again. Fails with `what` when it never comes."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        result = cast(T, await answer if inspect.isawaitable(answer) else answer)
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s:g} s in vain: {what}")
        await asyncio.sleep(POLL_S)


def wait_for(condition: Callable[[], T], what: str, *, timeout_s: float = 30.0) -> T:
    """`wait_until` for tests without an event loop."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s:g} s in vain: {what}")
        time.sleep(POLL_S)
