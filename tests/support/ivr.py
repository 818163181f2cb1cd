"""Surroundings of an IVR flow that do as a test tells them, and a caller who takes a given path through it."""

import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telephony.calls import LegEnded, LegState, Media
from telephony.ivr.flow import Flow
from telephony.ivr.flow import Path as WayThrough
from telephony.ivr.interpreter import Interpreter, Outcome
from telephony.ivr.nodes import Branch, Callback, Digits, Menu, Part, Say, Send, Survey, Voicemail
from telephony.ivr.ports import Answer, Session
from tests.support.call_parts import HANG_UP, FakeLeg
from tests.support.calls import FakeEngine, FakeParty


@dataclass(kw_only=True)
class ScriptedSurroundings:
    """`answers`: what the next data action, message, call-back or sending does. `done`: what was asked for."""

    folder: Path
    answers: list[Any] = field(default_factory=list)
    done: list[tuple[Any, ...]] = field(default_factory=list)
    open_now: bool = True
    flows: dict[str, Flow] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    async def sounds(self, say: Say, session: Session) -> Sequence[Media]:
        self.said += [_text(part, session) for part in say]
        return [Media(path=self._silence(), duration_s=0.1) for _ in say]

    def _silence(self) -> Path:
        path = self.folder / "silence.wav"
        if not path.exists():
            with wave.open(str(path), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(bytes(1600))
        return path

    async def item(self, name: str, language: str) -> Sequence[Part]:
        return [Part(text={language: f"item {name}"})]

    async def is_open(self, calendar: str) -> bool:
        return self.open_now

    async def flow(self, key: str) -> Flow | None:
        return self.flows.get(key)

    async def keep_recording(self, session: Session, name: str, limit_s: float) -> bool:
        self.done.append(("record", name))
        return True

    async def confide(self, session: Session, topic: str) -> None:
        """What is confidential shows on whole calls."""

    async def leave_message(
        self, session: Session, topic: str, limit_s: float, *, receipt: bool
    ) -> Mapping[str, str] | None:
        self.done.append(("message", topic, receipt))
        answer: Mapping[str, str] | None = self._next({"number": "20261124000017", "pin": "112233"})
        return answer

    async def promise_callback(self, session: Session, number: str) -> bool:
        self.done.append(("callback", number))
        return bool(self._next(True))

    async def send_document(self, session: Session, document: str, by: str, address: str) -> bool:
        self.done.append(("send", document, by, address))
        return bool(self._next(True))

    async def fax_document(self, session: Session, document: str) -> bool:
        self.done.append(("fax", document))
        return bool(self._next(True))

    async def vote(self, session: Session, poll: str, question: int, key: str) -> None:
        self.done.append(("vote", poll, question, key))

    async def use(self, session: Session, action: str, values: Mapping[str, str]) -> Answer:
        self.done.append(("use", action, dict(values)))
        answer: Answer = self._next(Answer(exit="found", values={"result": "办理中"}))
        return answer

    def _next(self, usual: Any) -> Any:
        return self.answers.pop(0) if self.answers else usual


def _text(part: Part, session: Session) -> str:
    return part.prompt or part.text.get(part.language or session.language, "")


def new_leg(folder: Path) -> FakeLeg:
    leg = FakeLeg(FakeEngine(folder=folder), "13800138000", "12396", {})
    leg.engine.legs.append(leg)
    leg.state = LegState.UP
    return leg


@dataclass(kw_only=True)
class Walker:
    """Takes the caller along `way`."""

    flow: Flow
    way: WayThrough
    folder: Path

    async def walk(self) -> tuple[Outcome | None, Session]:
        """Where it led (None: at its end he hung up in a menu that he had been in before), and what is known then."""
        around = ScriptedSurroundings(folder=self.folder)
        leg = new_leg(self.folder)
        session = Session(leg=leg, language="zh-CN")
        for hop in self.way:
            self._arrange(FakeParty(leg), around, session, self.flow.nodes[hop.node], hop.exit)
        FakeParty(leg).will_press(HANG_UP)
        try:
            return await Interpreter(self.flow, session, around).run(self.way[0].node), session
        except LegEnded:
            return None, session

    def _arrange(
        self, party: FakeParty, around: ScriptedSurroundings, session: Session, node: Any, exit_name: str
    ) -> None:
        """Do beforehand what leads out of `node` by `exit_name`: keys in their order, answers in theirs."""
        if isinstance(node, Menu):
            wrong = next(key for key in "35790*#" if key not in node.choices)
            party.will_press({"invalid": wrong * node.tries}.get(exit_name, exit_name))
        elif isinstance(node, Digits):
            party.will_press({"invalid": "1#" * node.tries, "next": "1" * node.limit}.get(exit_name, exit_name))
        elif isinstance(node, Survey):
            party.will_press(node.keys[0])
        elif isinstance(node, Branch):
            if node.by == "hours":
                around.open_now = exit_name != "closed"
            else:
                session.values[node.name] = exit_name
        elif isinstance(node, Voicemail):
            around.answers.append(None if exit_name == "silence" else {"number": "20261124000017", "pin": "112233"})
        elif isinstance(node, Callback | Send):
            around.answers.append(exit_name == "next")
        elif node.kind == "data":
            around.answers.append(Answer(exit=exit_name, values={"result": "办理中"}))
