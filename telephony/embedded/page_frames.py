"""What pages say, carried out: the gateway's end of the conversation with them.

Frames of one party are carried out in their order, each in a task of the engine: whoever brings one need not wait. The
answers are events for the party (`answer`, `legs`, `error`), beside what legs tell by themselves (`ring`, `state`,
`moved`, `rejoin`, `ended`).
"""

import asyncio
import logging
from collections import Counter, defaultdict
from typing import Any, cast

from kit.errors import AppError, NotFound, TooMany
from telephony.calls import HangUpCause, LegState
from telephony.embedded.engine import EmbeddedEngine
from telephony.embedded.frames import (
    PAGE_FRAME,
    Call,
    Candidate,
    DigitFrame,
    HangUp,
    Hello,
    Join,
    Mute,
)
from telephony.embedded.leg import EmbeddedLeg
from telephony.embedded.peer import Peer
from telephony.guard import Window

log = logging.getLogger(__name__)

COMMAND = "phone.frame"
# An offer costs a connection: more than any page asks for, however often it is loaded.
MOST_OFFERS, OFFERS_WINDOW_S = 30, 60.0
MOST_WAITING = 100
Frame = Hello | Call | Join | Candidate | DigitFrame | Mute | HangUp


class PageFrames:
    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: Counter[str] = Counter()
        self._offers = Window(MOST_OFFERS, OFFERS_WINDOW_S)

    async def command(self, _name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """`phone.frame` {party, frame, caller, dialled, variables}: carried out soon, in turn; answered at once.

        Raises `TooMany` for a party that says more than can be carried out.
        """
        party = str(arguments["party"])
        if self._waiting[party] >= MOST_WAITING:
            raise TooMany
        self._waiting[party] += 1
        self._engine.start(self._in_turn(party, arguments))
        return {}

    async def _in_turn(self, party: str, arguments: dict[str, Any]) -> None:
        try:
            await self._take(party, arguments)
        finally:
            self._waiting[party] -= 1
            if not self._waiting[party]:
                del self._waiting[party], self._turns[party]

    async def _take(self, party: str, arguments: dict[str, Any]) -> None:
        async with self._turns[party]:
            frame = PAGE_FRAME.validate_python(arguments["frame"])
            try:
                await self._carry_out(party, frame, arguments)
            except AppError as error:
                leg_id = getattr(frame, "leg_id", "")
                answer = {"type": "error", "page": frame.page, "leg_id": leg_id, "code": error.code}
                await self._engine.tell(party, answer)
            except Exception:
                log.exception("a frame %s could not be carried out", frame.type)

    async def _carry_out(self, party: str, frame: Frame, arguments: dict[str, Any]) -> None:
        if isinstance(frame, Hello):
            legs = [leg.view() for leg in self._engine.legs_of(party)]
            await self._engine.tell(party, {"type": "legs", "page": frame.page, "legs": legs})
        elif isinstance(frame, Call):
            await self._call(party, frame, arguments)
        elif isinstance(frame, Join):
            await self._join(self._own(party, frame.leg_id), frame)
        elif isinstance(frame, Candidate):
            leg = self._own(party, frame.leg_id)
            if leg.peer is not None and leg.peer.page == frame.page:
                await leg.peer.add_candidate(frame.candidate, frame.mid)
        elif isinstance(frame, DigitFrame):
            self._own(party, frame.leg_id).press(frame.value)
        elif isinstance(frame, Mute):
            await self._own(party, frame.leg_id).mute(frame.muted)
        else:
            await self._hang_up(self._own(party, frame.leg_id))

    def _own(self, party: str, leg_id: str) -> EmbeddedLeg:
        leg = self._engine.legs.get(leg_id)
        if leg is None or leg.facts.party != party:
            raise NotFound("This call is over.")
        return leg

    async def _call(self, party: str, frame: Call, arguments: dict[str, Any]) -> None:
        leg = self._engine.call_of(party)
        if leg is not None:
            await self._connect(leg, frame)
            return
        variables = {**cast("dict[str, str]", arguments.get("variables", {})), "language": frame.language}
        leg = await self._engine.incoming(
            party, str(arguments.get("caller", "")), str(arguments.get("dialled", "")), variables
        )
        try:
            await self._connect(leg, frame)
        except AppError:
            await leg.hang_up(HangUpCause.FAILED)
            raise
        self._engine.hand_over(leg)

    async def _join(self, leg: EmbeddedLeg, frame: Join) -> None:
        await self._connect(leg, frame)
        if leg.state is LegState.RINGING and leg.facts.direction == "out":
            await leg.answer()

    async def _connect(self, leg: EmbeddedLeg, frame: Call | Join) -> None:
        if not self._offers.admit(leg.facts.party):
            raise TooMany
        peer = Peer(frame.page, leg.voice.heard, self._engine.ice_servers)
        answer = await leg.connect(peer, frame.offer)
        told = {"type": "answer", "page": frame.page, "sdp": answer, **leg.view()}
        await self._engine.tell(leg.facts.party, told)

    async def _hang_up(self, leg: EmbeddedLeg) -> None:
        declined = leg.state is LegState.RINGING and leg.facts.direction == "out"
        await leg.hang_up(HangUpCause.REJECTED if declined else HangUpCause.NORMAL)
