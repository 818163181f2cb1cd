"""Parties who hear each other: a mixing bridge of Asterisk."""

from collections.abc import Callable
from contextlib import suppress

from kit.ids import new_id
from kit.tasks import uninterrupted
from telephony.asterisk.ari import AsteriskRefused
from telephony.asterisk.leg import GONE, AsteriskLeg
from telephony.asterisk.recording import StereoRecording
from telephony.asterisk.wire import Wire
from telephony.calls import CallFailed, CallLeg, LegEnded, Media

OnClose = Callable[["AsteriskBridge"], None]

NAME = "axd"
# Keys pressed in a conversation reach us only so.
TYPE = "mixing,dtmf_events"


class AsteriskBridge:
    def __init__(self, wire: Wire, bridge_id: str, on_close: OnClose) -> None:
        self.id = bridge_id
        self._wire, self._on_close = wire, on_close
        self._legs: list[AsteriskLeg] = []
        self._closed = False

    async def open(self, name: str = NAME) -> None:
        """Make it in Asterisk. It must be known here before, or a reconciliation might take it for a foundling."""
        await self._wire.ask("POST", f"bridges/{self.id}", {"type": TYPE, "name": name})

    @property
    def legs(self) -> tuple[CallLeg, ...]:
        return tuple(self._legs)

    async def add(self, leg: CallLeg) -> None:
        ours = _ours(leg)
        await ours.join(self)
        if ours not in self._legs:
            self._legs.append(ours)
        await self.put_in(ours)

    async def remove(self, leg: CallLeg) -> None:
        ours = _ours(leg)
        if ours in self._legs:
            self._legs.remove(ours)
            await ours.part(self)

    async def put_in(self, leg: AsteriskLeg) -> None:
        """The channel alone; who belongs to the bridge stays as it was. Raises `LegEnded` or `CallFailed`."""
        try:
            await self._wire.ask("POST", f"bridges/{self.id}/addChannel", {"channel": leg.channel})
        except AsteriskRefused as refused:
            if refused.answer == 404:
                raise CallFailed("The conversation is gone.") from refused
            # 400: no such channel; 409, 422: it is on its way out.
            raise LegEnded from refused

    async def take_out(self, leg: AsteriskLeg) -> None:
        try:
            await self._wire.ask("POST", f"bridges/{self.id}/removeChannel", {"channel": leg.channel})
        except AsteriskRefused as refused:
            if refused.answer not in {*GONE, 400, 422}:
                raise

    def forget(self, leg: AsteriskLeg) -> None:
        """It ended, or moved to another bridge."""
        if leg in self._legs:
            self._legs.remove(leg)

    def adopt(self, leg: AsteriskLeg) -> None:
        """It is in this bridge already (or held out of it)."""
        leg.bridge = self
        self._legs.append(leg)

    def vanished(self) -> None:
        """Asterisk was restarted: the bridge is gone, and so are its legs."""
        self._closed = True
        self._legs.clear()

    async def record_stereo(self, left: CallLeg) -> StereoRecording:
        return await StereoRecording.begin(self._wire, _ours(left))

    async def play(self, media: Media) -> None:
        playback = new_id()
        finished = self._wire.expect(f"playback:{playback}")
        uri = await self._wire.uri(media)
        try:
            await self._wire.ask("POST", f"bridges/{self.id}/play/{playback}", {"media": uri})
            await finished
        finally:
            if not finished.done():
                finished.cancel()
                with suppress(AsteriskRefused):
                    await self._wire.drop(f"playbacks/{playback}")
            if media.passing:
                await uninterrupted(self._wire.forget(uri))

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for leg in tuple(self._legs):
            with suppress(LegEnded):
                await self.remove(leg)
        self._on_close(self)
        await self._wire.drop(f"bridges/{self.id}")


def _ours(leg: CallLeg) -> AsteriskLeg:
    if not isinstance(leg, AsteriskLeg):
        raise TypeError("a leg of another engine cannot be bridged by Asterisk")
    return leg
