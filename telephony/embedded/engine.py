"""The call engine that needs nothing but browsers: see `telephony.calls.CallEngine`."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

from aiortc import RTCIceServer

from kit.clock import Clock
from kit.errors import AppError, Unavailable
from kit.ids import new_id
from kit.tasks import stop
from telephony.calls import (
    Adopted,
    CallFailed,
    CallLeg,
    Dial,
    EngineCapabilities,
    EngineHealth,
    HangUpCause,
    LegEnded,
    LegState,
    OnAdopted,
    OnIncoming,
    SpyMode,
)
from telephony.embedded.audio import FRAME_S, read_wav
from telephony.embedded.bridge import EmbeddedBridge, own
from telephony.embedded.leg import EmbeddedLeg, LegFacts
from telephony.embedded.mixer import Mixer
from telephony.embedded.peer import use_address
from telephony.embedded.recorder import StereoRecorder
from telephony.embedded.settings import EmbeddedSettings
from telephony.embedded.spy import EmbeddedSpy
from telephony.embedded.store import LeftOver, Legs
from telephony.phones import IceServer

log = logging.getLogger(__name__)

Tell = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Send a frame to the pages of a party."""

LOOK_S = 1.0
MOST_LATE_FRAMES = 5
PARTIES = ("agent:", "web:")


