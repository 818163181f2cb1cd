"""Recording with each side on its own channel: two silent listeners on one leg, one for each direction.

Recording the channel itself gave empty files where it also played; a listener of its own does not.
"""

import asyncio
import logging
import wave
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from kit.errors import AppError
from kit.ids import new_id
from kit.tasks import uninterrupted
from telephony.asterisk.ari import AsteriskLost, AsteriskRefused
from telephony.asterisk.leg import AsteriskLeg
from telephony.asterisk.wire import Wire
from telephony.calls import LegEnded, Recording
from telephony.waveform import RATE_HZ, Samples

log = logging.getLogger(__name__)

SIDES = {"left": "in", "right": "out"}
RECORDING = "record"
BLOCK_FRAMES = 2**16
HEADER_BYTES = 44


class RecordingFailed(AppError):
    status, code, title = 507, "recording_failed", "The call could not be recorded"


class StereoRecording:
    """Left what the leg said; right what it heard: all the others. It ends by `stop`, or with the leg.

    Where the leg's page comes back on another channel, a part ends and the next one begins; together they are one.
    """

    def __init__(self, wire: Wire, leg: AsteriskLeg, parts: list["Part"], started_at: datetime) -> None:
        self._wire, self._leg, self._parts, self.started_at = wire, leg, parts, started_at
        self._result: asyncio.Task[Recording] | None = None
        leg.on_move.add(self._follow)

    @classmethod
    async def begin(cls, wire: Wire, leg: AsteriskLeg) -> "StereoRecording":
        """Goes on with what an earlier process began on this leg, else begins. Raises `LegEnded`."""
        for channel in await wire.ask("GET", "channels"):
            kind, _, rest = channel["id"].partition("_")
            side, _, number = rest.partition("_")
            if kind == RECORDING and side == "left" and channel["name"].startswith(f"Snoop/{leg.channel}-"):
                began = datetime.fromisoformat(channel["creationtime"]).astimezone(UTC)
                return cls(wire, leg, Part.until(wire, number), began)
        part = Part(wire, new_id(), is_live=True)
        return cls(wire, leg, [part], await part.begin(leg))

    async def _follow(self) -> None:
        """A recording that cannot go on leaves what there is of it."""
        if self._result is not None:
            return
        part = self._parts[-1].next()
        try:
            await part.begin(self._leg)
        except AppError:
            log.warning("the rest of a call could not be recorded")
        else:
            self._parts.append(part)

    async def stop(self) -> Recording:
        """Raises `RecordingFailed` where nothing could be kept, as on a full disk."""
        if self._result is None:
            self._result = asyncio.create_task(self._stop())
        return await asyncio.shield(self._result)

    async def _stop(self) -> Recording:
        self._leg.on_move.discard(self._follow)
        for part in self._parts:
            await part.stop()
        folder = self._wire.settings.recordings_dir
        target = folder / f"{self._parts[0].number}.wav"
        paths = [[folder / f"{part.name(side)}.wav" for side in SIDES] for part in self._parts]
        try:
            duration_s = await asyncio.to_thread(_merge, paths, target)
        except OSError as error:
            raise RecordingFailed(f"{type(error).__name__}") from error
        return Recording(path=target, started_at=self.started_at, duration_s=duration_s)


class Part:
    """What was recorded on one channel. `number`: of the recording, from the second part on with `.1`, `.2`…"""

    def __init__(self, wire: Wire, number: str, *, is_live: bool) -> None:
        self._wire, self.number, self._is_live = wire, number, is_live
        self._finished = {side: wire.expect(f"recording:{self.name(side)}") for side in SIDES} if is_live else {}

    @classmethod
    def until(cls, wire: Wire, number: str) -> list["Part"]:
        """All parts up to this one, which goes on; an earlier process began them."""
        base, _, count = number.partition(".")
        before = [cls(wire, f"{base}.{n}" if n else base, is_live=False) for n in range(int(count or 0))]
        return [*before, cls(wire, number, is_live=True)]

    def next(self) -> "Part":
        base, _, count = self.number.partition(".")
        return Part(self._wire, f"{base}.{int(count or 0) + 1}", is_live=True)

    def name(self, side: str) -> str:
        return f"{self.number}.{side}"

    def _channel(self, side: str) -> str:
        return f"{RECORDING}_{side}_{self.number}"

    async def begin(self, leg: AsteriskLeg) -> datetime:
        """Returns when it began. Raises `LegEnded` or `RecordingFailed`."""
        try:
            await asyncio.gather(*(self._listen(leg, side) for side in SIDES))
            began = datetime.now(UTC)
            await asyncio.gather(*(self._write(side) for side in SIDES))
        except BaseException:
            await uninterrupted(self._give_up())
            raise
        return began

    async def _listen(self, leg: AsteriskLeg, side: str) -> None:
        started = leg.until_ended(self._wire.expect(f"start:{self._channel(side)}"))
        application = self._wire.settings.application
        query = {"spy": SIDES[side], "whisper": "none", "app": application, "appArgs": RECORDING}
        try:
            await leg.ask("POST", f"/snoop/{self._channel(side)}", query)
            await started
        finally:
            started.cancel()

    async def _write(self, side: str) -> None:
        query = {"name": self.name(side), "format": "wav", "ifExists": "overwrite"}
        try:
            await self._wire.ask("POST", f"channels/{self._channel(side)}/record", query)
        except AsteriskRefused as refused:
            if refused.answer in {404, 409}:
                raise LegEnded from refused
            raise RecordingFailed(str(refused)) from refused

    async def stop(self) -> None:
        if not self._is_live:
            return
        for side in SIDES:
            try:
                await self._wire.ask("POST", f"recordings/live/{self.name(side)}/stop")
            except AsteriskRefused:
                self._wire.settle(f"recording:{self.name(side)}", {})  # it has ended by itself
        await asyncio.gather(*self._finished.values())
        await self._give_up()

    async def _give_up(self) -> None:
        for side in SIDES:
            with suppress(AsteriskLost, AsteriskRefused):
                await self._wire.drop(f"channels/{self._channel(side)}")
            self._finished[side].cancel()


def _merge(parts: Sequence[Sequence[Path]], target: Path) -> float:
    """All parts and both sides in one file, the shorter side filled up with silence. Returns the length in seconds."""
    total = 0
    with wave.open(str(target), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        for paths in parts:
            sides = [_samples(path) for path in paths]
            frames = max(map(len, sides))
            for start in range(0, frames, BLOCK_FRAMES):
                blocks = [side[start : start + BLOCK_FRAMES] for side in sides]
                length = max(map(len, blocks))
                both = np.column_stack([np.pad(block, (0, length - len(block))) for block in blocks])
                out.writeframes(both.tobytes())
            total += frames
    for path in (path for paths in parts for path in paths):
        path.unlink()
    return total / RATE_HZ


def _samples(path: Path) -> Samples:
    """By the file's size: the length in the header is written at the end, which a killed Asterisk never reaches."""
    count = (path.stat().st_size - HEADER_BYTES) // 2
    if count <= 0:
        return np.zeros(0, dtype=np.int16)
    return np.memmap(path, dtype="<i2", mode="r", offset=HEADER_BYTES, shape=(count,))
