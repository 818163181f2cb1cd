"""One party's line on Asterisk: a channel in our application."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kit.ids import new_id
from kit.tasks import uninterrupted
from telephony.asterisk.ari import AsteriskLost, AsteriskRefused, Event
from telephony.asterisk.causes import cause_of, number_of
from telephony.asterisk.wire import Wire
from telephony.calls import Answered, Digit, Ended, FaxTone, HangUpCause, LegEnded, LegEvent, LegState, Media
from telephony.in_turn import in_order, one_by_one, until_key
from telephony.leg_events import DuplicateGuard, Keys, LegEvents

if TYPE_CHECKING:
    from telephony.asterisk.bridge import AsteriskBridge

# 404: no such channel; 409: it is leaving our application, which only a channel that ends does; 412: it is down.
GONE = frozenset({404, 409, 412})
END_WITHIN_S = 5.0
HELD_VARIABLE = "AXD_HELD"


class AsteriskLeg:
    def __init__(
        self, wire: Wire, *, leg_id: str, caller: str, dialled: str, state: LegState, variables: Mapping[str, str]
    ) -> None:
        self.id, self.caller, self.dialled = leg_id, caller, dialled
        # A page that was loaded anew is on another channel with the same leg.
        self.channel = leg_id
        self.on_move: set[Callable[[], Awaitable[None]]] = set()
        self.bridge: AsteriskBridge | None = None
        self.is_held = False
        self.has_fax = False
        self.end_cause: int | None = None
        self._wire, self._state, self._variables = wire, state, dict(variables)
        self._events, self._keys, self._guard = LegEvents(), Keys(), DuplicateGuard()
        self._line = asyncio.Lock()
        self._music = False
        self._ends: set[asyncio.Future[Event]] = set()
        self._ended = asyncio.Event()

    @property
    def state(self) -> LegState:
        return self._state

    @property
    def variables(self) -> dict[str, str]:
        return dict(self._variables)

    def events(self) -> AsyncIterator[LegEvent]:
        return self._events.follow()

    async def answer(self) -> None:
        if self._state is LegState.RINGING:
            await self.ask("POST", "/answer")
            self.went_up(datetime.now(UTC))
        elif self._state is LegState.ENDED:
            raise LegEnded

    async def play(self, media: Media, *, stop_on_digit: bool = False) -> str | None:
        return await self.play_all(in_order([media]), stop_on_digit=stop_on_digit)

    async def play_all(self, sounds: AsyncGenerator[Media, None], *, stop_on_digit: bool = False) -> str | None:
        self._must_live()
        if self._music:
            await self.ask("DELETE", "/moh")
        try:
            playing = one_by_one(sounds, self._play)
            return await (until_key(self._keys, playing) if stop_on_digit else playing)
        finally:
            if self._music and self._state is not LegState.ENDED:
                await uninterrupted(self._start_music())

    async def _play(self, media: Media) -> None:
        """A channel hears its playbacks in the order in which Asterisk was asked for them."""
        playback, uri = new_id(), ""
        finished = self.until_ended(self._wire.expect(f"playback:{playback}"))
        try:
            async with self._line:
                uri = await self._wire.uri(media)
                await self.ask("POST", f"/play/{playback}", {"media": uri})
            await asyncio.wait((finished,))
            finished.result()
            if self.end_cause is not None:  # the hang-up cut it short
                raise LegEnded
        finally:
            if finished.done():
                finished.exception()
            else:
                finished.cancel()
                await uninterrupted(self._stop_playback(playback))
            if media.passing and uri:
                await uninterrupted(self._wire.forget(uri))

    async def _stop_playback(self, playback: str) -> None:
        with suppress(AsteriskLost, AsteriskRefused):
            await self._wire.drop(f"playbacks/{playback}")

    async def collect_digits(
        self, limit: int, timeout_s: float, *, first: str = "", terminator: str = "#", gap_s: float = 3.0
    ) -> str:
        self._must_live()
        return await self._keys.collect(limit, timeout_s, first=first, terminator=terminator, gap_s=gap_s)

    async def send_digits(self, digits: str) -> None:
        await self.ask("POST", "/dtmf", {"dtmf": digits})

    async def hold(self) -> None:
        self._must_live()
        if self.is_held:
            return
        self.is_held = True
        if self.bridge is not None:
            await self.bridge.take_out(self)
            await self.set_variable(HELD_VARIABLE, self.bridge.id)
        await self._start_music()

    async def resume(self) -> None:
        self._must_live()
        if self.is_held:
            await self._end_hold()
            if self.bridge is not None:
                await self.bridge.put_in(self)

    async def _end_hold(self) -> None:
        self.is_held = False
        await self.ask("DELETE", "/moh")
        if self.bridge is not None:
            await self.set_variable(HELD_VARIABLE, "")

    async def mute(self, muted: bool) -> None:
        await self.ask("POST" if muted else "DELETE", "/mute", {"direction": "in"})

    async def music(self, playing: bool) -> None:
        self._must_live()
        if playing != self._music:
            self._music = playing
            await (self._start_music() if playing else self.ask("DELETE", "/moh"))

    async def _start_music(self) -> None:
        with suppress(LegEnded):
            await self.ask("POST", "/moh")

    async def hang_up(self, cause: HangUpCause = HangUpCause.NORMAL) -> None:
        """Returns once it has ended."""
        if self._state is LegState.ENDED:
            return
        await self._wire.drop(f"channels/{self.channel}", {"reason_code": number_of(cause)})
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), END_WITHIN_S)

    async def set_variable(self, name: str, value: str) -> None:
        await self.ask("POST", "/variable", {"variable": name, "value": value})

    async def ask(self, method: str, path: str, query: Mapping[str, str | int] | None = None) -> Any:
        """A request about this channel. Raises `LegEnded`, `AsteriskLost` or `AsteriskRefused`."""
        self._must_live()
        try:
            return await self._wire.ask(method, f"channels/{self.channel}{path}", query)
        except AsteriskRefused as refused:
            if refused.answer in GONE:
                raise LegEnded from refused
            raise

    def until_ended(self, future: "asyncio.Future[Event]") -> "asyncio.Future[Event]":
        """`future`, which fails with `LegEnded` should the leg end first."""
        self._ends.add(future)
        future.add_done_callback(self._ends.discard)
        return future

    def _must_live(self) -> None:
        if self._state is LegState.ENDED:
            raise LegEnded

    async def move(self, channel: str) -> None:
        """Go on on another channel, which is up: in the bridge, on hold or with music, as on the one before."""
        self.channel, self.end_cause = channel, None
        if self.is_held and self.bridge is not None:
            await self.set_variable(HELD_VARIABLE, self.bridge.id)
        if self.is_held or self._music:
            await self._start_music()
        elif self.bridge is not None:
            await self.bridge.put_in(self)

    async def join(self, bridge: "AsteriskBridge") -> None:
        """Ready to be put into `bridge`: out of any other, without music, keys of before forgotten."""
        self._must_live()
        if self.bridge is not None and self.bridge is not bridge:
            self.bridge.forget(self)
        if self.is_held:
            await self._end_hold()
        await self.music(False)
        self._keys.forget()
        self.bridge = bridge

    async def part(self, bridge: "AsteriskBridge") -> None:
        """Out of `bridge`, and on its own again."""
        if self.is_held:
            await self._end_hold()
        else:
            await bridge.take_out(self)
        self._keys.forget()
        self.bridge = None

    # What Asterisk tells:

    def went_up(self, at: datetime) -> None:
        if self._state is LegState.RINGING:
            self._state = LegState.UP
            self._events.add(Answered(at=at))

    def pressed(self, digit: Digit) -> None:
        if self._guard.is_new(digit):
            self._events.add(digit)
            self._keys.press(digit.value)

    def heard_fax(self, at: datetime) -> None:
        self._events.add(FaxTone(at=at))

    def went_away(self, cause_number: int, at: datetime) -> None:
        """It ended with a cause of ITU-T Q.850."""
        self.end(cause_of(cause_number, was_up=self._state is LegState.UP), at)

    def end(self, cause: HangUpCause, at: datetime) -> None:
        if self._state is LegState.ENDED:
            return
        self._state = LegState.ENDED
        if self.bridge is not None:
            self.bridge.forget(self)
            self.bridge = None
        for future in tuple(self._ends):
            if not future.done():
                future.set_exception(LegEnded())
        self._keys.close()
        self._ended.set()
        self._events.add(Ended(cause=cause, at=at))
