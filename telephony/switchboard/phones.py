"""Agents' telephones: they ring with an offer, and are reached once it is accepted."""

from collections.abc import Mapping
from dataclasses import dataclass

from telephony.calls import Answered, CallFailed, CallLeg, Dial, Ended, HangUpCause, LegState
from telephony.switchboard.call import Call, answered
from telephony.switchboard.house import House

DEVICE_FAULT = "device_fault"


@dataclass(kw_only=True)
class Ringing:
    agent_id: str
    fence: int
    leg: CallLeg


class Phones:
    """`calls`: the switchboard's. `_ringing`: by contact, the telephone that rings for its offer or was answered."""

    def __init__(self, house: House, calls: Mapping[str, Call]) -> None:
        self._house = house
        self._calls = calls
        self._ringing: dict[str, Ringing] = {}

    async def offer(self, contact_id: str, agent_id: str, fence: int, caller: str) -> None:
        """Let the agent's telephone ring; answering it accepts the offer. Without one the page alone shows it."""
        known = self._ringing.get(contact_id)
        if known is not None and known.fence == fence:
            return
        await self.withdraw(contact_id)
        leg = await self._expected(contact_id, agent_id) or await self._dial(contact_id, agent_id, caller, "offer")
        if leg is None:
            return
        self._ringing[contact_id] = Ringing(agent_id=agent_id, fence=fence, leg=leg)
        self._house.start(self._follow(contact_id, self._ringing[contact_id]))

    async def _expected(self, contact_id: str, agent_id: str) -> CallLeg | None:
        """Of a colleague who is on the line already; the offer may go to another after all."""
        call = self._calls.get(contact_id)
        side = call.expected if call else None
        if call is None or side is None:
            return None
        call.expected = None
        if side.agent_id == agent_id:
            return side.leg
        await side.leg.hang_up()
        return None

    async def _dial(self, contact_id: str, agent_id: str, caller: str, why: str) -> CallLeg | None:
        dial = Dial(
            to=f"agent:{agent_id}",
            caller=caller,
            timeout_s=self._house.settings.device_s,
            variables={"contact_id": contact_id, "why": why},
        )
        try:
            return await self._house.engine.originate(dial)
        except CallFailed:
            return None

    async def _follow(self, contact_id: str, ringing: Ringing) -> None:
        async for event in ringing.leg.events():
            if isinstance(event, Answered):
                await self._accept(contact_id, ringing)
            elif isinstance(event, Ended):
                await self._ended(contact_id, ringing, event.cause)

    async def _accept(self, contact_id: str, ringing: Ringing) -> None:
        """He lifted his receiver. Where the page was first this changes nothing."""
        router, agent_id, fence = self._house.router, ringing.agent_id, ringing.fence
        if not await self._house.change(lambda uow: router.accept(uow, contact_id, agent_id, fence)):
            await ringing.leg.hang_up()

    async def _ended(self, contact_id: str, ringing: Ringing, cause: HangUpCause) -> None:
        if self._ringing.get(contact_id) is ringing:
            del self._ringing[contact_id]
            if cause is HangUpCause.REJECTED:
                router, agent_id, fence = self._house.router, ringing.agent_id, ringing.fence
                await self._house.change(lambda uow: router.decline(uow, contact_id, agent_id, fence, DEVICE_FAULT))

    async def withdraw(self, contact_id: str) -> None:
        """The offer is over: the telephone stops ringing. Harmless when none does."""
        ringing = self._ringing.pop(contact_id, None)
        if ringing is not None:
            await ringing.leg.hang_up()

    async def reach(self, contact_id: str, agent_id: str, caller: str) -> CallLeg | None:
        """The answered telephone of the agent who accepted; None when he cannot be reached on it."""
        ringing = self._ringing.pop(contact_id, None)
        if ringing is not None and ringing.agent_id == agent_id and ringing.leg.state is not LegState.ENDED:
            leg: CallLeg | None = ringing.leg
        else:
            if ringing is not None:
                await ringing.leg.hang_up()
            leg = await self._dial(contact_id, agent_id, caller, "accepted")
        if leg is None or not await answered(leg, self._house.settings.device_s):
            return None
        return leg
