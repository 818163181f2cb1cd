"""Recordings and speech brought into the one form of prompts: mono, 16 bit, 8 kHz, at an even loudness."""

import io
import wave
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kit.errors import Invalid
from telephony.prompts.mp3 import decode_mp3, is_mp3
from telephony.waveform import RATE_HZ

Wave = NDArray[np.float64]
"""Mono, -1 to 1."""

LONGEST_S = 15 * 60
QUIET_DB, FRAME_S, KEPT_EDGE_S = -45.0, 0.02, 0.1
LOUDNESS_DB, PEAK_DB = -20.0, -1.0
TAPS_PER_PHASE = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """`trim_start_s`, `trim_end_s` are cut away; `trim_silence` at both ends too, all but 0.1 s. Gain in dB."""

    trim_start_s: float = 0.0
    trim_end_s: float = 0.0
    trim_silence: bool = False
    gain_db: float = 0.0
    normalise: bool = True


SPOKEN = Edits(trim_silence=True)
"""Of what a machine says."""


def decode(data: bytes) -> tuple[Wave, int]:
    """A WAV file of 8, 16, 24 or 32 bit PCM or an MP3 file, its channels mixed, and its rate. Raises `Invalid`."""
    return decode_mp3(data, LONGEST_S) if is_mp3(data) else _decode_wav(data)


def _decode_wav(data: bytes) -> tuple[Wave, int]:
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            if file.getnframes() > LONGEST_S * rate:
                raise Invalid("A prompt is at most 15 minutes long.", code="prompt_too_long")
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError, ZeroDivisionError) as error:
        raise Invalid("This is neither a WAV file in PCM nor an MP3 file.", code="not_a_wav") from error
    if not channels or not 1 <= width <= 4 or not 4000 <= rate <= 192_000:
        raise Invalid("This WAV file has an unusual form.", code="not_a_wav")
    frames = frames[: len(frames) // (width * channels) * width * channels]
    samples = _as_floats(frames, width)
    mixed: Wave = samples.reshape(-1, channels).mean(axis=1)
    return mixed, rate


def _as_floats(frames: bytes, width: int) -> Wave:
    if width == 1:
        return (np.frombuffer(frames, dtype=np.uint8).astype(np.float64) - 128) / 128
    if width == 3:
        parts = np.frombuffer(frames, dtype=np.uint8).reshape(-1, 3).astype(np.int32)
        values = (parts[:, 0] << 8 | parts[:, 1] << 16 | parts[:, 2] << 24) >> 8
        return values.astype(np.float64) / (1 << 23)
    kind = np.dtype("<i2") if width == 2 else np.dtype("<i4")
    return np.frombuffer(frames, dtype=kind).astype(np.float64) / float(1 << (8 * width - 1))


def encode(samples: Wave) -> bytes:
    """A WAV file in the form of prompts."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return target.getvalue()


def resampled(samples: Wave, rate: int) -> Wave:
    """At 8 kHz, what lies above 3.8 kHz filtered away, so that nothing folds back into the voice."""
    if rate == RATE_HZ or not len(samples):
        return samples
    if rate > RATE_HZ:
        samples = _low_pass(samples, 3800 / rate, TAPS_PER_PHASE * rate // RATE_HZ | 1)
    moments = np.arange(int(len(samples) * RATE_HZ / rate)) * (rate / RATE_HZ)
    found: Wave = np.interp(moments, np.arange(len(samples)), samples)
    return found


def _low_pass(samples: Wave, cut: float, taps: int) -> Wave:
    places = np.arange(taps) - taps // 2
    kernel = np.sinc(2 * cut * places) * np.hamming(taps)
    filtered: Wave = np.convolve(samples, kernel / kernel.sum(), mode="same")
    return filtered[: len(samples)]


def edited(samples: Wave, edits: Edits) -> Wave:
    """Cut, then made even in loudness, then louder or softer by the gain; never clipped hard."""
    start = round(max(edits.trim_start_s, 0) * RATE_HZ)
    end = len(samples) - round(max(edits.trim_end_s, 0) * RATE_HZ)
    samples = samples[start : max(end, start)]
    if edits.trim_silence:
        samples = _without_edges(samples)
    if edits.normalise:
        samples = _even(samples)
    samples = samples * 10 ** (edits.gain_db / 20)
    peak = float(np.max(np.abs(samples), initial=0.0))
    ceiling = 10 ** (PEAK_DB / 20)
    return samples * (ceiling / peak) if peak > ceiling else samples


def _loud_frames(samples: Wave) -> NDArray[np.intp]:
    size = round(FRAME_S * RATE_HZ)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    return np.flatnonzero(np.sqrt(np.mean(frames**2, axis=1)) > 10 ** (QUIET_DB / 20))


def _without_edges(samples: Wave) -> Wave:
    loud = _loud_frames(samples)
    if not len(loud):
        return samples[:0]
    size, edge = round(FRAME_S * RATE_HZ), round(KEPT_EDGE_S * RATE_HZ)
    return samples[max(loud[0] * size - edge, 0) : (loud[-1] + 1) * size + edge]


def _even(samples: Wave) -> Wave:
    """Speech at -20 dBFS, measured where somebody speaks."""
    loud = _loud_frames(samples)
    if not len(loud):
        return samples
    size = round(FRAME_S * RATE_HZ)
    spoken = np.concatenate([samples[index * size : (index + 1) * size] for index in loud])
    level = float(np.sqrt(np.mean(spoken**2)))
    return samples * (10 ** (LOUDNESS_DB / 20) / level)


def prompt_of(data: bytes, edits: Edits) -> tuple[bytes, float]:
    """An uploaded file as a prompt, and how long it is in seconds. Raises `Invalid`; CPU-bound: call it in a thread."""
    samples, rate = decode(data)
    finished = edited(resampled(samples, rate), edits)
    if not len(finished):
        raise Invalid("Nothing is left to be heard.", code="empty_prompt")
    return encode(finished), len(finished) / RATE_HZ
