"""A telephone's sound over UDP: G.711 mu-law in steps of 20 ms, keys as RFC 4733 events."""

import asyncio
import struct
import time
from dataclasses import dataclass, field

import numpy as np

from telephony.waveform import Samples, from_ulaw, to_ulaw
from tests.support.tones import RATE, tone
from tests.support.waiting import wait_until

FRAME_S = 0.02
FRAME = int(RATE * FRAME_S)
ULAW, EVENT = 0, 101
KEYS = "0123456789*#"
MARK = 0x80
END = 0x80
SILENCE = np.zeros(RATE, dtype=np.int16)


@dataclass
class RtpAudio(asyncio.DatagramProtocol):
    """Sends `sound` over and over, and keeps what it hears with the moment it came."""

    sound: Samples = field(default_factory=lambda: SILENCE)
    heard: list[tuple[float, Samples]] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)
    port: int = 0
    _transport: asyncio.DatagramTransport | None = None
    _remote: tuple[str, int] | None = None
    _sender: "asyncio.Task[None] | None" = None
    _sequence: int = 0
    _stamp: int = 0
    _pressed: "asyncio.Queue[tuple[str, float, float, asyncio.Event]]" = field(default_factory=asyncio.Queue)

    async def open(self, host: str) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        self.port = self._transport.get_extra_info("sockname")[1]

    def talk_to(self, host: str, port: int) -> None:
        self._remote = (host, port)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send())

    def speak(self, hz: int | None) -> None:
        self.sound = tone(hz, 1.0) if hz else SILENCE

    async def press(self, digits: str, *, tone_s: float = 0.1, gap_s: float = 0.1) -> None:
        """Returns once the last one was sent, or nobody listens any more."""
        done = asyncio.Event()
        for digit in digits:
            done = asyncio.Event()
            self._pressed.put_nowait((digit, tone_s, gap_s, done))
        await wait_until(lambda: done.is_set() or self._is_closed(), f"{digits} was sent", timeout_s=60)

    def _is_closed(self) -> bool:
        return self._sender is not None and self._sender.done()

    async def _send(self) -> None:
        started, number = time.monotonic(), 0
        while True:
            if not self._pressed.empty():
                digit, tone_s, gap_s, done = self._pressed.get_nowait()
                spent = await self._send_key(digit, tone_s, gap_s)
                started += spent
                done.set()
                continue
            at = self._stamp % (len(self.sound) - FRAME + 1)
            self._packet(ULAW, to_ulaw(self.sound[at : at + FRAME]), self._stamp)
            self._stamp += FRAME
            number += 1
            await asyncio.sleep(max(0.0, started + number * FRAME_S - time.monotonic()))

    async def _send_key(self, digit: str, tone_s: float, gap_s: float) -> float:
        """RFC 4733: one time stamp, a growing duration, the end told three times. Returns the seconds it took."""
        began, stamp, steps = time.monotonic(), self._stamp, max(1, round(tone_s / FRAME_S))
        for step in range(1, steps + 1):
            event = struct.pack("!BBH", KEYS.index(digit), 10, step * FRAME)
            self._packet(EVENT, event, stamp, marker=step == 1)
            await asyncio.sleep(max(0.0, began + step * FRAME_S - time.monotonic()))
        for _ in range(3):
            self._packet(EVENT, struct.pack("!BBH", KEYS.index(digit), END | 10, steps * FRAME), stamp)
        await asyncio.sleep(max(0.0, began + tone_s + gap_s - time.monotonic()))
        spent = time.monotonic() - began
        self._stamp += int(spent / FRAME_S) * FRAME
        return spent

    def _packet(self, kind: int, payload: bytes, stamp: int, *, marker: bool = False) -> None:
        head = struct.pack("!BBHII", 0x80, kind | (MARK if marker else 0), self._sequence & 0xFFFF, stamp, 0x51505051)
        self._sequence += 1
        if self._transport is not None and self._remote is not None:
            self._transport.sendto(head + payload, self._remote)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        kind, stamp = data[1] & 0x7F, struct.unpack("!I", data[4:8])[0]
        if kind == ULAW:
            self.heard.append((time.monotonic(), from_ulaw(data[12:])))
        elif kind == EVENT:
            self.keys[stamp] = KEYS[data[12]]

    def since(self, moment: float) -> Samples:
        return np.concatenate([SILENCE[:0], *(sound for at, sound in self.heard if at >= moment)])

    def close(self) -> None:
        if self._sender is not None:
            self._sender.cancel()
        if self._transport is not None:
            self._transport.close()
