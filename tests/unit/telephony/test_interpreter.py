"""One caller through a flow, on the engine without sound."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from telephony.calls import FaxTone, HangUpCause, LegEnded
from telephony.ivr.default_flow import default_flow
from telephony.ivr.flow import Flow, walk
from telephony.ivr.interpreter import Finished, Interpreter, ToFax, ToNumber, ToQueue
from telephony.ivr.monologue import Monologue, monologue_from
from telephony.ivr.nodes import AnyNode, Queue
from telephony.ivr.ports import Session
from tests.support.call_parts import SILENCE, FakeLeg
from tests.support.calls import FakeParty
from tests.support.ivr import ScriptedSurroundings, Walker, new_leg
from tests.support.waiting import wait_until

TEXT = [{"text": {"zh-CN": "您好"}}]
BYE = {"kind": "hang_up"}


class Room:
    def __init__(self, folder: Path) -> None:
        self.leg: FakeLeg = new_leg(folder)
        self.caller = FakeParty(self.leg)
        self.around = ScriptedSurroundings(folder=folder)
        self.session = Session(leg=self.leg, language="zh-CN", values={"name": "科技局"})

    async def run(self, flow: Flow | None = None, start: str | None = None) -> Any:
        return await Interpreter(flow or default_flow(), self.session, self.around).run(start)

    @property
    def path(self) -> list[tuple[str, str]]:
        return [(step.node, step.exit) for step in self.session.path]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def flow(**nodes: Any) -> Flow:
    return Flow.model_validate({"start": "first", "nodes": nodes})


async def test_every_path_of_the_default_flow_leads_where_it_says(tmp_path: Path) -> None:
    given = default_flow()
    for entry in given.entries():
        for way in walk(given, entry):
            outcome, session = await Walker(flow=given, way=way, folder=tmp_path).walk()
            taken = [(step.node, step.exit) for step in session.path]
            planned = [(hop.node, hop.exit) for hop in way]
            queue = next((index for index, hop in enumerate(way) if isinstance(given.nodes[hop.node], Queue)), None)
            if queue is not None:
                assert isinstance(outcome, ToQueue)
                assert taken == [*planned[:queue], (way[queue].node, "")]
            else:
                assert taken[: len(planned)] == planned


async def test_no_key_leads_to_an_agent(room: Room) -> None:
    room.caller.will_press(SILENCE)
    outcome = await room.run()
    assert outcome == ToQueue(node="human", on_message="message", on_callback="callback")
    assert room.path == [
        ("answer", "next"),
        ("service", "other"),
        ("hours", "other"),
        ("welcome", "silence"),
        ("human", ""),
    ]


async def test_keys_pressed_ahead_skip_the_prompts(room: Room) -> None:
    room.caller.will_press("20")
    assert isinstance(await room.run(), ToQueue)
    assert [(step.node, step.keys) for step in room.session.path if step.keys] == [("welcome", "2"), ("automatic", "0")]


async def test_a_wrong_key_is_told_and_asked_again(room: Room) -> None:
    room.caller.will_press("771")
    assert isinstance(await room.run(), ToQueue)
    assert room.around.said.count("输入有误，请重新输入。") == 2
    assert ("welcome", "1") in room.path


async def test_star_says_the_menu_again_and_does_not_count_as_wrong(room: Room) -> None:
    room.caller.will_press("2****5")
    room.caller.will_press("1")
    assert await room.run() == Finished()
    assert sum(said.startswith("选择局长信箱") for said in room.around.said) == 5
    assert ("vote", "opinion", 1, "1") in room.around.done


async def test_the_supervisors_switch_leads_straight_to_a_human_or_to_the_night(room: Room) -> None:
    room.session.values["service"] = "human"
    assert isinstance(await room.run(), ToQueue)
    assert not room.around.said
    room.session.values["service"] = "night"
    room.caller.will_press("0")
    outcome = await room.run()
    assert isinstance(outcome, ToQueue)
    assert (outcome.queue, outcome.topic) == ("emergency", "emergency")


async def test_outside_the_hours_the_night_announcement_is_heard(room: Room) -> None:
    room.around.open_now = False
    room.caller.will_press("2")
    assert await room.run() == Finished()
    assert room.around.done == [("message", "voicemail", False)]


async def test_the_chosen_language_is_heard_from_then_on(room: Room) -> None:
    room.caller.will_press("9")
    room.caller.will_press(SILENCE)
    assert isinstance(await room.run(), ToQueue)
    assert room.session.language == "en"
    assert any(said.startswith("Welcome to the hotline") for said in room.around.said)


async def test_a_pin_is_used_and_never_kept(room: Room) -> None:
    room.caller.will_press("23" + "20261124000017" + "112233")
    room.caller.will_press(SILENCE)
    assert await room.run() == Finished()
    assert ("use", "receipt", {"number": "20261124000017", "pin": "112233"}) in room.around.done
    assert "pin" in room.session.secrets
    assert not any("112233" in step.keys for step in room.session.path)
    assert any(step.keys == "20261124000017" for step in room.session.path)


async def test_a_hang_up_is_kept_with_the_place_where_it_happened(room: Room) -> None:
    room.caller.will_press("2")
    running = asyncio.create_task(room.run())
    await wait_until(lambda: room.leg.collecting, "the automatic menu asks")
    await room.leg.ends(HangUpCause.NORMAL)
    with pytest.raises(LegEnded):
        await running
    assert room.path[-2:] == [("welcome", "2"), ("automatic", "hung_up")]


async def test_what_is_only_said_is_made_ready_ahead_and_passed_when_it_is_heard(room: Room) -> None:
    play = {"kind": "play", "say": TEXT}
    said = {name: {**play, "next": after} for name, after in (("a", "b"), ("b", "c"), ("c", "bye"))}
    flow = Flow.model_validate({"start": "a", "nodes": {**said, "bye": BYE}})
    entered: list[str] = []

    async def enter(key: str, _node: AnyNode) -> None:
        entered.append(key)

    monologue = Monologue(monologue_from("a", flow), room.session, room.around, enter)
    async with aclosing(monologue.sounds()) as sounds:
        await anext(sounds)
        await anext(sounds)
        assert (monologue.at, room.path) == ("a", [])
        await anext(sounds)
        assert (monologue.at, room.path) == ("b", [("a", "next")])
    assert await monologue.end() == "bye"
    assert (room.path, entered) == ([("a", "next"), ("b", "next"), ("c", "next")], ["b", "c"])


async def test_a_fax_tone_is_heard_at_any_time(room: Room) -> None:
    running = asyncio.create_task(room.run())
    await wait_until(lambda: room.leg.collecting, "the menu asks")
    await room.leg.happens(FaxTone(at=room.leg.engine.now()))
    assert await running == ToFax()
    assert room.path[-1] == ("fax", "tone")


async def test_a_flow_jumps_to_another_and_comes_to_an_end_even_if_the_other_is_gone(room: Room) -> None:
    room.around.flows["other"] = flow(first={"kind": "transfer", "to": "extension:801", "on_failed": "bye"}, bye=BYE)
    first = flow(first={"kind": "jump", "flow": "other"})
    assert await room.run(first) == ToNumber(to="extension:801", timeout_s=20.0, on_failed="bye")
    assert room.session.flow == "other"
    assert await room.run(flow(first={"kind": "jump", "flow": "gone"})) == ToQueue(node="first")
