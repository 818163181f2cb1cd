"""Citizen and agent speak: put through, held, passed on, joined by others, ended."""

import logging
from collections.abc import Awaitable, Callable

from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.tasks import uninterrupted
from kit.unit_of_work import UnitOfWork
from records.citizens.addresses import normalise
from router.contact import ContactStatus
from router.passing import PASSED_ON_AS_REPORT
from router.tables import QueueRow
from telephony.calls import Bridge, CallFailed, CallLeg, Dial, Ended, HangUpCause, LegEnded, LegState
from telephony.switchboard import flows, recordings, store
from telephony.switchboard.call import AGENT, AgentSide, Call, Consult, answered, colleague_of
from telephony.switchboard.house import House, words
from telephony.switchboard.supervision import Supervision

log = logging.getLogger(__name__)

PASSED_ON = "transfer"
QUEUE, EXTENSION = "queue:", "extension:"
STAFF_NUMBER = words("工号{staff:digits}为您服务。", "Staff number {staff:digits} speaking.")


class Conversation:
    """The agent's part of one call. Commands raise `Conflict` code `no_such_call` when it is not his."""

    def __init__(self, house: House, call: Call) -> None:
        self._house, self._call = house, call

    async def run(self) -> None:
        """From the agent who was reached until he has nothing to do with the call any more."""
        call, side = self._call, self._call.coming
        call.coming = None
        call.connected.clear()
        call.released.clear()
        if side is not None:
            await self._with(side, self._put_through)

    async def resume(self, side: AgentSide, bridge: Bridge) -> None:
        """Go on with a conversation that an earlier process began."""
        self._call.bridge = bridge
        await self._with(side, self._record)

    async def _with(self, side: AgentSide, begin: Callable[[AgentSide], Awaitable[None]]) -> None:
        call = self._call
        call.agent, call.fence = side, max(call.fence, side.fence)
        watching = self._house.start(self._watch_agent(side))
        try:
            try:
                await begin(side)
            except LegEnded:
                call.require_alive()
            # What released an earlier agent may be told late: the contact itself decides.
            while await held(self._house, call.contact_id, side.agent_id) == side.fence:
                await call.until(call.released)
                call.released.clear()
        finally:
            watching.cancel()
            if not self._house.leaves_calls():
                await uninterrupted(self.leave(side))

    async def _put_through(self, side: AgentSide) -> None:
        house, call = self._house, self._call
        await call.leg.music(False)
        if house.settings.announces_staff_number:
            async with house.database.unit_of_work(house.access, read_only=True) as uow:
                call.session.values["staff"] = await store.staff_number(uow, side.agent_id)
            call.session.secrets.add("staff")
            await house.say(call.leg, STAFF_NUMBER, call.session)
        call.bridge = await house.engine.bridge(call.leg, side.leg)
        await self._record(side)
        async with house.database.unit_of_work(house.access) as uow:
            await store.mark(uow, call.row_id, answered_at=uow.now)

    async def _record(self, side: AgentSide) -> None:
        if self._house.settings.records == "all" and self._call.bridge is not None:
            side.recording = await self._call.bridge.record_stereo(self._call.leg)

    async def _watch_agent(self, side: AgentSide) -> None:
        """He hung up: the call is handled. His line broke: the citizen waits again in his place."""
        async for event in side.leg.events():
            if isinstance(event, Ended) and not self._call.ended.is_set():
                await self._give_up(side.agent_id, event.cause)

    async def _give_up(self, agent_id: str, cause: HangUpCause) -> None:
        call, house = self._call, self._house
        if cause is HangUpCause.NORMAL:
            call.ended_by = call.ended_by or "agent"
            await house.change(lambda uow: house.router.finish(uow, call.contact_id, agent_id))
        else:
            await give_back(house, call.contact_id, agent_id)
        call.released.set()

    async def leave(self, side: AgentSide) -> None:
        """The agent's leg goes; what was recorded of it is kept."""
        call = self._call
        await self._end_consult()
        await Supervision(self._house, call).leave_all()
        if call.bridge is not None:
            await call.bridge.remove(side.leg)
        await side.leg.hang_up()
        if call.agent is side:
            call.agent = None
        self._house.start(recordings.keep_call(self._house, call, side))
        if not call.others and call.bridge is not None:
            await call.bridge.close()
            call.bridge = None

    # What the agent does.

    def side(self, agent_id: str) -> AgentSide:
        side = self._call.agent
        if side is None or side.agent_id != agent_id or side.leg.state is LegState.ENDED:
            raise Conflict("You do not have this call.", code="no_such_call")
        return side

    async def hold(self, agent_id: str, on: bool) -> None:
        self.side(agent_id)
        await (self._call.leg.hold() if on else self._call.leg.resume())

    async def mute(self, agent_id: str, on: bool) -> None:
        await self.side(agent_id).leg.mute(on)

    async def send_digits(self, agent_id: str, digits: str) -> None:
        self.side(agent_id)
        for leg in self._call.others or [self._call.leg]:
            await leg.send_digits(digits)

    async def consult(self, agent_id: str, to: str, *, then: Callable[[], Awaitable[None]] | None = None) -> None:
        """Hold the citizen and ring `to`, then speak with it; `then` follows once it is answered.

        Returns as it rings. Unanswered within `consult_s`, the agent has the citizen back. Of a queue one agent is
        rung, and no other one after that. Raises `Conflict` code `consult_going_on`, `agent_not_available`,
        `nobody_free`, `CallFailed`.
        """
        side, call = self.side(agent_id), self._call
        if call.consult is not None:
            raise Conflict("A consult is going on already.", code="consult_going_on")
        consult: Consult | None
        if to.startswith(QUEUE):
            consult = await self._ask_queue(to.removeprefix(QUEUE))
        else:
            await self._house.allow(agent_id, target(to))
            consult = await self._ask(to)
        if consult is None:
            raise Conflict("This agent is on a call.", code="agent_not_available")
        try:
            await call.leg.hold()
        except LegEnded:
            await self._end_consult()
            raise
        self._house.start(self._reach(side, consult, then))

    async def _ask(self, to: str, *, seals: bool = False) -> Consult | None:
        """Ring `to`; None for a colleague who is on a call, and whose telephone stays quiet."""
        house, mark, colleague = self._house, new_id(), colleague_of(to)
        if colleague and not await house.router.occupy(house.workspace_id, colleague, mark):
            return None
        try:
            leg = await self._ring(to)
        except CallFailed:
            if colleague:
                await house.router.vacate(house.workspace_id, colleague, mark)
            raise
        self._call.consult = Consult(to=to, leg=leg, mark=mark, seals=seals)
        return self._call.consult

    async def _ask_queue(self, queue_id: str) -> Consult:
        """Ring the agent to whom the queue would give the contact; the next one where this one has no telephone."""
        call, house = self._call, self._house
        async with house.database.unit_of_work(house.access, read_only=True) as uow:
            found = await house.router.candidates(uow, call.contact_id, queue_id)
            seals = (await uow.session.get_one(QueueRow, queue_id)).sealed
        for agent_id in found:
            try:
                consult = await self._ask(f"{AGENT}{agent_id}", seals=seals)
            except CallFailed as error:
                log.info("an agent of the queue could not be rung: %s", error.code)
                continue
            if consult is not None:
                return consult
        raise Conflict("Nobody of this queue is free.", code="nobody_free")

    async def _reach(self, side: AgentSide, consult: Consult, then: Callable[[], Awaitable[None]] | None) -> None:
        call, house = self._call, self._house
        there = await answered(consult.leg, house.settings.consult_s)
        if call.consult is not consult:
            await consult.leg.hang_up()
            return
        if not there:
            await self._end_consult()
            return
        consult.bridge = await house.engine.bridge(side.leg, consult.leg)
        house.start(self._watch_consult(consult))
        if then is not None:
            await then()

    async def _ring(self, to: str) -> CallLeg:
        call = self._call
        dial = Dial(
            to=target(to),
            caller=await shown_number(self._house, call.contact_id, call.leg.dialled),
            timeout_s=self._house.settings.consult_s,
            variables={"contact_id": call.contact_id, "why": "consult"},
        )
        return await self._house.engine.originate(dial)

    async def _watch_consult(self, consult: Consult) -> None:
        async for event in consult.leg.events():
            if isinstance(event, Ended):
                if self._call.consult is consult:
                    await self._end_consult()
                if consult.leg in self._call.others:
                    self._call.others.remove(consult.leg)
                    await self._vacate(consult)

    async def end_consult(self, agent_id: str) -> None:
        """Back to the citizen, without the one who was asked."""
        self.side(agent_id)
        await self._end_consult()

    async def _end_consult(self) -> None:
        call = self._call
        consult, call.consult = call.consult, None
        if consult is None:
            return
        await self._vacate(consult)
        await consult.leg.hang_up()
        if consult.bridge is not None:
            await consult.bridge.close()
        await self._back()

    async def _vacate(self, consult: Consult) -> None:
        if consult.agent_id:
            await self._house.router.vacate(self._house.workspace_id, consult.agent_id, consult.mark)

    async def _back(self) -> None:
        """Agent and citizen hear each other again."""
        call = self._call
        try:
            if call.bridge is not None and call.agent is not None and call.agent.leg.state is LegState.UP:
                await call.bridge.add(call.agent.leg)
            await call.leg.resume()
        except LegEnded:
            log.debug("somebody left while a consult ended")

    async def conference(self, agent_id: str) -> None:
        """Who was asked joins: all three hear each other."""
        self.side(agent_id)
        call, consult = self._call, self._call.consult
        if consult is None or consult.bridge is None or call.bridge is None:
            raise Conflict("Nobody was asked who could join.", code="no_consult")
        call.consult = None
        call.others.append(consult.leg)
        await call.bridge.add(consult.leg)
        await self._back()
        await consult.bridge.close()

    async def complete(self, agent_id: str) -> None:
        """Who was asked goes on with the citizen; the agent leaves and does his wrap-up."""
        call, house = self._call, self._house
        if call.consult is not None and call.consult.agent_id:
            await self._pass_on(agent_id, call.consult, call.consult.agent_id)
            return
        await self.conference(agent_id)
        call.ended_by = PASSED_ON
        await house.change(lambda uow: house.router.finish(uow, call.contact_id, agent_id))

    async def _pass_on(self, agent_id: str, consult: Consult, other: str) -> None:
        """To a colleague who is on the line already: the offer is answered by the telephone that he holds."""
        call, house = self._call, self._house
        # No consult any more before the agent goes, with whom a consult ends.
        call.consult = None
        call.expected = AgentSide(agent_id=other, leg=consult.leg)
        passed = await house.change(lambda uow: self._transfer(uow, agent_id, other, seals=consult.seals))
        if not passed:
            call.expected = None
            call.consult = consult
            raise Conflict("This agent is not ready.", code="agent_not_available")
        if consult.bridge is not None:
            await consult.bridge.close()
        await call.leg.resume()
        await self._vacate(consult)

    async def _transfer(self, uow: UnitOfWork, agent_id: str, other: str, *, seals: bool) -> None:
        """Who is asked as one who takes reports takes a report: like a transfer to their queue."""
        router, contact_id = self._house.router, self._call.contact_id
        if seals:
            await router.seal(uow, contact_id, PASSED_ON_AS_REPORT)
        await router.transfer(uow, contact_id, agent_id, "agent", other)

    async def send_back(self, agent_id: str, node: str) -> None:
        """Into the flow that calls follow now, at `node`; the agent leaves and does his wrap-up.

        Raises `Conflict` code `consult_going_on` or `others_on_call`, `Invalid` code `no_such_node`.
        """
        self.side(agent_id)
        call, house = self._call, self._house
        if call.consult is not None:
            raise Conflict("A consult is going on.", code="consult_going_on")
        if call.others:
            raise Conflict("Others are on this call.", code="others_on_call")
        async with house.database.unit_of_work(house.access, read_only=True) as uow:
            flow = await flows.followed(uow, call.session.flow)
        if node not in flow.nodes:
            raise Invalid("This flow has no such node.", code="no_such_node")
        call.sent_to = node
        if not await house.change(lambda uow: house.router.finish(uow, call.contact_id, agent_id)):
            call.sent_to = ""
            raise Conflict("You do not have this call.", code="no_such_call")
        await call.leg.resume()
        call.released.set()

    async def transfer_blind(self, agent_id: str, to: str) -> None:
        """To a number or extension; unanswered within `consult_s`, the agent has the citizen back."""
        await self.consult(agent_id, to, then=lambda: self.complete(agent_id))


