"""Every call of this installation, from its first ring to its end. One process has it, under the lease of calls."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

from kit.errors import AppError, NotFound
from kit.tasks import stop, uninterrupted
from records.staff.tables import WorkspaceRow
from router.contact import ContactStatus
from telephony.calls import Adopted, Bridge, CallFailed, CallLeg, Dial, HangUpCause, LegEnded, LegState, SpyMode
from telephony.ivr.default_flow import default_flow
from telephony.ivr.interpreter import Interpreter, Outcome, ToFax, ToNumber, ToQueue
from telephony.ivr.ports import Session
from telephony.switchboard import flows, recordings, store
from telephony.switchboard.adoption import sort_out
from telephony.switchboard.call import AgentSide, Call, answered, first_of
from telephony.switchboard.conversation import PASSED_ON, Conversation, give_back, held
from telephony.switchboard.following import Following
from telephony.switchboard.house import House, words
from telephony.switchboard.outgoing import Outgoing
from telephony.switchboard.phones import Phones
from telephony.switchboard.ports import ArrivingCall
from telephony.switchboard.supervision import Supervision
from telephony.switchboard.supervisor_line import SupervisorLine
from telephony.switchboard.surroundings import CallSurroundings
from telephony.switchboard.waiting import Waiting

log = logging.getLogger(__name__)

HANDLED = frozenset({ContactStatus.WRAP_UP, ContactStatus.CLOSED})
SELF_SERVICE, MESSAGE_LEFT, PASSED = "self_service", "message_left", "passed_to_department"
SERVICE = "telephone_service"
"""In the workspace's settings: the supervisor's switch of the default flow (human, night)."""

PREPARE_AFTER_S, PREPARE_EVERY_S = 3.0, 60.0
NO_FAX = words("暂时无法接收传真。", "No fax can be received at the moment.")


class Switchboard:
    """What the engine hands over and what pages ask for meet here. `calls` by the contact's id."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.calls: dict[str, Call] = {}
        self.phones = Phones(house, self.calls)
        self._waiting = Waiting(house)
        self._outgoing = Outgoing(house, self.phones, self.calls, self._go_on)

    async def run(self) -> None:
        """What goes on beside the calls, until cancelled."""
        try:
            await asyncio.gather(
                Following(self._house, self).run(), self._prepare(), *(run() for run in self._house.beside)
            )
        finally:
            await stop(self._house.busy)

    async def _prepare(self) -> None:
        while self._house.prepare is not None:
            await asyncio.sleep(PREPARE_AFTER_S)
            try:
                await self._house.prepare()
            except Exception:
                log.exception("prompts could not be prepared; it will be repeated")
            await asyncio.sleep(PREPARE_EVERY_S)

    # Calls come in.

    async def incoming(self, leg: CallLeg) -> None:
        """Serve one call from its first ring until nobody hangs on it any more."""
        house = self._house
        if house.supervisors is not None and leg.dialled and leg.dialled == house.settings.supervision_number:
            await SupervisorLine(house, self.calls, house.supervisors).serve(leg)
            return
        await self._attend(leg, None, None)

    async def adopted(self, adopted: Adopted) -> None:
        """Calls that an earlier process had: those in progress go on, and contacts whose call is gone are ended."""
        for leg, contact_id, bridge in await sort_out(self._house, adopted):
            self._house.start(self._attend(leg, contact_id, bridge))

    async def _attend(self, leg: CallLeg, contact_id: str | None, bridge: Bridge | None) -> None:
        call: Call | None = None
        try:
            call = await self._begin(leg, contact_id)
            await self._serve(call, bridge)
        except LegEnded:
            log.debug("a caller hung up")
        except asyncio.CancelledError:
            if self._house.engine.capabilities.adopts_calls:
                return
            raise
        except AppError as error:
            log.warning("a call could not be served further: %s", error.code)
        except Exception:
            log.exception("a call could not be served further")
        finally:
            if call is not None and not self._house.leaves_calls():
                await uninterrupted(self._end(call))
            elif call is None:
                await leg.hang_up(HangUpCause.BUSY)

    async def _begin(self, leg: CallLeg, contact_id: str | None) -> Call:
        house = self._house
        language = leg.variables.get("language") or "zh-CN"
        arriving = _arriving(leg, language)
        contact_id = contact_id or await house.arrive(arriving)
        async with house.database.unit_of_work(house.access) as uow:
            row_id = await store.begin(uow, contact_id, arriving)
            workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
        values = {
            "name": workspace.name,
            "name_en": workspace.name_en,
            "service": str(workspace.settings.get(SERVICE, "")),
        }
        session = Session(leg=leg, language=language, values=values, flow=leg.variables.get("flow") or flows.MAIN)
        call = Call(leg=leg, contact_id=contact_id, row_id=row_id, session=session)
        self.calls[contact_id] = call
        house.start(call.watch())
        return call

    async def _serve(self, call: Call, bridge: Bridge | None) -> None:
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            row = await store.contact(uow, call.contact_id)
        if row.status == ContactStatus.RECEIVED:
            outcome: Outcome | None = await self._run_flow(call, None)
        else:
            await self._take_up(call, bridge, row.agent_id or "")
            outcome = ToQueue(node="")
        await self._walk(call, outcome)

    async def _walk(self, call: Call, outcome: Outcome | None) -> None:
        while outcome is not None:
            node = await self._follow(call, outcome)
            outcome = await self._run_flow(call, node) if node is not None else None

    async def _go_on(self, call: Call) -> None:
        """A citizen whom we called is sent into the flow; elsewhere the call is over with its agent."""
        if call.sent_to:
            await self._walk(call, await self._run_flow(call, await self._after(call)))

    async def _take_up(self, call: Call, bridge: Bridge | None, agent_id: str) -> None:
        """It waited or spoke with an agent when the earlier process ended."""
        others = [leg for leg in bridge.legs if leg.id != call.leg.id] if bridge is not None else []
        fence = await held(self._house, call.contact_id, agent_id)
        if bridge is not None and others and fence is not None:
            side = AgentSide(agent_id=agent_id, leg=others[0], fence=fence)
            await Conversation(self._house, call).resume(side, bridge)
        elif agent_id:
            await give_back(self._house, call.contact_id, agent_id)

    async def _run_flow(self, call: Call, start: str | None) -> Outcome:
        """Raises `LegEnded` as soon as the caller has gone."""
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            found = await flows.published(uow, call.session.flow)
        flow, call.flow_version = found or (default_flow(), None)
        return await Interpreter(flow, call.session, CallSurroundings(self._house, call)).run(start)

    async def _follow(self, call: Call, outcome: Outcome) -> str | None:
        """Where the flow goes on, None: nowhere."""
        if isinstance(outcome, ToQueue):
            return await self._queue(call, outcome)
        if isinstance(outcome, ToNumber):
            return await self._connect_number(call, outcome)
        if isinstance(outcome, ToFax):
            return await self._receive_fax(call)
        return None

    async def _queue(self, call: Call, to: ToQueue) -> str | None:
        await call.leg.answer()
        if to.node:
            await self._renew(call)
        while await self._waiting.enters_or_waits(call, to):
            chosen = await self._waiting.wait(call, to)
            if chosen is None and call.on_duty is not None:
                await self._with_duty(call, call.on_duty)
                return None
            if chosen is None:
                await Conversation(self._house, call).run()
            elif chosen == to.on_callback or await self._leave_line(call):
                return chosen
        return await self._after(call)

    async def _renew(self, call: Call) -> None:
        """Sent back to the flow he asks for an agent once more: the contact that was handled stays as it is."""
        house = self._house
        async with house.database.unit_of_work(house.access, read_only=True) as uow:
            if (await store.contact(uow, call.contact_id)).status not in HANDLED:
                return
        call.round += 1
        arriving = replace(_arriving(call.leg, call.session.language), engine_id=call.engine_id)
        if call.direction == "out":
            arriving = replace(arriving, caller=arriving.dialled, dialled=arriving.caller)
        contact_id = await house.arrive(arriving)
        async with house.database.unit_of_work(house.access) as uow:
            await store.note_path(uow, call.row_id, call.session, call.flow_version)
            await store.mark(uow, call.row_id, ended_at=uow.now, ended_by="agent")
            call.row_id = await store.begin(uow, contact_id, arriving, direction=call.direction)
        self.calls[contact_id] = self.calls.pop(call.contact_id)
        call.contact_id, call.fence = contact_id, -1

    async def _with_duty(self, call: Call, side: AgentSide) -> None:
        """Somebody on duty has taken it, past the line: no agent is offered it any more."""
        house, router = self._house, self._house.router
        await house.change(lambda uow: router.close(uow, call.contact_id, PASSED))
        await call.leg.music(False)
        call.others.append(side.leg)
        call.bridge = await house.engine.bridge(call.leg, side.leg)
        if house.settings.records == "all":
            side.recording = await call.bridge.record_stereo(call.leg)
        try:
            await call.until_alone()
        finally:
            house.start(recordings.keep_call(house, call, side))

    async def _leave_line(self, call: Call) -> bool:
        """He leaves a message instead, and the contact is closed; False when an agent has just accepted it."""
        router = self._house.router
        return await self._house.change(lambda uow: router.close(uow, call.contact_id, MESSAGE_LEFT))

    async def _after(self, call: Call) -> str | None:
        """The agent is done: others may go on with the citizen; then he is asked how it was, except about reports."""
        if call.sent_to:
            node, call.sent_to = call.sent_to, ""
            return node
        if call.others or call.ended_by == PASSED_ON:
            await call.until_alone()
            return None
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            sealed = (await store.contact(uow, call.contact_id)).sealed
            flow = await flows.followed(uow, call.session.flow)
        return flow.after_call if self._house.settings.asks_satisfaction and not sealed else None

    async def _connect_number(self, call: Call, to: ToNumber) -> str | None:
        """Ring `to` while the caller hears music, then let both speak until one hangs up."""
        house = self._house
        await call.leg.music(True)
        dial = Dial(to=to.to, caller=house.settings.public_number or call.leg.dialled, timeout_s=to.timeout_s)
        try:
            leg = await house.engine.originate(dial)
        except CallFailed:
            return to.on_failed
        call.others.append(leg)
        await first_of(answered(leg, to.timeout_s), call.until())
        await call.leg.music(False)
        if leg.state is not LegState.UP:
            call.others.remove(leg)
            return to.on_failed
        call.bridge = await house.engine.bridge(call.leg, leg)
        await call.until_alone()
        return None

    async def _receive_fax(self, call: Call) -> str | None:
        if self._house.receive_fax is None:
            await self._house.say(call.leg, NO_FAX, call.session)
            return None
        call.served = await self._house.receive_fax(call.leg)
        return None

    async def _end(self, call: Call) -> None:
        """Nothing hangs on the call afterwards, and what became of it is written down."""
        hung_up = call.ended.is_set() or call.leg.state is LegState.ENDED
        if call.reaching is not None:
            await stop([call.reaching])
        sides = [side.leg for side in (call.coming, call.on_duty, call.expected) if side is not None]
        for leg in [*call.others, *sides, call.leg]:
            await leg.hang_up()
        await self.phones.withdraw(call.contact_id)
        if call.bridge is not None:
            await call.bridge.close()
        try:
            await self._write_end(call, hung_up)
        finally:
            self.calls.pop(call.contact_id, None)

    async def _write_end(self, call: Call, hung_up: bool) -> None:
        house, router = self._house, self._house.router
        async with house.database.unit_of_work(house.access) as uow:
            await store.note_path(uow, call.row_id, call.session, call.flow_version)
            await store.count_path(uow, call.session.flow, call.session.path)
            ended_by = call.ended_by or ("citizen" if hung_up else "system")
            await store.mark(uow, call.row_id, ended_at=uow.now, ended_by=ended_by)
            held = (await store.contact(uow, call.contact_id)).status == ContactStatus.RECEIVED
        if held and (call.served or not hung_up):
            await house.change(lambda uow: router.close(uow, call.contact_id, SELF_SERVICE))
        else:
            await house.change(lambda uow: router.abandon(uow, call.contact_id))

    # An agent accepted, or has the contact no more.

    async def connect(self, contact_id: str, agent_id: str) -> None:
        """See `router.ports.LiveConnector`: the agent's telephone is reached while the citizen hears music."""
        call = self.calls.get(contact_id)
        if call is None:
            self._outgoing.start(contact_id, agent_id)
            return
        fence = await held(self._house, contact_id, agent_id)
        if fence is not None and fence > call.fence:
            call.fence = fence
            call.reaching = self._house.start(self._reach(call, agent_id, fence))

    async def _reach(self, call: Call, agent_id: str, fence: int) -> None:
        leg = await self.phones.reach(call.contact_id, agent_id, call.leg.caller)
        if leg is None:
            await give_back(self._house, call.contact_id, agent_id)
            return
        wanted = False
        try:
            wanted = not call.ended.is_set() and await held(self._house, call.contact_id, agent_id) == fence
        finally:
            if not wanted:
                await uninterrupted(leg.hang_up())
        if not wanted:
            return
        call.coming = AgentSide(agent_id=agent_id, leg=leg, fence=fence)
        call.connected.set()

    async def release(self, contact_id: str) -> None:
        """See `router.ports.LiveConnector`."""
        call = self.calls.get(contact_id)
        if call is not None:
            call.released.set()

    async def is_carried(self) -> bool:
        """Whether the engine can make and take calls now."""
        return (await self._house.engine.check()).ok

    # Commands of pages.

    async def command(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """One command of `telephony.switchboard.remote`. Raises what it raises."""
        if name == "connect":
            await self.connect(arguments["contact_id"], arguments["agent_id"])
        elif name == "release":
            await self.release(arguments["contact_id"])
        elif name == "check":
            return {"ok": await self.is_carried()}
        elif name == "call":
            return self._told(self._call(arguments["contact_id"]))
        else:
            await self._do(name, arguments)
        return {}

    async def _do(self, name: str, given: dict[str, Any]) -> None:
        call, agent_id = self._call(given["contact_id"]), given["agent_id"]
        talk, watch = Conversation(self._house, call), Supervision(self._house, call)
        doing = {
            "hold": lambda: talk.hold(agent_id, given["on"]),
            "mute": lambda: talk.mute(agent_id, given["on"]),
            "digits": lambda: talk.send_digits(agent_id, given["digits"]),
            "consult": lambda: talk.consult(agent_id, given["to"]),
            "end_consult": lambda: talk.end_consult(agent_id),
            "conference": lambda: talk.conference(agent_id),
            "complete_transfer": lambda: talk.complete(agent_id),
            "transfer": lambda: talk.transfer_blind(agent_id, given["to"]),
            "send_back": lambda: talk.send_back(agent_id, given["node"]),
            "supervise": lambda: watch.listen(agent_id, SpyMode(given["mode"])),
            "end_supervision": lambda: watch.leave(agent_id),
            "take_over": lambda: watch.take_over(agent_id),
            "hang_up": watch.hang_up,
        }.get(name)
        if doing is None:
            raise NotFound("There is no such command.", code="unknown_command")
        await doing()

    def _call(self, contact_id: str) -> Call:
        call = self.calls.get(contact_id)
        if call is None:
            raise NotFound("This call has ended.", code="no_such_call")
        return call

    @staticmethod
    def _told(call: Call) -> dict[str, Any]:
        return {
            "contact_id": call.contact_id,
            "agent_id": call.agent.agent_id if call.agent else None,
            "consult": {"to": call.consult.to, "answered": call.consult.bridge is not None} if call.consult else None,
            "parties": len(call.others) + (1 if call.agent else 0) + 1,
            "supervised": {account_id: item.mode.value for account_id, item in call.listening.items()},
            "recording": bool(call.agent and call.agent.recording),
            "flow": call.session.flow,
        }


def _arriving(leg: CallLeg, language: str) -> ArrivingCall:
    return ArrivingCall(
        engine_id=leg.id,
        caller=leg.caller,
        dialled=leg.dialled,
        line=leg.variables.get("line", ""),
        language=language,
        name=leg.variables.get("display_name", ""),
        session=leg.variables.get("session_id", ""),
    )
