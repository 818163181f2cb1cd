"""Who hears what, one frame at a time. Pure: no network and no clock; `tick` is called each 20 ms by the engine.

A voice is one party's sound. What it is sent is, in this order: a prompt that plays to it, waiting music while it is
on hold or waits, the room it is in, silence. A room mixes, for each listener, all the others that it may hear.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from telephony.calls import SpyMode
from telephony.embedded.audio import FRAME_SAMPLES, SILENCE, clipped
from telephony.waveform import Samples, waiting_music

PRIMED_FRAMES = 2
MOST_FRAMES = 8


class Playback:
    """A sound on its way out; `finished` is called once, at its end or when it is stopped."""

    def __init__(self, sound: Samples, finished: Callable[[], None]) -> None:
        self._sound = sound
        self._at = 0
        self._finished = finished
        self.over = False

    def next_frame(self) -> Samples:
        frame = self._sound[self._at : self._at + FRAME_SAMPLES]
        self._at += FRAME_SAMPLES
        if self._at >= len(self._sound):
            self.stop()
        if len(frame) == FRAME_SAMPLES:
            return frame
        return np.concatenate((frame, SILENCE[len(frame) :]))

    def stop(self) -> None:
        if not self.over:
            self.over = True
            self._finished()


class Voice:
    """One party in the mixer. `send` takes each frame that the party is to hear."""

    def __init__(self, send: Callable[[Samples], None]) -> None:
        self._send = send
        self._inbound: deque[Samples] = deque()
        self._rest = SILENCE[:0]
        self._primed = False
        self.playback: Playback | None = None
        self.room: Room | None = None
        self.held = False
        self.muted = False
        self.music = False
        self.said: Samples = SILENCE
        self.room_sound: Samples = SILENCE

    def heard(self, sound: Samples) -> None:
        """Sound came from the party, of any length."""
        whole = np.concatenate((self._rest, sound)) if len(self._rest) else sound
        full = len(whole) - len(whole) % FRAME_SAMPLES
        self._inbound.extend(whole[at : at + FRAME_SAMPLES] for at in range(0, full, FRAME_SAMPLES))
        self._rest = whole[full:]

    def take(self) -> None:
        """Choose what the party said in this frame: late sound is waited for a little, too old sound is dropped."""
        if len(self._inbound) > MOST_FRAMES:
            while len(self._inbound) > PRIMED_FRAMES:
                self._inbound.popleft()
        self._primed = len(self._inbound) >= (1 if self._primed else PRIMED_FRAMES)
        frame = self._inbound.popleft() if self._primed else SILENCE
        self.said = SILENCE if self.held or self.muted else frame

    def emit(self, music: Samples) -> None:
        """Send the frame of this tick."""
        if self.playback is not None and self.playback.over:
            self.playback = None
        if self.playback is not None:
            self._send(self.playback.next_frame())
        elif self.held or (self.music and self.room is None):
            self._send(music)
        else:
            self._send(SILENCE if self.room is None else self.room_sound)


class Tape(Protocol):
    """Where a room's sound is kept."""

    def write(self, left: Samples, right: Samples) -> None: ...


@dataclass(eq=False)
class Listening:
    """A supervisor in a room, beside the voice of the agent."""

    voice: Voice
    target: Voice
    mode: SpyMode


@dataclass(eq=False)
class Room:
    """Voices who hear each other."""

    voices: list[Voice] = field(default_factory=list)
    spies: list[Listening] = field(default_factory=list)
    announcements: list[Playback] = field(default_factory=list)
    tapes: dict[Tape, Voice] = field(default_factory=dict)

    def add(self, voice: Voice) -> None:
        if voice.room is self:
            return
        if voice.room is not None:
            voice.room.remove(voice)
        voice.room = self
        self.voices.append(voice)

    def remove(self, voice: Voice) -> None:
        if voice in self.voices:
            self.voices.remove(voice)
            voice.room, voice.room_sound = None, SILENCE

    def spy(self, listening: Listening) -> None:
        listening.voice.room = self
        self.spies.append(listening)

    def unspy(self, listening: Listening) -> None:
        if listening in self.spies:
            self.spies.remove(listening)
            listening.voice.room, listening.voice.room_sound = None, SILENCE

    def mix(self) -> None:
        """Fill `room_sound` of everybody here, and the tapes."""
        announced = [playback.next_frame() for playback in self.announcements]
        self.announcements = [playback for playback in self.announcements if not playback.over]
        open_voices = self.voices + [spy.voice for spy in self.spies if spy.mode is SpyMode.BARGE]
        for voice in self.voices:
            whispers = [spy.voice for spy in self.spies if spy.mode is SpyMode.WHISPER and spy.target is voice]
            voice.room_sound = _sum(voice, open_voices + whispers, announced)
        for spy in self.spies:
            spy.voice.room_sound = _sum(spy.voice, open_voices, announced)
        for tape, left in list(self.tapes.items()):
            tape.write(left.said, _sum(left, open_voices, announced))


def _sum(own: Voice, voices: Iterable[Voice], announced: Iterable[Samples]) -> Samples:
    parts = [voice.said for voice in voices if voice is not own and voice.said is not SILENCE]
    parts.extend(announced)
    if not parts:
        return SILENCE
    if len(parts) == 1:
        return parts[0]
    return clipped(np.sum(parts, axis=0, dtype=np.int32))


class Mixer:
    """All voices and rooms of the process."""

    def __init__(self, music: Samples | None = None) -> None:
        self.voices: set[Voice] = set()
        self.rooms: set[Room] = set()
        self._music = waiting_music() if music is None else music
        self._at = 0

    def tick(self) -> None:
        """Take, mix and send one frame of everybody."""
        music = self._music.take(range(self._at, self._at + FRAME_SAMPLES), mode="wrap")
        self._at = (self._at + FRAME_SAMPLES) % len(self._music)
        for voice in self.voices:
            voice.take()
        for room in self.rooms:
            room.mix()
        for voice in tuple(self.voices):
            voice.emit(music)
