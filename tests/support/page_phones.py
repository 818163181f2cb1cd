"""Pages with a telephone, without a browser: aiortc speaks to the embedded engine as a page does."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, Packet

from kit.clock import SystemClock
from kit.ids import new_id
from kit.tasks import stop
from telephony.calls import CallLeg
from telephony.embedded.audio import FRAME_S, FRAME_SAMPLES, SILENCE, to_ulaw
from telephony.embedded.engine import EmbeddedEngine
from telephony.embedded.leg import EmbeddedLeg
from telephony.embedded.page_frames import COMMAND, PageFrames
from telephony.embedded.peer import TIME_BASE
from telephony.embedded.settings import EmbeddedSettings
from telephony.embedded.store import LeftOver, Legs
from telephony.waveform import RATE_HZ, Samples
from tests.support.tones import tone, tones_in
from tests.support.waiting import wait_until

LISTENED_S = 0.3
LOOPBACK = "127.0.0.1"
KEYS = {(row, column): key for row, keys in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
        for column, key in zip((1209, 1336, 1477, 1633), keys, strict=True)}  # fmt: skip


class NoMemory:
    """Legs that nothing keeps."""

    async def keep(self, leg: EmbeddedLeg) -> None:
        return None

    async def going_on(self) -> list[LeftOver]:
        return []

    async def end(self, leg_ids: Any) -> None:
        return None


class Microphone(MediaStreamTrack):
    """Silence, or the tone that is set."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.sound = tone(400, 1.0) * 0
        self._at = 0
        self._due = 0.0

    async def recv(self) -> "Packet[Any]":
        now = time.monotonic()
        self._due = max(self._due + FRAME_S, now - FRAME_S)
        await asyncio.sleep(self._due - now)
        at = self._at % len(self.sound)
        packet = Packet(to_ulaw(self.sound[at : at + FRAME_SAMPLES]))
        packet.pts, packet.time_base = self._at, TIME_BASE
        self._at += FRAME_SAMPLES
        return packet