class EmbeddedEngine:
    """One for each process that holds the lease; `PageFrames` brings it what pages say."""

    name = "embedded"
    capabilities = EngineCapabilities(adopts_calls=True, sip=False, fax=False, spy=True)

    def __init__(
        self,
        *,
        legs: Legs,
        tell: Tell,
        clock: Clock,
        settings: EmbeddedSettings,
        recordings: Path,
        ice_servers: Sequence[IceServer] = (),
    ) -> None:
        if settings.media_address:
            use_address(settings.media_address)
        self.settings = settings
        self._tell = tell
        self.ice_servers = [
            RTCIceServer(urls=server.urls, username=server.username or None, credential=server.credential or None)
            for server in ice_servers
        ]
        self.legs: dict[str, EmbeddedLeg] = {}
        self._store = legs
        self._clock = clock
        self._recordings = recordings
        self._mixer = Mixer(read_wav(settings.music) if settings.music else None)
        self._bridges: dict[str, EmbeddedBridge] = {}
        self._writer = ThreadPoolExecutor(1, "recordings")
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_things: set[asyncio.Future[None]] = set()
        self._on_incoming: OnIncoming | None = None

    # The port.

    async def run(self, on_incoming: OnIncoming, on_adopted: OnAdopted) -> None:
        """See `CallEngine`. When it is cancelled pages keep their calls and wait for the next process."""
        await asyncio.to_thread(self._recordings.mkdir, parents=True, exist_ok=True)
        self.start(self._keep_time())
        self.start(self._look_after_pages())
        try:
            left = await self._store.going_on()
            await on_adopted(await self._adopt(left))
            self._on_incoming = on_incoming
            await asyncio.Event().wait()
        finally:
            self._on_incoming = None
            await stop(self._tasks)
            peers = (leg.peer.close() for leg in self.legs.values() if leg.peer is not None)
            await asyncio.gather(*peers, *self._last_things, return_exceptions=True)
            await asyncio.to_thread(self._writer.shutdown)

    async def originate(self, dial: Dial) -> CallLeg:
        if not dial.to.startswith(PARTIES):
            raise CallFailed(HangUpCause.UNREACHABLE)
        leg = await self.new_leg(self.facts("out", dial.to, dial.caller, dial.to, dial.variables))
        await self.tell(dial.to, {"type": "ring", **leg.view()})
        self.start(self._give_up(leg, dial.timeout_s))
        return leg

    async def bridge(self, *legs: CallLeg) -> EmbeddedBridge:
        bridge = self._new_bridge(new_id())
        for leg in legs:
            await bridge.add(leg)
        return bridge

    async def spy(self, target: CallLeg, listener: CallLeg, mode: SpyMode) -> EmbeddedSpy:
        agent, supervisor = own(target), own(listener)
        if LegState.ENDED in (agent.state, supervisor.state) or agent.bridge is None:
            raise LegEnded
        return EmbeddedSpy(self._bridges[agent.bridge.id].room, agent, supervisor, mode)

    async def check(self) -> EngineHealth:
        running = self._on_incoming is not None
        return EngineHealth(ok=running, detail="" if running else "The engine is not running yet.")

    # For the frames of pages.

    def call_of(self, party: str) -> EmbeddedLeg | None:
        """The call that the party has made itself, if it goes on."""
        return next((leg for leg in self.legs_of(party) if leg.facts.direction == "in"), None)

    def legs_of(self, party: str) -> list[EmbeddedLeg]:
        return [leg for leg in self.legs.values() if leg.facts.party == party]

    async def incoming(self, party: str, caller: str, dialled: str, variables: dict[str, str]) -> EmbeddedLeg:
        """A page calls. Raises `CallFailed` when there are too many calls, `Unavailable` before any can be taken."""
        if self._on_incoming is None:
            raise Unavailable("Calls will be taken in a moment.")
        if len(self.legs) >= self.settings.most_legs:
            raise CallFailed(HangUpCause.CONGESTION)
        return await self.new_leg(self.facts("in", party, caller, dialled, variables))

    def hand_over(self, leg: EmbeddedLeg) -> None:
        """The page has its media: whoever runs the engine takes the call."""
        if self._on_incoming is not None:
            self.start(self._handed(self._on_incoming, leg))

    def facts(
        self, direction: Literal["in", "out"], party: str, caller: str, dialled: str, variables: dict[str, str]
    ) -> LegFacts:
        """Of a leg that begins now."""
        return LegFacts(
            id=new_id(),
            party=party,
            direction=direction,
            caller=caller,
            dialled=dialled,
            started_at=self._clock.now(),
            variables=variables,
        )

    async def new_leg(self, facts: LegFacts) -> EmbeddedLeg:
        leg = self._leg(facts)
        await self._store.keep(leg)
        return leg

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """A task that ends with the engine."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # For the legs, see `telephony.embedded.leg.Home`.

    async def tell(self, party: str, frame: dict[str, Any]) -> None:
        await self._tell(party, frame)

    async def keep(self, leg: EmbeddedLeg) -> None:
        try:
            await self._store.keep(leg)
        except AppError:
            # The call goes on; only a restart in this moment would not find it.
            log.warning("a leg could not be kept")

    def forget(self, leg: EmbeddedLeg) -> None:
        self.legs.pop(leg.id, None)
        self._mixer.voices.discard(leg.voice)

    def see_through(self, work: Coroutine[Any, Any, None]) -> Awaitable[None]:
        task = asyncio.ensure_future(work)
        self._last_things.add(task)
        task.add_done_callback(self._last_things.discard)
        return asyncio.shield(task)

    # Inside.

    def _leg(self, facts: LegFacts) -> EmbeddedLeg:
        leg = EmbeddedLeg(facts, self._clock, self)
        self.legs[leg.id] = leg
        self._mixer.voices.add(leg.voice)
        return leg

    def _new_bridge(self, bridge_id: str) -> EmbeddedBridge:
        bridge = EmbeddedBridge(bridge_id, self._mixer, self._new_recorder, self.keep, self._forget_bridge)
        self._bridges[bridge_id] = bridge
        return bridge

    def _forget_bridge(self, bridge_id: str) -> None:
        self._bridges.pop(bridge_id, None)

    def _new_recorder(self) -> StereoRecorder:
        return StereoRecorder(self._recordings / f"{new_id()}.wav", self._writer, self._clock.now())

    async def _handed(self, on_incoming: OnIncoming, leg: EmbeddedLeg) -> None:
        try:
            await on_incoming(leg)
        except Exception:
            log.exception("a call could not be handled")
            await leg.hang_up(HangUpCause.FAILED)

    async def _give_up(self, leg: EmbeddedLeg, timeout_s: float) -> None:
        await asyncio.sleep(timeout_s)
        if leg.state is LegState.RINGING:
            await leg.hang_up(HangUpCause.NO_ANSWER)

    async def _keep_time(self) -> None:
        """One tick each 20 ms; what a busy moment delayed is made up for, a long one is let go."""
        due = time.monotonic()
        while True:
            due = max(due + FRAME_S, time.monotonic() - MOST_LATE_FRAMES * FRAME_S)
            await asyncio.sleep(due - time.monotonic())
            try:
                self._mixer.tick()
            except Exception:
                log.exception("a frame was lost")

    async def _look_after_pages(self) -> None:
        """End the legs whose pages do not come back."""
        while True:
            await asyncio.sleep(LOOK_S)
            for leg in list(self.legs.values()):
                if leg.away_s > self.settings.away_s:
                    log.info("a page did not come back to its call")
                    await leg.hang_up(HangUpCause.FAILED)

    async def _adopt(self, left: list[LeftOver]) -> Adopted:
        """Ask the pages of an earlier process to come back, and wait for them a little."""
        revived = [self._revive(one) for one in left if one.state is LegState.UP]
        await self._store.end([one.facts.id for one in left if one.state is not LegState.UP])
        for leg in revived:
            await self.tell(leg.facts.party, {"type": "rejoin", **leg.view()})
        if revived:
            waits = [asyncio.ensure_future(leg.joined.wait()) for leg in revived]
            _, missing = await asyncio.wait(waits, timeout=self.settings.rejoin_s)
            for wait in missing:
                wait.cancel()
        for leg in revived:
            if not leg.joined.is_set():
                await leg.hang_up(HangUpCause.FAILED)
        alive = tuple(leg for leg in revived if leg.state is LegState.UP)
        return Adopted(legs=alive, bridges=tuple(self._bridges.values()))

    def _revive(self, one: LeftOver) -> EmbeddedLeg:
        leg = self._leg(one.facts)
        leg.revive(held=one.held)
        if one.bridge_id is not None:
            (self._bridges.get(one.bridge_id) or self._new_bridge(one.bridge_id)).take(leg)
        return leg
