"""Sound as this engine carries it: 8 kHz, 16-bit, mono, in frames of 20 ms; on the wire G.711 u-law (ITU-T G.711)."""

import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from telephony import waveform
from telephony.waveform import RATE_HZ, Samples

FRAME_SAMPLES = 160
FRAME_S = FRAME_SAMPLES / RATE_HZ
LOUDEST = 32767

SILENCE: Samples = np.zeros(FRAME_SAMPLES, np.int16)
SILENCE.setflags(write=False)

_DTMF_ROWS_HZ = (697, 770, 852, 941)
_DTMF_COLUMNS_HZ = (1209, 1336, 1477, 1633)
_DTMF_KEYS = ("123A", "456B", "789C", "*0#D")
_TONE_S = 0.1


# The code of each 16-bit value, found by its bits as an unsigned number.
_TO_ULAW = np.frombuffer(waveform.to_ulaw(np.arange(65536, dtype=np.uint16).view(np.int16)), np.uint8)


def to_ulaw(frame: Samples) -> bytes:
    """One byte for each sample."""
    return _TO_ULAW[frame.view(np.uint16)].tobytes()


def clipped(total: NDArray[np.int32]) -> Samples:
    """A sum of voices, as loud as the line allows."""
    return np.clip(total, -LOUDEST - 1, LOUDEST).astype(np.int16)


def read_wav(path: Path) -> Samples:
    """The sound of a prompt. Raises `ValueError` when it is not 16-bit mono PCM at 8 kHz, `OSError` when unreadable."""
    about = path.stat()
    return _read_wav(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=256)
def _read_wav(path: Path, _changed_ns: int, _size: int) -> Samples:
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            if form != (1, 2, RATE_HZ):
                raise ValueError(f"{path.name} is not 16-bit mono PCM at {RATE_HZ} Hz")
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path.name} is not a WAV file") from error
    sound.setflags(write=False)
    return sound


def tone(frequencies_hz: tuple[float, ...], duration_s: float, level: float = 0.3) -> Samples:
    """Sines together; `level` is the peak of their sum, 1.0 the loudest."""
    at = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    total = sum((np.sin(2 * np.pi * hz * at) for hz in frequencies_hz), np.zeros_like(at))
    return (total * (level * LOUDEST / max(1, len(frequencies_hz)))).astype(np.int16)


def dtmf(digits: str) -> Samples:
    """The keys as tones of 100 ms with pauses of 100 ms (ITU-T Q.23); what is no key is left out."""
    pause = np.zeros(int(_TONE_S * RATE_HZ), np.int16)
    parts = [part for digit in digits if (pair := _pair(digit)) for part in (tone(pair, _TONE_S), pause)]
    return np.concatenate(parts) if parts else pause[:0]


def _pair(digit: str) -> tuple[float, ...]:
    for row_hz, keys in zip(_DTMF_ROWS_HZ, _DTMF_KEYS, strict=True):
        if digit in keys:
            return (row_hz, _DTMF_COLUMNS_HZ[keys.index(digit)])
    return ()
