"""Walks one caller through a flow, whatever engine carries the call."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from telephony.calls import FaxTone, LegEnded
from telephony.in_turn import in_order
from telephony.ivr import nodes
from telephony.ivr.flow import Flow
from telephony.ivr.monologue import Monologue, monologue_from
from telephony.ivr.nodes import FAILED, INVALID, NEXT, OTHER, REPEAT, SILENCE, AnyNode, Say
from telephony.ivr.ports import Session, Step, Surroundings

log = logging.getLogger(__name__)

MOST_STEPS = 500
MOST_REPEATS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class ToQueue:
    """The caller waits for an agent. `node` is the flow's node: its exits go on when he presses a key."""

    node: str
    topic: str = ""
    queue: str = ""
    on_message: str | None = None
    on_callback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToNumber:
    """Connect him to `to`; the flow goes on at `on_failed` where nobody answers."""

    to: str
    timeout_s: float
    on_failed: str


@dataclass(frozen=True, slots=True)
class ToFax:
    """A fax comes in on this call."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The flow is over: hang up."""


Outcome = ToQueue | ToNumber | ToFax | Finished
Exit = tuple[str, str]
"""The name of the exit and the keys that led to it."""
Entered = Callable[[Session, str, AnyNode], Awaitable[None]]


class Interpreter:
    """One for each call and run. Raises `LegEnded` when the caller hangs up; `session.path` holds how far he came."""

    def __init__(
        self, flow: Flow, session: Session, surroundings: Surroundings, *, entered: Entered | None = None
    ) -> None:
        """`entered` is told of every node before it is passed."""
        self._flow, self._session, self._around, self._entered = flow, session, surroundings, entered
        self._pressed = ""

    async def run(self, start: str | None = None) -> Outcome:
        """From `start` (default: the flow's own). A fax tone leads to the flow's fax node at any time, once."""
        going = asyncio.ensure_future(self._go(start or self._flow.start))
        if self._flow.fax is None:
            return await going
        listening = asyncio.ensure_future(self._fax_tone())
        try:
            await asyncio.wait({going, listening}, return_when=asyncio.FIRST_COMPLETED)
            heard = not going.done() and listening.done() and not listening.exception() and listening.result()
            if not heard:
                return await going
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)
            self._session.path.append(Step(node=self._flow.fax, exit="tone"))
            return ToFax()
        finally:
            for task in (going, listening):
                task.cancel()
            await asyncio.gather(going, listening, return_exceptions=True)

    async def _fax_tone(self) -> bool:
        async for event in self._session.leg.events():
            if isinstance(event, FaxTone):
                return True
        return False

    async def _go(self, key: str) -> Outcome:
        for _ in range(MOST_STEPS):
            node = self._flow.nodes[key]
            await self._enter_node(key, node)
            ending = await self._ending(key, node)
            if ending is not None:
                self._session.path.append(Step(node=key, exit=""))
                return ending
            if isinstance(node, nodes.Jump) and node.flow:
                if not await self._enter(key, node.flow):
                    return ToQueue(node=key)
                key = self._flow.start
                continue
            if isinstance(node, nodes.Play):
                key = await self._speak(key, node)
                continue
            name, keys = await self._pass(key, node)
            self._session.path.append(Step(node=key, exit=name, keys=keys))
            key = node.exits()[name]
        log.warning("a flow went on for %d steps and was ended", MOST_STEPS)
        return Finished()

    async def _enter(self, key: str, name: str) -> bool:
        """Go on in another flow; False where it is gone: then an agent is better than silence."""
        self._session.path.append(Step(node=key, exit=name))
        other = await self._around.flow(name)
        if other is not None:
            self._flow, self._session.flow = other, name
        return other is not None

    async def _ending(self, key: str, node: AnyNode) -> Outcome | None:
        if not isinstance(node, nodes.Queue | nodes.Transfer | nodes.Fax | nodes.HangUp):
            return None
        await self._hear(node.say, stop=isinstance(node, nodes.Queue))
        if isinstance(node, nodes.Queue):
            return ToQueue(
                node=key,
                topic=node.topic,
                queue=node.queue,
                on_message=node.on_message,
                on_callback=node.on_callback,
            )
        if isinstance(node, nodes.Transfer):
            return ToNumber(to=node.to, timeout_s=node.timeout_s, on_failed=node.on_failed)
        return ToFax() if isinstance(node, nodes.Fax) else Finished()

    async def _enter_node(self, key: str, node: AnyNode) -> None:
        if self._entered is not None:
            await self._entered(self._session, key, node)

    async def _speak(self, key: str, node: nodes.Play) -> str:
        """Say it, and all that is only said after it; the key of the node that follows."""
        session = self._session
        said = Monologue(monologue_from(key, self._flow), session, self._around, self._enter_node)
        try:
            if not (self._pressed and node.interruptible):
                pressed = await session.leg.play_all(said.sounds(), stop_on_digit=node.interruptible)
                self._pressed = pressed or self._pressed
        except (LegEnded, asyncio.CancelledError):
            session.path.append(Step(node=said.at, exit="hung_up"))
            raise
        return await said.end()

    async def _pass(self, key: str, node: AnyNode) -> Exit:
        try:
            return await _ACTIONS[node.kind](self, node)
        except (LegEnded, asyncio.CancelledError):
            self._session.path.append(Step(node=key, exit="hung_up"))
            raise

    async def _hear(self, say: Say, *, stop: bool) -> None:
        """Play; with `stop` a key ends it and waits in `_pressed` for who asks next."""
        if self._pressed and stop:
            return
        if say:
            sounds = in_order(await self._around.sounds(say, self._session))
            self._pressed = await self._session.leg.play_all(sounds, stop_on_digit=stop) or self._pressed

    async def _key(self, timeout_s: float) -> str:
        pressed, self._pressed = self._pressed, ""
        return pressed or await self._session.leg.collect_digits(1, timeout_s, terminator="")

    # One function for each kind: plays, asks, and answers with the exit.

    async def answer(self, _node: nodes.Answer) -> Exit:
        await self._session.leg.answer()
        return NEXT, ""

    async def menu(self, node: nodes.Menu) -> Exit:
        keys, wrong, repeats = "", 0, 0
        while True:
            await self._hear(node.say, stop=True)
            key = await self._key(node.timeout_s)
            keys += key
            if not key:
                return SILENCE, keys
            target = node.choices.get(cast("nodes.Key", key))
            if target == REPEAT and repeats < MOST_REPEATS:
                repeats += 1
            elif target is not None and target != REPEAT:
                if node.records:
                    self._session.values[node.records] = key
                return key, keys
            else:
                wrong += 1
                if wrong >= node.tries:
                    return INVALID, keys
                await self._hear(node.wrong_say, stop=False)

    async def digits(self, node: nodes.Digits) -> Exit:
        entered = ""
        for attempt in range(node.tries):
            await self._hear(node.wrong_say if attempt else (), stop=False)
            await self._hear(node.say, stop=True)
            first, self._pressed = self._pressed, ""
            entered = await self._collect(node, first)
            if not entered:
                return SILENCE, ""
            if len(entered) >= node.least and entered.isdigit():
                self._session.values[node.variable] = entered
                if node.secret:
                    self._session.secrets.add(node.variable)
                return NEXT, "" if node.secret else entered
        return INVALID, "" if node.secret else entered

    async def _collect(self, node: nodes.Digits, first: str) -> str:
        if first == "#":
            return ""
        return await self._session.leg.collect_digits(node.limit, node.timeout_s, first=first)

    async def branch(self, node: nodes.Branch) -> Exit:
        value = await self._value(node)
        return (value if value in node.cases else OTHER), ""

    async def _value(self, node: nodes.Branch) -> str:
        session = self._session
        if node.by == "hours":
            return "open" if await self._around.is_open(node.name) else "closed"
        if node.by == "variable":
            return session.values.get(node.name, "")
        found = {
            "language": session.language,
            "caller": session.leg.caller,
            "dialled": session.leg.dialled,
            "line": session.leg.variables.get("line", ""),
        }
        return found[node.by]

    async def language(self, node: nodes.Language) -> Exit:
        self._session.language = node.language
        return NEXT, ""

    async def jump(self, _node: nodes.Jump) -> Exit:
        return NEXT, ""

    async def record(self, node: nodes.Record) -> Exit:
        await self._hear(node.say, stop=True)
        self._pressed = ""
        await self._around.keep_recording(self._session, node.name, node.limit_s)
        return NEXT, ""

    async def voicemail(self, node: nodes.Voicemail) -> Exit:
        await self._around.confide(self._session, node.topic)
        await self._hear(node.say, stop=True)
        self._pressed = ""
        told = await self._around.leave_message(self._session, node.topic, node.limit_s, receipt=node.gives_receipt)
        if told is None:
            return SILENCE, ""
        self._session.values.update(told)
        self._session.secrets |= set(told)
        return NEXT, ""

    async def callback(self, node: nodes.Callback) -> Exit:
        number = self._number(node.number)
        kept = bool(number) and await self._around.promise_callback(self._session, number)
        return (NEXT if kept else FAILED), ""

    async def information(self, node: nodes.Information) -> Exit:
        await self._hear(tuple(await self._around.item(node.item, self._session.language)), stop=True)
        return NEXT, ""

    async def send(self, node: nodes.Send) -> Exit:
        if node.here:
            sent = await self._around.fax_document(self._session, node.document)
        else:
            address = self._address(node)
            known = node.by == "mail" and not node.number
            sent = bool(address or known) and await self._around.send_document(
                self._session, node.document, node.by, address
            )
        return (NEXT if sent else FAILED), ""

    def _address(self, node: nodes.Send) -> str:
        """Empty for a mail to the address that is known of the citizen."""
        if node.by != "mail":
            return self._number(node.number)
        digits = self._session.values.get(node.number or "", "")
        return f"{digits}@{node.domain}" if digits else ""

    def _number(self, variable: str | None) -> str:
        return self._session.values.get(variable, "") if variable else self._session.leg.caller

    async def survey(self, node: nodes.Survey) -> Exit:
        await self._hear(node.say, stop=True)
        key = await self._key(node.timeout_s)
        if key in node.keys:
            await self._around.vote(self._session, node.poll, node.question, key)
        return NEXT, key

    async def data(self, node: nodes.Look) -> Exit:
        values: Mapping[str, str] = {name: self._session.values.get(name, "") for name in node.uses}
        answer = await self._around.use(self._session, node.action, values)
        self._session.values.update(answer.values)
        self._session.secrets |= set(answer.values)
        return (answer.exit if answer.exit in node.cases else OTHER), ""


_Action = Callable[[Interpreter, Any], Awaitable[Exit]]
_ACTIONS: Mapping[str, _Action] = {
    "answer": Interpreter.answer,
    "menu": Interpreter.menu,
    "digits": Interpreter.digits,
    "branch": Interpreter.branch,
    "language": Interpreter.language,
    "jump": Interpreter.jump,
    "record": Interpreter.record,
    "voicemail": Interpreter.voicemail,
    "callback": Interpreter.callback,
    "information": Interpreter.information,
    "send": Interpreter.send,
    "survey": Interpreter.survey,
    "data": Interpreter.data,
}
