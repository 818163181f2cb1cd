"""Parties who hear each other, and what is kept of it."""

import asyncio
from collections.abc import Awaitable, Callable

from telephony.calls import CallLeg, LegEnded, LegState, Media, Recording
from telephony.embedded.audio import read_wav
from telephony.embedded.leg import EmbeddedLeg
from telephony.embedded.mixer import Mixer, Playback, Room
from telephony.embedded.recorder import StereoRecorder

NewRecorder = Callable[[], StereoRecorder]


class EmbeddedBridge:
    """`changed` is called for each leg that came or went."""

    def __init__(
        self,
        bridge_id: str,
        mixer: Mixer,
        new_recorder: NewRecorder,
        changed: Callable[[EmbeddedLeg], Awaitable[None]],
        forget: Callable[[str], object],
    ) -> None:
        self.id = bridge_id
        self.room = Room()
        self._mixer = mixer
        self._new_recorder = new_recorder
        self._changed = changed
        self._forget = forget
        self._legs: dict[str, EmbeddedLeg] = {}
        mixer.rooms.add(self.room)

    @property
    def legs(self) -> tuple[CallLeg, ...]:
        return tuple(self._legs.values())

    async def add(self, leg: CallLeg) -> None:
        party = own(leg)
        if party.state is LegState.ENDED:
            raise LegEnded
        self.take(party)
        await self._changed(party)

    def take(self, leg: EmbeddedLeg) -> None:
        if leg.bridge is not None and leg.bridge is not self:
            leg.bridge.drop(leg)
        self.room.add(leg.voice)
        self._legs[leg.id] = leg
        leg.bridge = self

    async def remove(self, leg: CallLeg) -> None:
        party = own(leg)
        if party.id in self._legs:
            self.drop(party)
            await self._changed(party)

    def drop(self, leg: EmbeddedLeg) -> None:
        """The leg is in no bridge any more; harmless when it is not here."""
        if self._legs.pop(leg.id, None) is not None:
            self.room.remove(leg.voice)
            leg.bridge = None

    async def record_stereo(self, left: CallLeg) -> "EmbeddedRecording":
        party = own(left)
        if party.state is LegState.ENDED:
            raise LegEnded
        recorder = self._new_recorder()
        self.room.tapes[recorder] = party.voice
        return EmbeddedRecording(recorder, self.room)

    async def play(self, media: Media) -> None:
        sound = await asyncio.to_thread(read_wav, media.path)
        over = asyncio.Event()
        playback = Playback(sound, over.set)
        self.room.announcements.append(playback)
        try:
            await over.wait()
        finally:
            playback.stop()

    async def close(self) -> None:
        self._mixer.rooms.discard(self.room)
        self._forget(self.id)
        for playback in self.room.announcements:
            playback.stop()
        for leg in list(self._legs.values()):
            await self.remove(leg)


class EmbeddedRecording:
    def __init__(self, recorder: StereoRecorder, room: Room) -> None:
        self._recorder = recorder
        self._room = room

    async def stop(self) -> Recording:
        self._room.tapes.pop(self._recorder, None)
        return await self._recorder.stop()


def own(leg: CallLeg) -> EmbeddedLeg:
    """The leg as this engine made it. Raises `TypeError` for one of another engine."""
    if not isinstance(leg, EmbeddedLeg):
        raise TypeError("a leg of another engine cannot be in this bridge")
    return leg
