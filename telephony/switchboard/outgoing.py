"""Calls that we make: a promised call-back is dialled once an agent has taken it."""

import logging
from collections.abc import Awaitable, Callable

from router.contact import Channel
from telephony.calls import CallFailed, Dial, HangUpCause
from telephony.ivr.ports import Session
from telephony.switchboard import callbacks, store
from telephony.switchboard.call import AgentSide, Call, answered
from telephony.switchboard.conversation import Conversation, give_back, held, target
from telephony.switchboard.house import House
from telephony.switchboard.phones import Phones
from telephony.switchboard.ports import ArrivingCall
from telephony.tables import CallbackRow

log = logging.getLogger(__name__)

REACHED, NOT_REACHED = "reached", "not_reached"


class Outgoing:
    """`calls`: the switchboard's, by contact. `go_on`: lets a citizen whom the agent sent there go through the flow."""

    def __init__(
        self, house: House, phones: Phones, calls: dict[str, Call], go_on: Callable[[Call], Awaitable[None]]
    ) -> None:
        self._house, self._phones, self._calls, self._go_on = house, phones, calls, go_on
        self._going: set[str] = set()

    def start(self, contact_id: str, agent_id: str) -> None:
        """The agent's telephone first, then the citizen's. A contact that is no call-back is left alone.

        Harmless while it goes on already.
        """
        if contact_id not in self._going:
            self._going.add(contact_id)
            going = self._house.start(self._begin(contact_id, agent_id))
            going.add_done_callback(lambda _: self._going.discard(contact_id))

    async def _begin(self, contact_id: str, agent_id: str) -> None:
        promised = await self._promised(contact_id)
        if promised is None:
            await self._lost(contact_id, agent_id)
            return
        agent_leg = await self._phones.reach(contact_id, agent_id, promised.caller)
        if agent_leg is None:
            await give_back(self._house, contact_id, agent_id)
            return
        fence = await held(self._house, contact_id, agent_id)
        if fence is None:
            await agent_leg.hang_up()
            return
        side = AgentSide(agent_id=agent_id, leg=agent_leg, fence=fence)
        call = await self._dial(contact_id, promised)
        await self._note(contact_id, agent_id, REACHED if call else NOT_REACHED)
        if call is None:
            await agent_leg.hang_up()
            return
        call.coming = side
        try:
            await Conversation(self._house, call).run()
            await self._go_on(call)
        finally:
            await self._end(call)

    async def _promised(self, contact_id: str) -> CallbackRow | None:
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            row = await store.contact(uow, contact_id)
            return await callbacks.of_contact(uow, contact_id) if row.channel == Channel.CALLBACK else None

    async def _lost(self, contact_id: str, agent_id: str) -> None:
        """The citizen's line is gone, and the accept came a moment too late."""
        house = self._house
        await house.change(lambda uow: house.router.finish(uow, contact_id, agent_id))

    async def _dial(self, contact_id: str, promised: CallbackRow) -> Call | None:
        house = self._house
        caller = house.settings.number_of(promised.queue_key) or promised.caller
        dial = Dial(
            to=target(promised.number),
            caller=caller,
            timeout_s=house.settings.duty_ring_s,
            variables={"contact_id": contact_id, "why": "callback"},
        )
        try:
            leg = await house.engine.originate(dial)
        except CallFailed as error:
            log.info("a call-back could not be made: %s", error.detail or HangUpCause.FAILED)
            return None
        if not await answered(leg, dial.timeout_s):
            return None
        arriving = ArrivingCall(engine_id=leg.id, caller=caller, dialled=promised.number)
        async with house.database.unit_of_work(house.access) as uow:
            row_id = await store.begin(uow, contact_id, arriving, direction="out")
            language = (await store.contact(uow, contact_id)).language or "zh-CN"
        call = Call(
            leg=leg,
            contact_id=contact_id,
            row_id=row_id,
            session=Session(leg=leg, language=language),
            direction="out",
        )
        self._calls[contact_id] = call
        house.start(call.watch())
        return call

    async def _note(self, contact_id: str, agent_id: str, result: str) -> None:
        house, tries = self._house, self._house.settings.callback_tries
        await house.change(lambda uow: callbacks.note_try(uow, house.router, contact_id, agent_id, result, tries))

    async def _end(self, call: Call) -> None:
        await call.leg.hang_up()
        self._calls.pop(call.contact_id, None)
        house = self._house
        async with house.database.unit_of_work(house.access) as uow:
            ended_by = call.ended_by or ("citizen" if call.ended.is_set() else "agent")
            await store.mark(uow, call.row_id, ended_at=uow.now, ended_by=ended_by)
        await house.change(lambda uow: house.router.abandon(uow, call.contact_id))
