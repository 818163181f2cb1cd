"""Pure tones as stand-ins for voices: what somebody says, and which of them can be heard in a sound."""

import io
import wave
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from telephony.calls import Media

RATE = 8000
# Apart from every DTMF row and column, from CNG (1100 Hz) and from each other's harmonics.
TONES = (400, 575, 1900, 2350, 2750)
SHARE = 0.08
LOUD = 9000.0

Samples = NDArray[np.int16]


def tone(hz: int, duration_s: float, rate: int = RATE) -> Samples:
    moments = np.arange(int(duration_s * rate)) / rate
    return (LOUD * np.sin(2 * np.pi * hz * moments)).astype(np.int16)


def tones_in(samples: Samples, rate: int = RATE) -> frozenset[int]:
    """Those of `TONES` that hold a good part of the energy of `samples`."""
    signal = samples.astype(np.float64)
    if len(signal) < rate // 50 or np.sqrt(np.mean(signal**2)) < 50:
        return frozenset()
    power = np.abs(np.fft.rfft(signal * np.hanning(len(signal)))) ** 2
    frequencies = np.fft.rfftfreq(len(signal), 1 / rate)
    return frozenset(hz for hz in TONES if power[np.abs(frequencies - hz) < 25].sum() > SHARE * power.sum())


def write_wav(path: Path, *sides: Samples, rate: int = RATE) -> Path:
    length = min(len(side) for side in sides)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(sides))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.stack([side[:length] for side in sides], axis=1).tobytes())
    return path


def mp3(samples: Samples, rate: int = 44_100) -> bytes:
    """Both sides alike, as a studio delivers a prompt."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout="stereo", options={"b": "128k"})
        frame = av.AudioFrame.from_ndarray(np.repeat(samples, 2).reshape(1, -1), "s16", "stereo")
        frame.sample_rate = rate
        for part in av.AudioResampler("s16p", "stereo", rate).resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return target.getvalue()


def read_wav(path: Path) -> tuple[list[Samples], int]:
    """The sides of a file and its rate."""
    with wave.open(str(path), "rb") as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        return list(frames.reshape(-1, file.getnchannels()).T), file.getframerate()


def tone_media(folder: Path, hz: int, duration_s: float) -> Media:
    path = folder / f"{hz}-{duration_s:g}.wav"
    if not path.exists():
        write_wav(path, tone(hz, duration_s))
    return Media(path=path, duration_s=duration_s)
