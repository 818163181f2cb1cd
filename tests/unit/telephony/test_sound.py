"""Recordings brought into the one form of prompts."""

import io
import wave

import numpy as np
import pytest

from kit.errors import Invalid
from telephony.prompts.sound import Edits, decode, prompt_of
from tests.support.tones import tone

PLAIN = Edits(normalise=False)


def wav(samples: np.ndarray, rate: int, *, width: int = 2, channels: int = 1) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return target.getvalue()


def level_db(data: bytes) -> float:
    samples, _ = decode(data)
    return float(20 * np.log10(np.sqrt(np.mean(samples**2))))


def test_any_rate_and_number_of_channels_becomes_mono_at_8_khz_with_the_same_tone() -> None:
    stereo = np.repeat(tone(575, 1.0, 44_100), 2)
    data, duration_s = prompt_of(wav(stereo, 44_100, channels=2), PLAIN)
    samples, rate = decode(data)
    assert rate == 8000
    assert duration_s == pytest.approx(1.0, abs=0.01)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.fft.rfftfreq(len(samples), 1 / rate)[spectrum.argmax()] == pytest.approx(575, abs=2)


def test_what_lies_above_the_telephones_band_does_not_fold_back_into_it() -> None:
    loud = level_db(prompt_of(wav(tone(575, 1.0, 22_050), 22_050), PLAIN)[0])
    folded = level_db(prompt_of(wav(tone(6000, 1.0, 22_050), 22_050), PLAIN)[0])
    assert folded < loud - 40


def test_widths_of_8_and_24_bits_are_read() -> None:
    eight = ((tone(575, 0.5) >> 8) + 128).astype(np.uint8)
    wide = tone(575, 0.5).astype(np.int32) << 8
    threes = wide.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].copy()
    for data in (wav(eight, 8000, width=1), wav(threes, 8000, width=3)):
        assert level_db(prompt_of(data, PLAIN)[0]) == pytest.approx(level_db(wav(tone(575, 0.5), 8000)), abs=0.2)


def test_edges_are_cut_by_time_and_by_silence() -> None:
    quiet = np.zeros(8000, dtype=np.int16)
    data = wav(np.concatenate([quiet, tone(575, 1.0), quiet]), 8000)
    assert prompt_of(data, Edits(trim_start_s=1.5, trim_end_s=0.5))[1] == pytest.approx(1.0)
    assert prompt_of(data, Edits(trim_silence=True))[1] == pytest.approx(1.2, abs=0.05)


def test_loud_and_soft_recordings_come_out_alike_and_the_gain_comes_on_top() -> None:
    loud, soft = tone(575, 1.0), (tone(575, 1.0) // 30).astype(np.int16)
    levels = [level_db(prompt_of(wav(samples, 8000), Edits())[0]) for samples in (loud, soft)]
    assert levels == [pytest.approx(-20, abs=0.3)] * 2
    assert level_db(prompt_of(wav(soft, 8000), Edits(gain_db=6))[0]) == pytest.approx(-14, abs=0.3)


def test_no_gain_clips() -> None:
    samples, _ = decode(prompt_of(wav(tone(575, 1.0), 8000), Edits(gain_db=40))[0])
    assert np.max(np.abs(samples)) <= 10 ** (-1 / 20) + 0.001


@pytest.mark.parametrize("data", [b"", b"RIFF", b"ID3" + bytes(100), wav(np.zeros(10, dtype=np.int16), 8000)[:30]])
def test_what_is_no_wav_file_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        prompt_of(data, Edits())


def test_a_prompt_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(Invalid):
        prompt_of(wav(np.zeros(8000, dtype=np.int16), 8000), Edits(trim_silence=True))
