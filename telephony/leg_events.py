"""What every engine's leg needs: its events for each reader anew, and the keys that were pressed."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

from telephony.calls import Digit, Ended, LegEnded, LegEvent

# A key that comes again sooner, from its end to the next end, is one key that the network doubled: nobody is so fast.
IMPLAUSIBLE_S = 0.09


class LegEvents:
    """A leg's events from its beginning. `add` after `Ended` is ignored."""

    def __init__(self) -> None:
        self._past: list[LegEvent] = []
        self._news = asyncio.Event()

    @property
    def ended(self) -> Ended | None:
        last = self._past[-1] if self._past else None
        return last if isinstance(last, Ended) else None

    def add(self, event: LegEvent) -> None:
        if self.ended is None:
            self._past.append(event)
            news, self._news = self._news, asyncio.Event()
            news.set()

    async def follow(self) -> AsyncIterator[LegEvent]:
        """All of them, then each as it comes, until `Ended`."""
        position = 0
        while True:
            news = self._news
            while position < len(self._past):
                event = self._past[position]
                position += 1
                yield event
                if isinstance(event, Ended):
                    return
            await news.wait()


@dataclass(slots=True)
class DuplicateGuard:
    """Tells a key pressed twice from one that a bad network doubled."""

    _value: str = ""
    _at: datetime | None = None

    def is_new(self, digit: Digit) -> bool:
        """`digit.at` is when the key was let go."""
        doubled = (
            self._at is not None
            and digit.value == self._value
            and (digit.at - self._at).total_seconds() < IMPLAUSIBLE_S
        )
        self._value, self._at = digit.value, digit.at
        return not doubled


@dataclass(slots=True)
class Keys:
    """Keys that were pressed and not yet asked for; asking takes them out, in order.

    `_ending`: the key that would still belong to an entry which was complete without it, until `_ends_by`.
    """

    _pressed: deque[str] = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False
    _ending: str = ""
    _ends_by: float = 0.0

    def press(self, value: str) -> None:
        belongs_to_entry = value == self._ending and time.monotonic() < self._ends_by
        self._ending = ""
        if not belongs_to_entry:
            self._pressed.append(value)
            self._news.set()

    def forget(self) -> None:
        """What was pressed while nobody asked means nothing."""
        self._pressed.clear()

    def close(self) -> None:
        """The leg ended: whoever asks gets `LegEnded`."""
        self._closed = True
        self._news.set()

    async def next(self, timeout_s: float | None = None) -> str | None:
        """The next key, None when none came in time. Raises `LegEnded`."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._pressed:
                    if self._closed:
                        raise LegEnded
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None
        return self._pressed.popleft()

    async def collect(self, limit: int, timeout_s: float, *, first: str, terminator: str, gap_s: float) -> str:
        """As `CallLeg.collect_digits`."""
        got = "" if first == terminator else first[:limit]
        if first and not got:
            return ""
        while len(got) < limit:
            key = await self.next(gap_s if got else timeout_s)
            if key is None or key == terminator:
                break
            got += key
        else:
            self._expect_end(terminator, gap_s)
        return got

    def _expect_end(self, terminator: str, gap_s: float) -> None:
        """Who was asked to end by a key does so, though the number was complete: the next question is not answered."""
        if not self._pressed:
            self._ending, self._ends_by = terminator, time.monotonic() + gap_s
        elif self._pressed[0] == terminator:
            self._pressed.popleft()
