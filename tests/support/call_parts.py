"""The moving parts of the fake call engine (`tests/support/calls.py`): legs, bridges, recordings."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING

import numpy as np

from kit.ids import new_id
from telephony.calls import (
    Answered,
    CallLeg,
    Digit,
    Ended,
    HangUpCause,
    LegEnded,
    LegEvent,
    LegState,
    Media,
    Recording,
)
from tests.support.tones import read_wav, tone, tones_in, write_wav

if TYPE_CHECKING:
    from tests.support.calls import FakeEngine

RECORDED_S = 2.0
SILENCE, HANG_UP = "silence", "hang up"
"""Among the keys that a party will press: none, until what asks for one gives up; and the end of the call."""


class FakeLeg:
    def __init__(self, engine: "FakeEngine", caller: str, dialled: str, variables: dict[str, str]) -> None:
        self.id, self.caller, self.dialled = new_id(), caller, dialled
        self.state, self.variables = LegState.RINGING, variables
        self.engine = engine
        self.bridge: FakeBridge | None = None
        self.held = self.muted = self.has_music = self.collecting = False
        self.playing: Media | None = None
        self.said: int | None = None
        self.log: list[LegEvent] = []
        self.keys: list[str] = []
        self.keys_sent: list[str] = []
        self.prompts: list[str] = []
        self.silences = 0
        self._news = asyncio.Event()

    async def answer(self) -> None:
        self._require_alive()
        if self.state is LegState.RINGING:
            self.state = LegState.UP
            await self.happens(Answered(at=self.engine.now()))

    async def play(self, media: Media, *, stop_on_digit: bool = False) -> str | None:
        self._require_alive()
        self.prompts.append(media.path.stem)
        if stop_on_digit and self._has_key():
            return self.keys.pop(0)
        self.playing = media
        try:
            await self._wait(media.duration_s if self.engine.real_time else 0.0, keys=stop_on_digit)
        finally:
            self.playing = None
        self._require_alive()
        return self.keys.pop(0) if stop_on_digit and self._has_key() else None

    async def play_all(self, sounds: AsyncGenerator[Media, None], *, stop_on_digit: bool = False) -> str | None:
        async for media in sounds:
            key = await self.play(media, stop_on_digit=stop_on_digit)
            if key:
                return key
        return None

    def _has_key(self) -> bool:
        return bool(self.keys) and self.keys[0] not in (SILENCE, HANG_UP)

    async def collect_digits(
        self, limit: int, timeout_s: float, *, first: str = "", terminator: str = "#", gap_s: float = 3.0
    ) -> str:
        self._require_alive()
        digits = first
        while len(digits) < limit:
            key = await self._next_key(gap_s if digits else timeout_s)
            if key is None or (terminator and key == terminator):
                break
            digits += key
        return digits

    async def _next_key(self, timeout_s: float) -> str | None:
        if not self.keys:
            self.collecting = True
            try:
                await self._wait(timeout_s if self.engine.real_time else None, keys=True)
            finally:
                self.collecting = False
        if self.keys[:1] == [HANG_UP]:
            await self.ends(HangUpCause.NORMAL)
        self._require_alive()
        key = self.keys.pop(0) if self.keys else None
        return None if key == SILENCE else key

    async def _wait(self, seconds: float | None, *, keys: bool) -> None:
        """Until a key (if asked for), the end, silence, or the time is over."""
        silences = self.silences

        def over() -> bool:
            return self.state is LegState.ENDED or (keys and bool(self.keys)) or self.silences > silences

        if seconds == 0.0:
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(seconds):
                while not over():
                    await self._news.wait()
        except TimeoutError:
            return

    async def send_digits(self, digits: str) -> None:
        self._require_alive()
        self.keys_sent.extend(digits)

    async def hold(self) -> None:
        self._require_alive()
        self.held = True

    async def resume(self) -> None:
        self._require_alive()
        self.held = False

    async def mute(self, muted: bool) -> None:
        self._require_alive()
        self.muted = muted

    async def music(self, playing: bool) -> None:
        self._require_alive()
        self.has_music = playing

    async def hang_up(self, cause: HangUpCause = HangUpCause.NORMAL) -> None:
        await self.ends(cause)

    async def events(self) -> AsyncIterator[LegEvent]:
        seen = 0
        while True:
            while len(self.log) == seen:
                await self._news.wait()
            event = self.log[seen]
            seen += 1
            yield event
            if isinstance(event, Ended):
                return

    async def happens(self, event: LegEvent) -> None:
        self.log.append(event)
        self.tell()

    def tell(self) -> None:
        """Who waits for something looks again."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def ends(self, cause: HangUpCause) -> None:
        if self.state is LegState.ENDED:
            return
        self.state = LegState.ENDED
        if self.bridge is not None:
            self.bridge.parties.remove(self)
            self.bridge = None
        await self.happens(Ended(cause=cause, at=self.engine.now()))

    async def presses(self, digit: str) -> None:
        self.keys.append(digit)
        await self.happens(Digit(value=digit, at=self.engine.now()))

    async def falls_silent(self) -> None:
        self.silences += 1
        self.collecting = False
        self.tell()

    def hears(self) -> frozenset[int]:
        """The tones that reach this party at this moment."""
        heard: set[int] = set()
        for media in (self.playing, self.bridge.playing if self.bridge else None):
            heard |= _tones_of(media) if media else set()
        if self.bridge and not self.held:
            heard |= {leg.said for leg in self.bridge.parties if leg is not self and leg.said and leg.audible}
        heard |= {spy.listener.said for spy in self.engine.spies if spy.heard_by(self) and spy.listener.said}
        for spy in self.engine.spies:
            if spy.listener is self and spy.target.state is LegState.UP:
                heard |= spy.target.hears() | ({spy.target.said} if spy.target.said else set())
        return frozenset(heard)

    @property
    def audible(self) -> bool:
        return not (self.held or self.muted)

    def _require_alive(self) -> None:
        if self.state is LegState.ENDED:
            raise LegEnded()


