"""Sounds one after another without a pause between them, and the key that ends them: the same for every engine."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any

from kit.tasks import stop
from telephony.calls import Media
from telephony.leg_events import Keys


async def in_order(sounds: Iterable[Media]) -> AsyncGenerator[Media, None]:
    """What is ready already, as `CallLeg.play_all` takes it."""
    for media in sounds:
        yield media


async def one_by_one(sounds: AsyncGenerator[Media, None], play: Callable[[Media], Coroutine[Any, Any, None]]) -> None:
    """`play` each; the next is made ready, and waits in the engine's line, while the one before is heard.

    `play` must let those that are called sooner be heard sooner, however long it takes to prepare one.
    """
    heard: asyncio.Task[None] | None = None
    following: asyncio.Task[None] | None = None
    try:
        async with aclosing(sounds):
            async for media in sounds:
                following = asyncio.create_task(play(media))
                await _end_of(heard)
                heard = following
        await _end_of(heard)
    finally:
        # In this order: else the second would begin for a moment when the first is stopped.
        for task in (following, heard):
            if task is not None:
                await stop((task,))


async def _end_of(playing: asyncio.Task[None] | None) -> None:
    if playing is not None:
        await asyncio.wait((playing,))
        playing.result()


async def until_key(keys: Keys, playing: Awaitable[None]) -> str | None:
    """The key that ended `playing`, None when it was heard to its end."""
    key, heard = asyncio.ensure_future(keys.next()), asyncio.ensure_future(playing)
    try:
        await asyncio.wait((key, heard), return_when=asyncio.FIRST_COMPLETED)
        if key.done():
            return key.result()
        heard.result()
        return None
    finally:
        await stop((key, heard))