def target(to: str) -> str:
    """What an agent dials in the form of `Dial.to`. Raises `Invalid`."""
    if to.startswith((AGENT, EXTENSION)):
        return to
    digits = normalise("phone", to)
    if not digits.removeprefix("+").isdigit():
        raise Invalid("That is no number.", code="invalid_number")
    return digits if len(digits) > 5 or digits in ("110", "119", "120", "122") else f"{EXTENSION}{digits}"


async def shown_number(house: House, contact_id: str, otherwise: str) -> str:
    """What somebody outside sees who is called about this contact."""
    async with house.database.unit_of_work(house.access, read_only=True) as uow:
        queue = await store.queue_of(uow, await store.contact(uow, contact_id))
    return house.settings.number_of(queue.key if queue else "") or otherwise


async def held(house: House, contact_id: str, agent_id: str) -> int | None:
    """The fence of the offer by which the contact is this agent's now; None when it is not his."""
    async with house.database.unit_of_work(house.access, read_only=True) as uow:
        row = await store.contact(uow, contact_id)
    return row.fence if row.status == ContactStatus.ACTIVE and row.agent_id == agent_id else None


async def give_back(house: House, contact_id: str, agent_id: str) -> bool:
    """The agent cannot have the call: the citizen waits on in his place."""
    async with house.database.unit_of_work(house.access, read_only=True) as uow:
        row = await store.contact(uow, contact_id)
        queue_id = row.home_queue_id or row.queue_id or ""
    if row.status != ContactStatus.ACTIVE or row.agent_id != agent_id:
        return False
    return await house.change(lambda uow: house.router.transfer(uow, contact_id, agent_id, "queue", queue_id))
