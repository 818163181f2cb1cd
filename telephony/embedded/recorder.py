"""A call on disk: stereo WAV, written in whole seconds by a thread of its own, so that a slow disk stops no voice."""

import asyncio
import logging
import wave
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import numpy as np

from telephony.calls import Recording
from telephony.embedded.audio import FRAME_SAMPLES
from telephony.waveform import RATE_HZ, Samples

log = logging.getLogger(__name__)

FRAMES_AT_ONCE = RATE_HZ // FRAME_SAMPLES


class StereoRecorder:
    """Left and right side by side. A full disk ends the file early; what was written before stays readable."""

    def __init__(self, path: Path, writer: ThreadPoolExecutor, started_at: datetime) -> None:
        self.path = path
        self.started_at = started_at
        self._writer = writer
        self._frames: list[Samples] = []
        self._written = 0
        self._broken = False
        self._finished: asyncio.Future[Recording] | None = None
        self._file = wave.open(str(path), "wb")  # noqa: SIM115 - lives as long as the call
        self._file.setnchannels(2)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE_HZ)

    def write(self, left: Samples, right: Samples) -> None:
        if self._broken or self._finished is not None:
            return
        self._frames.append(np.stack((left, right), axis=1))
        if len(self._frames) >= FRAMES_AT_ONCE:
            self._writer.submit(self._append, self._taken())

    async def stop(self) -> Recording:
        """Repeating answers the same."""
        if self._finished is None:
            loop = asyncio.get_running_loop()
            self._finished = asyncio.ensure_future(loop.run_in_executor(self._writer, self._close, self._taken()))
        return await asyncio.shield(self._finished)

    def _taken(self) -> list[Samples]:
        frames, self._frames = self._frames, []
        return frames

    def _append(self, frames: list[Samples]) -> None:
        if self._broken or not frames:
            return
        try:
            # Keeps the header true after each second: a killed process leaves a file that plays.
            self._file.writeframes(np.concatenate(frames).astype("<i2").tobytes())
            self._written += sum(len(frame) for frame in frames)
        except OSError as error:
            self._broken = True
            log.error("a recording breaks off after %.0f s: %s", self._written / RATE_HZ, error.strerror)

    def _close(self, frames: list[Samples]) -> Recording:
        self._append(frames)
        try:
            self._file.close()
        except OSError as error:
            log.error("a recording could not be closed: %s", error.strerror)
        return Recording(path=self.path, started_at=self.started_at, duration_s=self._written / RATE_HZ)
