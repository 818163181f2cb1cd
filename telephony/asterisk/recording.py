"""Recording with each side on its own channel: two silent listeners on one leg, one for each direction.

Recording the channel itself gave empty files where it also played; a listener of its own does not.
"""

import asyncio
import logging
import wave
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
    """Left what the leg said; right what it heard: all the others. It ends by `stop`, or with the leg."""

    def __init__(self, wire: Wire, number: str, started_at: datetime) -> None:
        self._wire, self._number, self.started_at = wire, number, started_at
        self._finished = {side: wire.expect(f"recording:{self._name(side)}") for side in SIDES}
        self._result: asyncio.Task[Recording] | None = None

    @classmethod
    async def begin(cls, wire: Wire, leg: AsteriskLeg) -> "StereoRecording":
        """Goes on with what an earlier process began on this leg, else begins. Raises `LegEnded`."""
        for channel in await wire.ask("GET", "channels"):
            kind, _, rest = channel["id"].partition("_")
            side, _, number = rest.partition("_")
            if kind == RECORDING and side == "left" and channel["name"].startswith(f"Snoop/{leg.channel}-"):
                return cls(wire, number, datetime.fromisoformat(channel["creationtime"]).astimezone(UTC))
        recording = cls(wire, new_id(), datetime.now(UTC))
        try:
            await asyncio.gather(*(recording._listen(leg, side) for side in SIDES))
            recording.started_at = datetime.now(UTC)
            await asyncio.gather(*(recording._write(side) for side in SIDES))
        except BaseException:
            await uninterrupted(recording._give_up())
            raise
        return recording

    def _name(self, side: str) -> str:
        return f"{self._number}.{side}"

    def _channel(self, side: str) -> str:
        return f"{RECORDING}_{side}_{self._number}"

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
        query = {"name": self._name(side), "format": "wav", "ifExists": "overwrite"}
        try:
            await self._wire.ask("POST", f"channels/{self._channel(side)}/record", query)
        except AsteriskRefused as refused:
            if refused.answer in {404, 409}:
                raise LegEnded from refused
            raise RecordingFailed(str(refused)) from refused

    async def stop(self) -> Recording:
        """Raises `RecordingFailed` where nothing could be kept, as on a full disk."""
        if self._result is None:
            self._result = asyncio.create_task(self._stop())
        return await asyncio.shield(self._result)

    async def _stop(self) -> Recording:
        for side in SIDES:
            try:
                await self._wire.ask("POST", f"recordings/live/{self._name(side)}/stop")
            except AsteriskRefused:
                self._wire.settle(f"recording:{self._name(side)}", {})  # it has ended by itself
        await asyncio.gather(*self._finished.values())
        await self._give_up()
        paths = {side: self._wire.settings.recordings_dir / f"{self._name(side)}.wav" for side in SIDES}
        target = self._wire.settings.recordings_dir / f"{self._number}.wav"
        try:
            duration_s = await asyncio.to_thread(_merge, paths["left"], paths["right"], target)
        except OSError as error:
            raise RecordingFailed(f"{type(error).__name__}") from error
        return Recording(path=target, started_at=self.started_at, duration_s=duration_s)

    async def _give_up(self) -> None:
        for side in SIDES:
            with suppress(AsteriskLost, AsteriskRefused):
                await self._wire.drop(f"channels/{self._channel(side)}")
            self._finished[side].cancel()


def _merge(left: Path, right: Path, target: Path) -> float:
    """Both sides in one file; the shorter one is filled up with silence. Returns the length in seconds."""
    sides = [_samples(path) for path in (left, right)]
    frames = max(map(len, sides))
    with wave.open(str(target), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        for start in range(0, frames, BLOCK_FRAMES):
            blocks = [side[start : start + BLOCK_FRAMES] for side in sides]
            length = max(map(len, blocks))
            out.writeframes(np.column_stack([np.pad(block, (0, length - len(block))) for block in blocks]).tobytes())
    for path in (left, right):
        path.unlink()
    return frames / RATE_HZ


def _samples(path: Path) -> Samples:
    """By the file's size: the length in the header is written at the end, which a killed Asterisk never reaches."""
    count = (path.stat().st_size - HEADER_BYTES) // 2
    if count <= 0:
        return np.zeros(0, dtype=np.int16)
    return np.memmap(path, dtype="<i2", mode="r", offset=HEADER_BYTES, shape=(count,))
