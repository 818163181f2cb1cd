"""MP3 files as sound (MPEG-1/2 audio layer III), such as studios deliver prompts."""

import io

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from kit.errors import Invalid

TAG, SYNC, SYNC_BITS = b"ID3", 0xFF, 0xE0


def is_mp3(data: bytes) -> bool:
    """Whether it begins as such a file does: with a tag, or with the head of a frame."""
    return data.startswith(TAG) or (len(data) > 1 and data[0] == SYNC and data[1] & SYNC_BITS == SYNC_BITS)


def decode_mp3(data: bytes, longest_s: float) -> tuple[NDArray[np.float64], int]:
    """Mono, -1 to 1, and the rate. Raises `Invalid`, also past `longest_s`: a small file may hold hours."""
    parts: list[NDArray[np.float64]] = []
    try:
        with av.open(io.BytesIO(data), "r", format="mp3") as container:
            stream = container.streams.audio[0]
            mono, rate, heard = av.AudioResampler(format="flt", layout="mono"), stream.rate, 0
            for frame in container.decode(stream):
                heard += frame.samples
                if heard > longest_s * rate:
                    raise Invalid("A prompt is at most 15 minutes long.", code="prompt_too_long")
                parts += [part.to_ndarray().reshape(-1).astype(np.float64) for part in mono.resample(frame)]
    except (FFmpegError, IndexError, ValueError) as error:
        raise Invalid("No sound can be read from this file.", code="not_a_wav") from error
    if not parts:
        raise Invalid("No sound can be read from this file.", code="not_a_wav")
    return np.concatenate(parts), rate
