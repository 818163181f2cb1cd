"""A supervisor in an agent's call."""

from telephony.calls import LegEnded, LegState, SpyMode
from telephony.embedded.leg import EmbeddedLeg
from telephony.embedded.mixer import Listening, Room


class EmbeddedSpy:
    """`listener` hears from the beginning; it stays up when this ends."""

    def __init__(self, room: Room, target: EmbeddedLeg, listener: EmbeddedLeg, mode: SpyMode) -> None:
        self._room = room
        self._legs = (target, listener)
        self._listening = Listening(voice=listener.voice, target=target.voice, mode=mode)
        room.spy(self._listening)

    async def change(self, mode: SpyMode) -> None:
        if any(leg.state is LegState.ENDED for leg in self._legs):
            raise LegEnded
        self._listening.mode = mode

    async def close(self) -> None:
        """Repeating is harmless."""
        self._room.unspy(self._listening)
