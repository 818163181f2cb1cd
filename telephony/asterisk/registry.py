"""The legs and bridges that this process knows."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from kit.ids import new_id
from telephony.asterisk.bridge import AsteriskBridge
from telephony.asterisk.leg import AsteriskLeg
from telephony.asterisk.lines import WEB, Lines, describe_visitor
from telephony.asterisk.wire import Wire
from telephony.calls import LegState
from telephony.web_pass import WebPasses

UP = "Up"
ANY_NUMBER = "s"


class Registry:
    """`legs` by the id of the channel that they are on."""

    def __init__(self, wire: Wire, lines: Lines, passes: WebPasses) -> None:
        self.wire, self.lines, self.passes = wire, lines, passes
        self.legs: dict[str, AsteriskLeg] = {}
        self.bridges: dict[str, AsteriskBridge] = {}
        # Channels that ended lately: a list that was asked for before may still name them.
        self.gone: deque[str] = deque(maxlen=1000)

    def arrived(self, channel: Mapping[str, Any], words: Sequence[str]) -> AsteriskLeg:
        """The leg of a channel that came in; `words` are what the dial plan said of it: the way and the endpoint."""
        state = LegState.UP if channel["state"] == UP else LegState.RINGING
        if words[0] == WEB:
            return self._visitor(channel["id"], state, words[2])
        dialled = channel["dialplan"]["exten"]
        dialled = "" if dialled == ANY_NUMBER else self.lines.number(dialled)
        about = self.lines.describe(words[0], words[1], dialled)
        name = channel["caller"]["name"]
        caller = self.lines.number(channel["caller"]["number"])
        return self.add(channel["id"], caller, dialled, state, about | ({"display_name": name} if name else {}))

    def _visitor(self, leg_id: str, state: LegState, written: str) -> AsteriskLeg:
        """What a citizens' page says of itself beside its pass counts for nothing."""
        known = self.passes.read(written)
        if known is None:
            raise ValueError("a call without a pass cannot be taken on")
        return self.add(leg_id, "", known.dialled, state, describe_visitor(known))

    def move(self, leg: AsteriskLeg, channel: str) -> None:
        """Its party is on another channel from now on."""
        self.gone.append(leg.channel)
        self.legs.pop(leg.channel, None)
        self.legs[channel] = leg

    def add(self, leg_id: str, caller: str, dialled: str, state: LegState, variables: Mapping[str, str]) -> AsteriskLeg:
        leg = AsteriskLeg(self.wire, leg_id=leg_id, caller=caller, dialled=dialled, state=state, variables=variables)
        self.legs[leg_id] = leg
        return leg

    async def new_bridge(self) -> AsteriskBridge:
        bridge = self.known_bridge(new_id())
        try:
            await bridge.open()
        except BaseException:
            self._forget(bridge)
            raise
        return bridge

    def known_bridge(self, bridge_id: str) -> AsteriskBridge:
        bridge = self.bridges[bridge_id] = AsteriskBridge(self.wire, bridge_id, self._forget)
        return bridge

    def _forget(self, bridge: AsteriskBridge) -> None:
        self.bridges.pop(bridge.id, None)