def _tones_of(media: Media) -> set[int]:
    sides, rate = read_wav(media.path)
    return set(tones_in(sides[0], rate))


class FakeRecording:
    def __init__(self, bridge: "FakeBridge", left: FakeLeg) -> None:
        self.bridge, self.left = bridge, left
        self.started_at = bridge.engine.now()
        self.heard: tuple[set[int], set[int]] = (set(), set())
        self._done: Recording | None = None
        self.listen()

    def listen(self) -> None:
        for leg in self.bridge.parties:
            if leg.said and leg.audible:
                self.heard[0 if leg is self.left else 1].add(leg.said)

    async def stop(self) -> Recording:
        if self._done is None:
            self.listen()
            sides = []
            for heard in self.heard:
                mixed = sum((tone(hz, RECORDED_S) // 3 for hz in heard), tone(400, RECORDED_S) * 0)
                sides.append(np.asarray(mixed, dtype=np.int16))
            path = write_wav(self.bridge.engine.folder / f"{new_id()}.wav", *sides)
            self._done = Recording(path=path, started_at=self.started_at, duration_s=RECORDED_S)
        return self._done


class FakeBridge:
    def __init__(self, engine: "FakeEngine") -> None:
        self.id, self.engine = new_id(), engine
        self.parties: list[FakeLeg] = []
        self.playing: Media | None = None
        self.played: list[str] = []
        self.recordings: list[FakeRecording] = []
        self.closed = False

    @property
    def legs(self) -> tuple[CallLeg, ...]:
        return tuple(self.parties)

    async def add(self, leg: CallLeg) -> None:
        party = self.engine.leg(leg)
        if party.state is LegState.ENDED:
            raise LegEnded()
        if party.bridge is not None:
            party.bridge.parties.remove(party)
        party.bridge = self
        self.parties.append(party)
        self.engine.listen()

    async def remove(self, leg: CallLeg) -> None:
        party = self.engine.leg(leg)
        if party.bridge is self:
            self.parties.remove(party)
            party.bridge = None

    async def record_stereo(self, left: CallLeg) -> FakeRecording:
        recording = FakeRecording(self, self.engine.leg(left))
        self.recordings.append(recording)
        return recording

    async def play(self, media: Media) -> None:
        self.played.append(media.path.stem)
        self.playing = media
        try:
            await asyncio.sleep(media.duration_s if self.engine.real_time else 0)
        finally:
            self.playing = None

    async def close(self) -> None:
        for leg in list(self.parties):
            await self.remove(leg)
        self.closed = True
