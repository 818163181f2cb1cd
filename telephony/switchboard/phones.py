"""Agents' telephones: they ring with an offer, and are reached once it is accepted."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

from router.contact import ContactStatus
from router.tables import ContactRow, OfferRow
from telephony.calls import Answered, CallFailed, CallLeg, Dial, Ended, HangUpCause, LegState
from telephony.switchboard import store
from telephony.switchboard.call import Call, answered
from telephony.switchboard.house import House

DEVICE_FAULT = "device_fault"


@dataclass(kw_only=True)
class Ringing:
    agent_id: str
    fence: int
    leg: CallLeg


class Phones:
    """`calls`: the switchboard's. `_ringing`: by contact, the telephone that rings for its offer or was answered.

    What happens to one contact's telephone happens in turn: an answer may come before the ringing is written down.
    """

    def __init__(self, house: House, calls: Mapping[str, Call]) -> None:
        self._house = house
        self._calls = calls
        self._ringing: dict[str, Ringing] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def _turn(self, contact_id: str) -> asyncio.Lock:
        return self._turns.setdefault(contact_id, asyncio.Lock())

    async def look(self, contact_id: str) -> ContactRow:
        """Ring for the offer that is pending now, or stop. Repeating is harmless. The contact as it stands."""
        async with self._turn(contact_id):
            async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
                row = await store.contact(uow, contact_id)
                offer = await store.pending_offer(uow, contact_id)
            if offer is not None and row.status == ContactStatus.OFFERED:
                await self._offer(contact_id, offer, row.sender)
            elif row.status != ContactStatus.ACTIVE:
                await self._withdraw(contact_id)
        return row

    async def _offer(self, contact_id: str, offer: OfferRow, caller: str) -> None:
        """Let the agent's telephone ring; answering it accepts the offer. Without one the page alone shows it."""
        known, agent_id = self._ringing.get(contact_id), offer.agent_id
        if known is not None and known.fence == offer.fence:
            return
        await self._withdraw(contact_id)
        leg = await self._expected(contact_id, agent_id) or await self._dial(contact_id, agent_id, caller, "offer")
        if leg is None:
            return
        self._ringing[contact_id] = Ringing(agent_id=agent_id, fence=offer.fence, leg=leg)
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
        async with self._turn(contact_id):
            await self._withdraw(contact_id)

    async def _withdraw(self, contact_id: str) -> None:
        ringing = self._ringing.pop(contact_id, None)
        if ringing is not None:
            await ringing.leg.hang_up()

    async def reach(self, contact_id: str, agent_id: str, caller: str) -> CallLeg | None:
        """The answered telephone of the agent who accepted; None when he cannot be reached on it."""
        async with self._turn(contact_id):
            leg = await self._ringing_at(contact_id, agent_id) or await self._dial(
                contact_id, agent_id, caller, "accepted"
            )
        if leg is None or not await answered(leg, self._house.settings.device_s):
            return None
        return leg

    async def _ringing_at(self, contact_id: str, agent_id: str) -> CallLeg | None:
        """What rang at this agent, taken out of the book; what rang elsewhere stops."""
        ringing = self._ringing.pop(contact_id, None)
        if ringing is None or ringing.leg.state is LegState.ENDED:
            return None
        if ringing.agent_id == agent_id:
            return ringing.leg
        await ringing.leg.hang_up()
        return None
