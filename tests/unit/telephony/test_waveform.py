"""Sound as numbers, against what ITU-T G.711 says of single codes."""

from pathlib import Path

import numpy as np
import pytest

from telephony.waveform import RATE_HZ, from_ulaw, read_wav, to_alaw, to_ulaw, waiting_music, write_wav

RAMP = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)


def test_known_codes_of_g711() -> None:
    assert to_ulaw(np.array([0, 32767, -32768], dtype=np.int16)) == bytes((0xFF, 0x80, 0x00))
    assert to_alaw(np.array([0, 32767, -32768], dtype=np.int16)) == bytes((0xD5, 0xAA, 0x2A))


def test_mu_law_comes_back_within_a_step() -> None:
    back = from_ulaw(to_ulaw(RAMP)).astype(np.int32)
    error = np.abs(back - RAMP)
    assert error.max() <= 644  # half of the largest step, and the clipping
    assert error[np.abs(RAMP.astype(np.int32)) < 100].max() <= 8
    assert to_ulaw(from_ulaw(bytes(range(127)))) == bytes(range(127))


def test_two_sides_keep_their_place_and_the_shorter_is_filled_with_silence(tmp_path: Path) -> None:
    path = tmp_path / "both.wav"
    write_wav(path, RAMP[:100], RAMP[:40])
    assert (read_wav(path) == RAMP[:100]).all()


def test_another_rate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write_wav(path, RAMP[:10])
    data = bytearray(path.read_bytes())
    data[24:28] = (16000).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(ValueError, match="8 kHz"):
        read_wav(path)


def test_the_waiting_music_is_quiet_and_has_no_seam() -> None:
    music = waiting_music()
    assert len(music) == 16 * RATE_HZ
    assert np.abs(music).max() <= 4000
    assert abs(int(music[0]) - int(music[-1])) < 100
