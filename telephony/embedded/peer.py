"""The line to one page: a peer connection with G.711 u-law both ways, and nothing that is not about media."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

import aioice.ice
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame, Packet

from kit.errors import Invalid
from kit.tasks import stop
from telephony.embedded.audio import FRAME_SAMPLES, to_ulaw
from telephony.waveform import RATE_HZ, Samples

# Its lines hold the network addresses of people.
logging.getLogger("aioice").setLevel(logging.WARNING)

MOST_WAITING_FRAMES = 4
TIME_BASE = Fraction(1, RATE_HZ)
CODEC = [codec for codec in RTCRtpSender.getCapabilities("audio").codecs if codec.mimeType == "audio/PCMU"]


def use_address(address: str) -> None:
    """Carry sound over this address of the machine alone, for all connections of the process.

    aioice takes all addresses but loopback, and has no setting for it.
    """
    aioice.ice.get_host_addresses = lambda **_: [address]


class _Outbound(MediaStreamTrack):
    """Frames of the mixer, encoded by a table look-up: aiortc only packs them, without a codec and its thread."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames: deque[Samples] = deque(maxlen=MOST_WAITING_FRAMES)
        self._there = asyncio.Event()
        self._pts = 0

    def push(self, frame: Samples) -> None:
        self._frames.append(frame)
        self._there.set()

    async def recv(self) -> "Packet[Any]":
        while not self._frames:
            self._there.clear()
            await self._there.wait()
        packet = Packet(to_ulaw(self._frames.popleft()))
        packet.pts, packet.time_base = self._pts, TIME_BASE
        self._pts += FRAME_SAMPLES
        return packet


class Peer:
    """`heard` takes what comes from the page. `page` names the page, so that answers reach no other one."""

    def __init__(self, page: str, heard: Callable[[Samples], None], ice_servers: Sequence[RTCIceServer]) -> None:
        self.page = page
        self.heard_at = time.monotonic()
        self._heard = heard
        self._outbound = _Outbound()
        self._reader: asyncio.Task[None] | None = None
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=list(ice_servers), bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._connection.addTransceiver(self._outbound, "sendrecv").setCodecPreferences(CODEC)
        self._connection.on("track", self._listen)

    @property
    def silent_s(self) -> float:
        """For how long nothing has come; a page that lives sends without a pause, muted or not."""
        return time.monotonic() - self.heard_at

    async def accept(self, offer: str) -> str:
        """The SDP answer to a page's offer. Raises `Invalid` when the offer makes no sense."""
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
            await self._connection.setLocalDescription(await self._connection.createAnswer())
        except Exception as error:
            await self.close()
            raise Invalid("The page's description of its media is not valid.", code="bad_offer") from error
        return self._connection.localDescription.sdp

    async def add_candidate(self, line: str, mid: str | None) -> None:
        """One of the page's addresses, as `candidate:…`; what cannot be read or used is left out."""
        with suppress(ValueError, AssertionError, IndexError, OSError):
            candidate = candidate_from_sdp(line.removeprefix("candidate:"))
            candidate.sdpMid = mid or "0"
            await self._connection.addIceCandidate(candidate)

    def send(self, frame: Samples) -> None:
        self._outbound.push(frame)

    async def close(self) -> None:
        """Repeating is harmless."""
        self._outbound.stop()
        if self._reader is not None:
            await stop([self._reader])
        await self._connection.close()

    def _listen(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio" and self._reader is None:
            self._reader = asyncio.ensure_future(self._read(track))

    async def _read(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, AudioFrame):
                    self.heard_at = time.monotonic()
                    self._heard(frame.to_ndarray().reshape(-1).astype(np.int16, copy=False))
