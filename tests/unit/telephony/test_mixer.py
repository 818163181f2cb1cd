"""Who hears what in the embedded engine, frame by frame."""

import numpy as np
import pytest

from telephony.calls import SpyMode
from telephony.embedded.audio import FRAME_SAMPLES, SILENCE, dtmf, to_ulaw
from telephony.embedded.mixer import MOST_FRAMES, Listening, Mixer, Playback, Room, Voice
from telephony.waveform import Samples, waiting_music
from tests.support.tones import tones_in

MUSIC: Samples = np.full(FRAME_SAMPLES, 9, np.int16)


class Party:
    """`hears` is the constant value of the newest frame that it was sent."""

    def __init__(self, mixer: Mixer) -> None:
        self.frames: list[Samples] = []
        self.voice = Voice(self.frames.append)
        mixer.voices.add(self.voice)

    def says(self, value: int, frames: int = 1) -> None:
        for _ in range(frames):
            self.voice.heard(np.full(FRAME_SAMPLES, value, np.int16))

    @property
    def hears(self) -> int:
        frame = self.frames[-1]
        assert (frame == frame[0]).all()
        return int(frame[0])


@pytest.fixture
def mixer() -> Mixer:
    return Mixer(MUSIC)


def everybody_speaks(mixer: Mixer, *parties: Party) -> None:
    for place, party in enumerate(parties):
        party.says(10**place * 10, frames=3)
    mixer.tick()


def test_each_hears_all_others_and_not_itself(mixer: Mixer) -> None:
    parties = [Party(mixer) for _ in range(3)]
    room = Room()
    mixer.rooms.add(room)
    for party in parties:
        room.add(party.voice)
    everybody_speaks(mixer, *parties)
    assert [party.hears for party in parties] == [1100, 1010, 110]


def test_a_loud_room_is_clipped_and_does_not_wrap_round(mixer: Mixer) -> None:
    parties = [Party(mixer) for _ in range(3)]
    room = Room()
    mixer.rooms.add(room)
    for party in parties:
        room.add(party.voice)
        party.says(30_000, frames=3)
    mixer.tick()
    assert [party.hears for party in parties] == [32_767] * 3


def test_hold_is_music_one_way_and_silence_the_other(mixer: Mixer) -> None:
    citizen, agent = Party(mixer), Party(mixer)
    room = Room()
    mixer.rooms.add(room)
    room.add(citizen.voice)
    room.add(agent.voice)
    citizen.voice.held = True
    everybody_speaks(mixer, citizen, agent)
    assert (citizen.hears, agent.hears) == (9, 0)


def test_a_prompt_interrupts_the_waiting_music_which_goes_on_afterwards(mixer: Mixer) -> None:
    citizen, ended = Party(mixer), []
    citizen.voice.music = True
    citizen.voice.playback = Playback(np.full(FRAME_SAMPLES + 1, 7, np.int16), lambda: ended.append(True))
    mixer.tick()
    assert citizen.hears == 7
    mixer.tick()
    assert citizen.frames[-1].tolist() == [7] + [0] * (FRAME_SAMPLES - 1)
    assert ended == [True]
    mixer.tick()
    assert citizen.hears == 9


@pytest.mark.parametrize(
    ("mode", "heard"),
    [
        (SpyMode.LISTEN, {"citizen": 100, "agent": 10, "supervisor": 110}),
        (SpyMode.WHISPER, {"citizen": 100, "agent": 1010, "supervisor": 110}),
        (SpyMode.BARGE, {"citizen": 1100, "agent": 1010, "supervisor": 110}),
    ],
)
def test_a_supervisor_is_heard_by_whom_the_mode_says(mixer: Mixer, mode: SpyMode, heard: dict[str, int]) -> None:
    citizen, agent, supervisor = (Party(mixer) for _ in range(3))
    room = Room()
    mixer.rooms.add(room)
    room.add(citizen.voice)
    room.add(agent.voice)
    room.spy(Listening(voice=supervisor.voice, target=agent.voice, mode=mode))
    everybody_speaks(mixer, citizen, agent, supervisor)
    assert {"citizen": citizen.hears, "agent": agent.hears, "supervisor": supervisor.hears} == heard


class Tape:
    def __init__(self) -> None:
        self.sides: list[tuple[int, int]] = []

    def write(self, left: Samples, right: Samples) -> None:
        self.sides.append((int(left[0]), int(right[0])))


def test_a_whisper_is_not_on_the_tape(mixer: Mixer) -> None:
    citizen, agent, supervisor = (Party(mixer) for _ in range(3))
    room, tape = Room(), Tape()
    mixer.rooms.add(room)
    room.add(citizen.voice)
    room.add(agent.voice)
    room.tapes[tape] = citizen.voice
    listening = Listening(voice=supervisor.voice, target=agent.voice, mode=SpyMode.WHISPER)
    room.spy(listening)
    everybody_speaks(mixer, citizen, agent, supervisor)
    listening.mode = SpyMode.BARGE
    mixer.tick()
    assert tape.sides == [(10, 100), (10, 1100)]


def test_sound_that_comes_in_bursts_never_waits_for_long(mixer: Mixer) -> None:
    party = Party(mixer)
    for value in range(1, 40):
        party.says(value)
    mixer.tick()
    assert int(party.voice.said[0]) >= 40 - MOST_FRAMES


def test_late_sound_is_waited_for_so_that_the_next_gap_is_not_heard(mixer: Mixer) -> None:
    party = Party(mixer)
    party.says(1)
    mixer.tick()
    assert party.voice.said is SILENCE
    party.says(2)
    mixer.tick()
    mixer.tick()
    assert int(party.voice.said[0]) == 2


def test_frames_of_any_length_become_frames_of_20_ms(mixer: Mixer) -> None:
    party = Party(mixer)
    party.voice.heard(np.arange(FRAME_SAMPLES + 40, dtype=np.int16))
    party.voice.heard(np.arange(FRAME_SAMPLES + 40, FRAME_SAMPLES * 2, dtype=np.int16))
    mixer.tick()
    first = party.voice.said
    mixer.tick()
    assert np.concatenate((first, party.voice.said)).tolist() == list(range(FRAME_SAMPLES * 2))


def test_ulaw_gives_the_codes_of_the_standard() -> None:
    values = np.array([0, 32767, -32768, 8, 132, -132, 1000, -1000], np.int16)
    assert to_ulaw(values) == bytes([0xFF, 0x80, 0x00, 0xFE, 0xEF, 0x6F, 0xCE, 0x4E])


def test_keys_sound_and_what_is_no_key_does_not() -> None:
    assert len(dtmf("1x2")) == len(dtmf("12"))
    assert np.abs(dtmf("5")).max() > 3000


def test_the_waiting_music_is_no_tone_that_means_something() -> None:
    assert tones_in(waiting_music()) == frozenset()
