"""Sound as numbers: WAV files, G.711, and a waiting music of our own. Samples are 16-bit mono at 8 kHz."""

import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
RATE_HZ = 8000
_BIAS, _CLIP = 0x84, 32635


def read_wav(path: Path) -> Samples:
    """All samples; of several channels the first. Raises `ValueError` for another width or rate."""
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2 or file.getframerate() != RATE_HZ:
            raise ValueError(f"{path.name} is not 16-bit at 8 kHz")
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return frames[:: file.getnchannels()]


def write_wav(path: Path, *channels: Samples) -> None:
    """One channel, or left and right; the shorter one is filled up with silence."""
    length = max(len(channel) for channel in channels)
    padded = [np.pad(channel, (0, length - len(channel))) for channel in channels]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.column_stack(padded).astype("<i2").tobytes())


def peaks(path: Path, points: int) -> list[list[int]]:
    """How loud each channel is at its loudest in each of `points` equal spans, 0 to 100."""
    with wave.open(str(path), "rb") as file:
        frames, channels = file.getnframes(), file.getnchannels()
        found: list[list[int]] = [[] for _ in range(channels)]
        for at in range(points):
            span = file.readframes((at + 1) * frames // points - at * frames // points)
            samples = np.frombuffer(span, dtype="<i2").astype(np.int32).reshape(-1, channels)
            for channel, loud in enumerate(found):
                loud.append(int(np.abs(samples[:, channel]).max(initial=0) * 100 // 32768))
    return found


def to_ulaw(samples: Samples) -> bytes:
    """G.711 mu-law (ITU-T G.711, table 2a)."""
    values = samples.astype(np.int32)
    sign = np.where(values < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(values), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    coded: bytes = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()
    return coded


def to_alaw(samples: Samples) -> bytes:
    """G.711 A-law (ITU-T G.711, table 1a)."""
    values = samples.astype(np.int32) >> 3
    sign = np.where(values >= 0, 0xD5, 0x55)
    magnitude = np.where(values >= 0, values, -values - 1)
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0)
    mantissa = np.where(exponent > 0, magnitude >> np.maximum(exponent, 1), magnitude >> 1) & 0x0F
    coded: bytes = (((exponent << 4) | mantissa) ^ sign).astype(np.uint8).tobytes()
    return coded


def from_ulaw(coded: bytes) -> Samples:
    """The samples of G.711 mu-law."""
    values = ~np.frombuffer(coded, dtype=np.uint8)
    magnitude = (((values & 0x0F).astype(np.int32) << 3) + _BIAS) << ((values >> 4) & 7)
    return np.where(values & 0x80, _BIAS - magnitude, magnitude - _BIAS).astype(np.int16)


@lru_cache(maxsize=1)
def waiting_music() -> Samples:
    """Sixteen seconds of slow broken chords, quiet, without a seam where they repeat."""
    chords = ((262, 330, 523, 659), (220, 262, 330, 440), (175, 220, 262, 349), (165, 330, 494, 659))
    notes = [_note(chord[step], 0.5) for chord in chords for step in (0, 1, 2, 3, 2, 1, 2, 3)]
    return np.concatenate(notes)


def _note(frequency_hz: float, seconds: float) -> Samples:
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    shape = np.minimum(time / 0.02, 1) * np.exp(-2.5 * time) * np.minimum((seconds - time) / 0.02, 1)
    return (4000 * shape * np.sin(2 * np.pi * frequency_hz * time)).astype(np.int16)
