"""A supervisor takes part in a call: listens, speaks to the agent alone, or to both; takes it over, or ends it.

Who may do so, and that it is written down, is the desk's matter: commands come from there.
"""

import logging

from kit.errors import AppError, Conflict
from router.service import Router
from telephony.calls import CallLeg, Dial, Ended, HangUpCause, SpyMode
from telephony.switchboard.call import AgentSide, Call, Listening, answered
from telephony.switchboard.house import House

log = logging.getLogger(__name__)


class Supervision:
    """Of one call. Raises `Conflict` code `no_agent` while no agent has it."""

    def __init__(self, house: House, call: Call) -> None:
        self._house, self._call = house, call

    async def listen(self, supervisor_id: str, mode: SpyMode) -> None:
        """Ring the supervisor's telephone, then let him take part; one who does already changes the way.

        Returns as it rings. Raises `CallFailed` where he has no telephone.
        """
        call, side = self._call, self._call.agent
        if side is None:
            raise Conflict("No agent has this call.", code="no_agent")
        known = call.listening.get(supervisor_id)
        if known is not None and known.spy is not None:
            await known.spy.change(mode)
            known.mode = mode
            return
        if not self._house.engine.capabilities.spy:
            raise AppError("This call engine cannot do that.", code="not_supported")
        leg = await self._ring(supervisor_id)
        call.listening[supervisor_id] = Listening(leg=leg, mode=mode)
        self._house.start(self._take_part(supervisor_id, side))

    async def _ring(self, supervisor_id: str) -> CallLeg:
        dial = Dial(
            to=f"agent:{supervisor_id}",
            caller=self._call.leg.caller,
            timeout_s=self._house.settings.device_s,
            variables={"contact_id": self._call.contact_id, "why": "supervision"},
        )
        return await self._house.engine.originate(dial)

    async def _take_part(self, supervisor_id: str, side: AgentSide) -> None:
        call, house = self._call, self._house
        listening = call.listening[supervisor_id]
        try:
            if await answered(listening.leg, house.settings.device_s) and not call.ended.is_set():
                listening.spy = await house.engine.spy(side.leg, listening.leg, listening.mode)
                async for event in listening.leg.events():
                    if isinstance(event, Ended):
                        break
        finally:
            await self.leave(supervisor_id)

    async def leave(self, supervisor_id: str) -> None:
        """Harmless when he does not take part."""
        listening = self._call.listening.pop(supervisor_id, None)
        if listening is None:
            return
        if listening.spy is not None:
            await listening.spy.close()
        listening.over.set()
        if not listening.stays:
            await listening.leg.hang_up()

    async def leave_unless_cleared(self) -> None:
        """The call has become confidential: whoever stays may see it, and that is written down once more."""
        desk, call = self._house.supervisors, self._call
        for supervisor_id, listening in list(call.listening.items()):
            action = f"call.{listening.mode}"
            if desk is None or not await desk.takes_part(supervisor_id, call.contact_id, action):
                await self.leave(supervisor_id)

    async def leave_all(self) -> None:
        for supervisor_id in list(self._call.listening):
            await self.leave(supervisor_id)

    async def take_over(self, supervisor_id: str) -> None:
        """The agent goes, the supervisor has the contact: by an offer that his telephone answers."""
        call, house, side = self._call, self._house, self._call.agent
        listening = call.listening.get(supervisor_id)
        if side is None or listening is None or listening.spy is None:
            raise Conflict("Take part in the call first.", code="no_agent")
        router: Router = house.router
        # Gone from those who listen before the agent goes, with whom they all leave.
        call.listening.pop(supervisor_id)
        call.expected = AgentSide(agent_id=supervisor_id, leg=listening.leg)
        agent_id, contact_id = side.agent_id, call.contact_id
        if not await house.change(lambda uow: router.transfer(uow, contact_id, agent_id, "agent", supervisor_id)):
            call.expected = None
            call.listening[supervisor_id] = listening
            raise Conflict("You are not ready.", code="agent_not_available")
        await listening.spy.close()
        listening.over.set()

    async def hang_up(self) -> None:
        """End the call for everybody."""
        self._call.ended_by = "supervisor"
        await self._call.leg.hang_up(HangUpCause.NORMAL)
