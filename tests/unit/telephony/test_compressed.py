"""Recordings made small: decoded again by another library than the product's own reading of sound."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from telephony.compressed import to_opus
from tests.support.tones import tone, write_wav

SECONDS = 3


def decoded(data: bytes) -> tuple[np.ndarray, int]:
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        assert stream.codec.name == "opus"
        return np.concatenate([frame.to_ndarray() for frame in container.decode(stream)], axis=1), stream.rate


def test_each_side_keeps_its_sound_and_its_length(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "call.wav", tone(400, SECONDS), tone(1000, SECONDS))
    data = to_opus(path)
    assert len(data) < path.stat().st_size / 4
    sides, rate = decoded(data)
    assert sides.shape[0] == 2
    assert abs(sides.shape[1] / rate - SECONDS) < 0.1
    middle = sides[:, rate : 2 * rate]
    assert [int(np.abs(np.fft.rfft(side)).argmax()) for side in middle] == [400, 1000]


def test_a_message_of_one_side_and_an_empty_one(tmp_path: Path) -> None:
    sides, _ = decoded(to_opus(write_wav(tmp_path / "message.wav", tone(575, 1.0))))
    assert sides.shape[0] == 1
    assert to_opus(write_wav(tmp_path / "empty.wav", tone(575, 0.0)))[:4] in (b"OggS", b"")


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"RIFF")
    with pytest.raises(EOFError):
        to_opus(path)
