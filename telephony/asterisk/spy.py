"""A supervisor takes part in an agent's call: listens, whispers, or is heard by all."""

from kit.ids import new_id
from telephony.asterisk.ari import AsteriskRefused
from telephony.asterisk.bridge import AsteriskBridge
from telephony.asterisk.leg import AsteriskLeg
from telephony.asterisk.wire import Wire
from telephony.calls import LegEnded, SpyMode

SPY = "spy"
# What goes into the listener's channel reaches nobody, or the agent's ear ("out": towards the party).
WHISPERS = {SpyMode.LISTEN: "none", SpyMode.WHISPER: "out"}


class AsteriskSpy:
    """Listening and whispering: a room of its own with the supervisor and an ear on the agent's leg."""

    def __init__(self, wire: Wire, target: AsteriskLeg, listener: AsteriskLeg) -> None:
        self._wire, self._target, self._listener = wire, target, listener
        self._mode: SpyMode | None = None
        self._room: AsteriskBridge | None = None
        self._ear = ""

    async def change(self, mode: SpyMode) -> None:
        """Raises `LegEnded` when either is gone."""
        if mode is self._mode:
            return
        await self._take_away()
        if mode is SpyMode.BARGE:
            if self._target.bridge is None:
                raise LegEnded("The agent is in no conversation.")
            await self._target.bridge.add(self._listener)
        else:
            await self._listen(WHISPERS[mode])
        self._mode = mode
        self._target.on_move.add(self._follow)

    async def _listen(self, whisper: str) -> None:
        self._ear = f"{SPY}_{new_id()}"
        self._wire.ears.add(self._ear)
        started = self._target.until_ended(self._wire.expect(f"start:{self._ear}"))
        query = {"spy": "both", "whisper": whisper, "app": self._wire.settings.application, "appArgs": SPY}
        try:
            await self._target.ask("POST", f"/snoop/{self._ear}", query)
            await started
        finally:
            started.cancel()
        self._room = AsteriskBridge(self._wire, new_id(), lambda room: self._wire.ears.discard(room.id))
        self._wire.ears.add(self._room.id)
        await self._room.open(SPY)
        try:
            await self._wire.ask("POST", f"bridges/{self._room.id}/addChannel", {"channel": self._ear})
        except AsteriskRefused as refused:
            raise LegEnded from refused
        await self._room.add(self._listener)

    async def _follow(self) -> None:
        """The agent's page came back on another channel: the ear goes there, too."""
        mode = self._mode
        if mode in WHISPERS and mode is not None:
            await self._take_away()
            await self.change(mode)

    async def close(self) -> None:
        """The supervisor's leg stays up, in no bridge. Repeating is harmless."""
        self._target.on_move.discard(self._follow)
        await self._take_away()

    async def _take_away(self) -> None:
        if self._room is not None:
            await self._room.close()
            await self._wire.drop(f"channels/{self._ear}")
            self._wire.ears.discard(self._ear)
            self._room = None
        elif self._mode is SpyMode.BARGE and self._listener.bridge is not None:
            await self._listener.bridge.remove(self._listener)
        self._mode = None
