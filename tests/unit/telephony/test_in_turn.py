"""What is heard in a row, without an engine."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from telephony.calls import LegEnded, Media
from telephony.in_turn import in_order, one_by_one, until_key
from telephony.leg_events import Keys
from tests.support.waiting import wait_until

ROW = [Media(path=Path(name), duration_s=1.0) for name in ("a", "b", "c")]


class Line:
    """Plays in turn, each until it is told to end."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.heard: list[str] = []
        self.stopped: list[str] = []
        self.ends = {media.path.name: asyncio.Event() for media in ROW}
        self._turn = asyncio.Lock()

    async def sounds(self) -> AsyncGenerator[Media, None]:
        for media in ROW:
            self.asked.append(media.path.name)
            yield media

    async def play(self, media: Media) -> None:
        name = media.path.name
        try:
            async with self._turn:
                self.heard.append(name)
                await self.ends[name].wait()
        except asyncio.CancelledError:
            self.stopped.append(name)
            raise


async def test_the_next_is_made_ready_and_waits_while_one_is_heard() -> None:
    line = Line()
    playing = asyncio.create_task(one_by_one(line.sounds(), line.play))
    await wait_until(lambda: line.heard == ["a"] and line.asked == ["a", "b"], "the second waits behind the first")
    line.ends["a"].set()
    await wait_until(lambda: line.heard == ["a", "b"] and line.asked == ["a", "b", "c"], "the third behind the second")
    line.ends["b"].set()
    line.ends["c"].set()
    await playing
    assert (line.heard, line.stopped) == (["a", "b", "c"], [])


async def test_a_key_ends_what_is_heard_and_what_waits_and_the_next_key_is_kept() -> None:
    line, keys = Line(), Keys()
    playing = asyncio.create_task(until_key(keys, one_by_one(line.sounds(), line.play)))
    await wait_until(lambda: line.asked == ["a", "b"], "the second waits")
    keys.press("1")
    keys.press("2")
    assert await playing == "1"
    assert (line.heard, set(line.stopped)) == (["a"], {"a", "b"})
    assert await keys.next() == "2"


async def test_whoever_hangs_up_ends_it() -> None:
    line, keys = Line(), Keys()
    playing = asyncio.create_task(until_key(keys, one_by_one(in_order(ROW), line.play)))
    await wait_until(lambda: line.heard == ["a"], "the first is heard")
    keys.close()
    with pytest.raises(LegEnded):
        await playing
    assert set(line.stopped) == {"a", "b"}