@dataclass
class PagePhone:
    """A page of `party`; `told` is what the engine told it, oldest first."""

    party: str
    frames: PageFrames
    caller: str = ""
    dialled: str = ""
    page: str = field(default_factory=new_id)
    variables: dict[str, str] = field(default_factory=lambda: {"line": "web"})
    told: list[dict[str, Any]] = field(default_factory=list)
    leg_id: str = ""
    samples: list[Samples] = field(default_factory=list)
    microphone: Microphone = field(default_factory=Microphone)
    connection: RTCPeerConnection | None = None
    _reader: "asyncio.Task[None] | None" = None

    async def says(self, kind: str, **more: Any) -> None:
        arguments = {
            "party": self.party,
            "frame": {"type": kind, "page": self.page, **more},
            "caller": self.caller,
            "dialled": self.dialled,
            "variables": self.variables,
        }
        await self.frames.command(COMMAND, arguments)

    async def hears_of(self, kind: str) -> dict[str, Any]:
        """The newest frame of this kind, once there is one."""
        await wait_until(lambda: any(frame["type"] == kind for frame in self.told), f"the page is told: {kind}")
        return next(frame for frame in reversed(self.told) if frame["type"] == kind)

    async def call(self) -> None:
        await self._offer("call")

    async def join(self, leg_id: str) -> None:
        await self._offer("join", leg_id=leg_id)

    async def _offer(self, kind: str, **more: Any) -> None:
        self.connection = RTCPeerConnection()
        self.connection.addTrack(self.microphone)
        self.connection.on("track", self._listen)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        self.told = [frame for frame in self.told if frame["type"] != "answer"]
        await self.says(kind, offer=self.connection.localDescription.sdp, **more)
        answer = await self.hears_of("answer")
        assert answer["page"] == self.page
        self.leg_id = answer["leg_id"]
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=answer["sdp"], type="answer"))

    def _listen(self, track: MediaStreamTrack) -> None:
        self._reader = asyncio.ensure_future(self._read(track))

    async def _read(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                self.samples.append(frame.to_ndarray().reshape(-1).astype(np.int16))

    # As `Telephone` of `call_rooms`.

    async def press(self, digits: str) -> None:
        for digit in digits:
            await self.says("digit", leg_id=self.leg_id, value=digit)

    async def speak(self, hz: int | None) -> None:
        self.microphone.sound = tone(hz, 1.0) if hz else tone(400, 1.0) * 0

    async def hears(self) -> frozenset[int]:
        wanted = int(LISTENED_S / FRAME_S)
        # What is on its way belongs to the past.
        start = len(self.samples) + 4
        await wait_until(lambda: len(self.samples) >= start + wanted, "sound comes", timeout_s=30)
        return tones_in(np.concatenate(self.samples[start : start + wanted]))

    async def keys_heard(self) -> str:
        return keys_in(np.concatenate([SILENCE, *self.samples]))

    async def answer(self) -> None:
        await self.join((await self.hears_of("ring"))["leg_id"])

    async def decline(self) -> None:
        await self.says("hang_up", leg_id=(await self.hears_of("ring"))["leg_id"])

    async def hang_up(self) -> None:
        await self.says("hang_up", leg_id=self.leg_id)

    async def send_fax_tone(self) -> None:
        raise NotImplementedError("pages send no fax")

    async def ended(self) -> None:
        await self.hears_of("ended")

    async def close(self) -> None:
        """As a closed tab: nothing is said."""
        if self._reader is not None:
            await stop([self._reader])
        if self.connection is not None:
            await self.connection.close()


def keys_in(sound: Samples) -> str:
    """The keys whose tones are in `sound`, one for each uninterrupted pair."""
    found, last = "", ""
    for at in range(0, len(sound) - FRAME_SAMPLES, FRAME_SAMPLES):
        key = _key_of(sound[at : at + FRAME_SAMPLES])
        if key and key != last:
            found += key
        last = key
    return found


def _key_of(frame: Samples) -> str:
    at = np.arange(len(frame)) / RATE_HZ
    power = {hz: abs(np.dot(frame, np.exp(-2j * np.pi * hz * at))) / len(frame) for pair in KEYS for hz in pair}
    row = max((697, 770, 852, 941), key=lambda hz: power[hz])
    column = max((1209, 1336, 1477, 1633), key=lambda hz: power[hz])
    return KEYS[row, column] if min(power[row], power[column]) > 800 else ""


@dataclass
class PageWorld:
    """The embedded engine with pages around it; every page of a party hears what the party is told."""

    folder: Path
    settings: EmbeddedSettings = field(default_factory=lambda: EmbeddedSettings(media_address=LOOPBACK))
    legs: Legs = field(default_factory=NoMemory)
    pages: list[PagePhone] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another process takes over: its engine knows only what was kept."""
        self.engine = EmbeddedEngine(
            legs=self.legs,
            tell=self.tell,
            clock=SystemClock(),
            settings=self.settings,
            recordings=self.folder / "recordings",
        )
        self.frames = PageFrames(self.engine)
        for page in self.pages:
            page.frames = self.frames

    async def tell(self, party: str, frame: dict[str, Any]) -> None:
        for page in self.pages:
            if page.party == party:
                page.told.append(frame)

    def page(self, party: str, caller: str = "", dialled: str = "") -> PagePhone:
        page = PagePhone(party, self.frames, caller, dialled)
        self.pages.append(page)
        return page


@dataclass
class EmbeddedRoom:
    """An `EngineRoom`; the dialled agent has one page."""

    world: PageWorld
    folder: Path
    came: "asyncio.Queue[CallLeg]" = field(default_factory=asyncio.Queue)
    target: str = "agent:a1"
    nobody: str = "extension:999"

    @property
    def engine(self) -> EmbeddedEngine:
        return self.world.engine

    async def call(self, caller: str = "13800138000") -> tuple[CallLeg, PagePhone]:
        page = self.world.page(f"web:{caller}", caller=caller, dialled="12396")
        await page.call()
        return await self.came.get(), page

    async def rings(self) -> PagePhone:
        page = next(page for page in self.world.pages if page.party == self.target)
        await page.hears_of("ring")
        return page


@asynccontextmanager
async def embedded_room(folder: Path) -> AsyncIterator[EmbeddedRoom]:
    world = PageWorld(folder)
    room = EmbeddedRoom(world, folder)
    world.page(room.target)
    try:
        yield room
    finally:
        await asyncio.gather(*(page.close() for page in world.pages))
