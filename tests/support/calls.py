"""A call engine without sound or network: what is said and heard are names of tones, and parties do as tests tell them.

`real_time=False` (the default): prompts end at once and a wait for keys ends when the party presses some or stays
`silent`; nothing depends on the clock. `real_time=True`: prompts and waits take as long as they say.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

from telephony.calls import (
    Adopted,
    CallFailed,
    CallLeg,
    Dial,
    EngineCapabilities,
    EngineHealth,
    FaxTone,
    HangUpCause,
    LegState,
    OnAdopted,
    OnIncoming,
    SpyMode,
)
from telephony.fax import FaxResult, LeftFax
from tests.support.call_parts import HANG_UP, SILENCE, FakeBridge, FakeLeg
from tests.support.waiting import wait_until

ABLE = EngineCapabilities(adopts_calls=True, sip=True, fax=True, spy=True)


class NothingLeft:
    """Of a fax machine for tests: no earlier process has begun anything."""

    async def resume(self, mark: str) -> FaxResult | None:
        return None

    async def left(self) -> list[LeftFax]:
        return []

    async def forget(self, mark: str) -> None:
        """There is nothing to forget."""


@dataclass
class FakeSpy:
    engine: "FakeEngine"
    target: FakeLeg
    listener: FakeLeg
    mode: SpyMode

    def heard_by(self, leg: FakeLeg) -> bool:
        if self.mode is SpyMode.WHISPER:
            return leg is self.target
        return self.mode is SpyMode.BARGE and leg is not self.listener and leg.bridge is self.target.bridge

    async def change(self, mode: SpyMode) -> None:
        self.mode = mode

    async def close(self) -> None:
        if self in self.engine.spies:
            self.engine.spies.remove(self)


@dataclass
class FakeParty:
    """Somebody's telephone at the other end of a leg."""

    leg: FakeLeg
    dial: Dial | None = None

    async def press(self, digits: str) -> None:
        for digit in digits:
            await self.leg.presses(digit)

    def will_press(self, digits: str) -> None:
        """One key after the other, each as it is asked for; `SILENCE`: none that time, `HANG_UP`: he leaves."""
        self.leg.keys += [digits] if digits in (SILENCE, HANG_UP) else list(digits)
        self.leg.tell()

    async def speak(self, hz: int | None) -> None:
        self.leg.said = hz
        self.leg.engine.listen()

    async def hears(self) -> frozenset[int]:
        return self.leg.hears()

    async def keys_heard(self) -> str:
        return "".join(self.leg.keys_sent)

    async def answer(self) -> None:
        await self.leg.answer()

    async def decline(self) -> None:
        await self.leg.ends(HangUpCause.REJECTED)

    async def ignore(self) -> None:
        """The time to ring is over."""
        await self.leg.ends(HangUpCause.NO_ANSWER)

    async def hang_up(self) -> None:
        await self.leg.ends(HangUpCause.NORMAL)

    async def send_fax_tone(self) -> None:
        await self.leg.happens(FaxTone(at=self.leg.engine.now()))

    async def ended(self) -> None:
        await wait_until(lambda: self.leg.state is LegState.ENDED, f"the call of {self.leg.caller} has ended")

    async def stays_silent(self) -> None:
        """Presses nothing until what waits for a key gives up; first waits until something does."""
        await wait_until(lambda: self.leg.collecting, f"{self.leg.caller} is asked for keys")
        await self.leg.falls_silent()

    async def hears_prompt(self, *names: str) -> None:
        """Each of `names` was played, in this order, since the last time this was asked."""
        for name in names:
            try:
                await wait_until(lambda: self._take(name), "a prompt")  # noqa: B023
            except AssertionError:
                raise AssertionError(f"{name} was not heard, but {self.leg.prompts}") from None

    def _take(self, name: str) -> bool:
        if name not in self.leg.prompts:
            return False
        del self.leg.prompts[: self.leg.prompts.index(name) + 1]
        return True


@dataclass
class FakeEngine:
    """`unreachable`: what `originate` fails for. `rung`: who was called, oldest first.

    `dials` counts what was to be dialled; while `dials_through` is not set it goes no further.
    """

    real_time: bool = False
    folder: Path = field(default_factory=lambda: Path(mkdtemp(prefix="axd-calls-")))
    name: str = "fake"
    capabilities: EngineCapabilities = ABLE
    legs: list[FakeLeg] = field(default_factory=list)
    bridges: list[FakeBridge] = field(default_factory=list)
    spies: list[FakeSpy] = field(default_factory=list)
    rung: list[FakeParty] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)
    dials: int = 0
    dials_through: asyncio.Event = field(default_factory=asyncio.Event)
    left_over: Adopted = field(default_factory=Adopted)
    _handler: OnIncoming | None = None
    _tasks: set["asyncio.Future[None]"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.dials_through.set()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def run(self, on_incoming: OnIncoming, on_adopted: OnAdopted) -> None:
        await on_adopted(self.left_over)
        self._handler = on_incoming
        try:
            await asyncio.Event().wait()
        finally:
            self._handler = None
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def originate(self, dial: Dial) -> CallLeg:
        if dial.to in self.unreachable:
            raise CallFailed(detail=HangUpCause.UNREACHABLE)
        self.dials += 1
        await self.dials_through.wait()
        leg = FakeLeg(self, dial.caller, dial.to, dict(dial.variables))
        self.legs.append(leg)
        self.rung.append(FakeParty(leg, dial))
        if self.real_time:
            self._start(self._give_up(leg, dial.timeout_s))
        return leg

    async def _give_up(self, leg: FakeLeg, timeout_s: float) -> None:
        await asyncio.sleep(timeout_s)
        if leg.state is LegState.RINGING:
            await leg.ends(HangUpCause.NO_ANSWER)

    async def bridge(self, *legs: CallLeg) -> FakeBridge:
        bridge = FakeBridge(self)
        self.bridges.append(bridge)
        for leg in legs:
            await bridge.add(leg)
        return bridge

    async def spy(self, target: CallLeg, listener: CallLeg, mode: SpyMode) -> FakeSpy:
        spy = FakeSpy(self, self.leg(target), self.leg(listener), mode)
        self.spies.append(spy)
        return spy

    async def check(self) -> EngineHealth:
        return EngineHealth(ok=self._handler is not None)

    async def call(self, caller: str = "13800138000", dialled: str = "12396", **variables: str) -> FakeParty:
        """Somebody calls in; the engine must run."""
        await wait_until(lambda: self._handler, "the engine takes calls")
        leg = FakeLeg(self, caller, dialled, variables)
        self.legs.append(leg)
        assert self._handler is not None
        self._start(self._handler(leg))
        return FakeParty(leg)

    async def rings(self, to: str) -> FakeParty:
        """The telephone of `to`, once it rings; each ringing is given out once."""

        def ringing() -> FakeParty | None:
            return next((party for party in self.rung if party.dial and party.dial.to == to), None)

        party = await wait_until(ringing, f"{to} rings")
        assert party is not None
        self.rung.remove(party)
        return party

    def leg(self, leg: CallLeg) -> FakeLeg:
        return next(mine for mine in self.legs if mine.id == leg.id)

    def listen(self) -> None:
        for bridge in self.bridges:
            for recording in bridge.recordings:
                recording.listen()

    def nothing_hangs(self) -> bool:
        """No leg is up or ringing, and no bridge holds anybody."""
        return all(leg.state is LegState.ENDED for leg in self.legs) and not any(b.parties for b in self.bridges)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
