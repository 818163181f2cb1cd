"""One party's line in this process."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from kit.clock import Clock
from telephony.calls import Answered, Digit, Ended, HangUpCause, LegEnded, LegEvent, LegState, Media
from telephony.embedded.audio import dtmf, read_wav
from telephony.embedded.mixer import Playback, Voice
from telephony.embedded.peer import Peer
from telephony.in_turn import in_order, one_by_one, until_key
from telephony.leg_events import Keys, LegEvents
from telephony.waveform import Samples

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFacts:
    """What stays the same for the life of a leg. `party`: `agent:<account id>` or `web:<session id>`."""

    id: str
    party: str
    direction: Literal["in", "out"]
    caller: str
    dialled: str
    started_at: datetime
    variables: dict[str, str] = field(default_factory=dict)


class Home(Protocol):
    """The engine, as its legs need it."""

    async def tell(self, party: str, frame: dict[str, Any]) -> None:
        """Send a frame to the pages of a party."""
        ...

    async def keep(self, leg: "EmbeddedLeg") -> None:
        """Called after each change that must survive this process."""
        ...

    def forget(self, leg: "EmbeddedLeg") -> None:
        """The leg has ended."""
        ...

    def see_through(self, work: Coroutine[Any, Any, None]) -> Awaitable[None]:
        """Begin `work` and finish it, even when whoever waits for it, or the engine, is cancelled."""
        ...


class Holder(Protocol):
    """The bridge that a leg is in."""

    id: str

    def drop(self, leg: "EmbeddedLeg") -> None: ...


class EmbeddedLeg:
    """A `CallLeg` whose party is a page."""

    def __init__(self, facts: LegFacts, clock: Clock, home: Home) -> None:
        self.facts = facts
        self.id, self.caller, self.dialled = facts.id, facts.caller, facts.dialled
        self.voice = Voice(self._send)
        self.peer: Peer | None = None
        self.bridge: Holder | None = None
        self._state = LegState.RINGING
        self._clock = clock
        self._home = home
        self._log = LegEvents()
        self._keys = Keys()
        self.joined = asyncio.Event()
        self._ended = asyncio.Event()
        self._playing = asyncio.Lock()
        self._begun = time.monotonic()

    @property
    def state(self) -> LegState:
        return self._state

    @property
    def variables(self) -> dict[str, str]:
        return dict(self.facts.variables)

    def events(self) -> AsyncIterator[LegEvent]:
        return self._log.follow()

    # What the platform does with the party.

    async def answer(self) -> None:
        self._require_alive()
        if self._state is LegState.RINGING:
            self._state = LegState.UP
            self._log.add(Answered(self._clock.now()))
            await self._home.keep(self)
            await self.tell_state()

    async def play(self, media: Media, *, stop_on_digit: bool = False) -> str | None:
        return await self.play_all(in_order([media]), stop_on_digit=stop_on_digit)

    async def play_all(self, sounds: AsyncGenerator[Media, None], *, stop_on_digit: bool = False) -> str | None:
        self._require_alive()
        playing = one_by_one(sounds, self._play)
        return await self._alive(until_key(self._keys, playing) if stop_on_digit else playing)

    async def _play(self, media: Media) -> None:
        reading = asyncio.ensure_future(asyncio.to_thread(read_wav, media.path))
        try:
            async with self._playing:
                await self._sound(await reading)
        finally:
            reading.cancel()

    async def collect_digits(
        self, limit: int, timeout_s: float, *, first: str = "", terminator: str = "#", gap_s: float = 3.0
    ) -> str:
        return await self._keys.collect(limit, timeout_s, first=first, terminator=terminator, gap_s=gap_s)

    async def send_digits(self, digits: str) -> None:
        self._require_alive()
        async with self._playing:
            await self._alive(self._sound(dtmf(digits)))

    async def hold(self) -> None:
        await self._hold(True)

    async def resume(self) -> None:
        await self._hold(False)

    async def mute(self, muted: bool) -> None:
        self._require_alive()
        self.voice.muted = muted
        await self.tell_state()

    async def music(self, playing: bool) -> None:
        self._require_alive()
        self.voice.music = playing

    async def hang_up(self, cause: HangUpCause = HangUpCause.NORMAL) -> None:
        if self._state is LegState.ENDED:
            return
        self._state = LegState.ENDED
        self._ended.set()
        self._keys.close()
        self._log.add(Ended(cause, self._clock.now()))
        if self.bridge is not None:
            self.bridge.drop(self)
        self._home.forget(self)
        await self._home.see_through(self._let_go(cause))

    # What the page does.

    def press(self, value: str) -> None:
        """A key; ignored once the leg has ended."""
        if self._state is not LegState.ENDED:
            digit = Digit(value, self._clock.now())
            self._log.add(digit)
            self._keys.press(value)

    async def connect(self, peer: Peer, offer: str) -> str:
        """Take the page's media from `peer` from now on; the answer to its offer. An earlier page is let go."""
        self._require_alive()
        try:
            answer = await peer.accept(offer)
            self._require_alive()
        except BaseException:
            await self._home.see_through(peer.close())
            raise
        before, self.peer = self.peer, peer
        self.joined.set()
        if before is not None:
            await self._home.see_through(before.close())
            if before.page != peer.page:
                await self._home.tell(self.facts.party, {"type": "moved", "leg_id": self.id, "page": before.page})
        return answer

    async def tell_state(self) -> None:
        await self._home.tell(self.facts.party, {"type": "state", **self.view()})

    def view(self) -> dict[str, Any]:
        """The leg as its pages know it."""
        return {
            "leg_id": self.id,
            "state": self._state.value,
            "direction": self.facts.direction,
            "caller": self.caller,
            "dialled": self.dialled,
            "held": self.voice.held,
            "muted": self.voice.muted,
            "started_at": self.facts.started_at.isoformat(),
            "variables": self.variables,
        }

    def revive(self, *, held: bool) -> None:
        """It was up before this process began."""
        self._state = LegState.UP
        self.voice.held = held
        self._log.add(Answered(self._clock.now()))

    @property
    def away_s(self) -> float:
        """For how long no page has sent anything; a leg that still rings at its page waits for none."""
        if self._state is LegState.RINGING and self.facts.direction == "out":
            return 0.0
        return self.peer.silent_s if self.peer is not None else time.monotonic() - self._begun

    # Inside.

    def _send(self, frame: Samples) -> None:
        if self.peer is not None:
            self.peer.send(frame)

    async def _let_go(self, cause: HangUpCause) -> None:
        await self._home.keep(self)
        await self._home.tell(self.facts.party, {"type": "ended", "leg_id": self.id, "cause": cause.value})
        if self.peer is not None:
            await self.peer.close()

    async def _hold(self, held: bool) -> None:
        self._require_alive()
        if self.voice.held != held:
            self.voice.held = held
            await self._home.keep(self)
            await self.tell_state()

    async def _sound(self, sound: Samples) -> None:
        over = asyncio.Event()
        playback = Playback(sound, over.set)
        self.voice.playback = playback
        try:
            await over.wait()
        finally:
            playback.stop()

    async def _alive(self, work: Coroutine[Any, Any, T]) -> T:
        """`work`, unless the leg ends first: then `LegEnded`."""
        doing = asyncio.ensure_future(work)
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait((doing, ended), return_when=asyncio.FIRST_COMPLETED)
            if self._state is LegState.ENDED:
                raise LegEnded
            return doing.result()
        finally:
            ended.cancel()
            doing.cancel()

    def _require_alive(self) -> None:
        if self._state is LegState.ENDED:
            raise LegEnded
