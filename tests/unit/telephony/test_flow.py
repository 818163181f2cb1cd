"""What the validator refuses, with its place, and that the walker finds every path."""

from typing import Any

import pytest
from pydantic import ValidationError

from telephony.ivr.default_flow import default_flow
from telephony.ivr.flow import Flow, Hop, Known, Trouble, problems, walk

BYE = {"kind": "hang_up"}
TEXT = [{"text": {"zh-CN": "您好"}}]


def flow(**nodes: Any) -> Flow:
    return Flow.model_validate({"start": "first", "nodes": nodes})


def menu(choices: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"kind": "menu", "say": TEXT, "choices": choices, "on_silence": "bye", "on_invalid": "bye", **more}


def found(given: Flow, known: Known | None = None) -> list[tuple[str, Trouble, str]]:
    return [(item.node, item.code, item.detail) for item in problems(given, known or Known())]


def test_the_default_flow_has_nothing_wrong_with_it() -> None:
    assert problems(default_flow()) == []


def test_a_target_that_does_not_exist_is_named_with_its_place() -> None:
    assert found(flow(first={"kind": "answer", "next": "nowhere"})) == [("first", Trouble.UNKNOWN_TARGET, "nowhere")]


def test_a_planted_dead_end_is_refused_with_its_place() -> None:
    planted = flow(
        first=menu({"1": "trap"}),
        trap=menu({"1": "trap"}, on_silence="trap_again", on_invalid="trap_again"),
        trap_again=menu({"1": "trap"}, on_silence="trap", on_invalid="trap"),
        bye=BYE,
    )
    assert ("trap", Trouble.DEAD_END, "") in found(planted)
    assert ("trap_again", Trouble.DEAD_END, "") in found(planted)


def test_a_loop_that_needs_no_key_is_refused_and_told_node_by_node() -> None:
    ring = flow(
        first={"kind": "play", "say": TEXT, "next": "again"},
        again=menu({"1": "bye"}, on_silence="first"),
        bye=BYE,
    )
    assert found(ring) == [("first", Trouble.ENDLESS_LOOP, "first > again")]


def test_a_loop_by_a_key_is_what_menus_are_for() -> None:
    assert found(flow(first=menu({"1": "again"}), again=menu({"*": "first"}), bye=BYE)) == []


def test_a_node_that_no_way_leads_to_is_named() -> None:
    assert found(flow(first=BYE, lost=BYE)) == [("lost", Trouble.UNREACHABLE, "")]


@pytest.mark.parametrize(
    ("node", "name"),
    [
        ({"kind": "queue", "queue": "nobody"}, "nobody"),
        ({"kind": "jump", "flow": "elsewhere"}, "elsewhere"),
        ({"kind": "hang_up", "say": [{"prompt": "lost_file"}]}, "lost_file"),
        ({"kind": "information", "item": "gone", "next": "bye"}, "gone"),
        ({"kind": "branch", "by": "hours", "name": "lunar", "cases": {}, "otherwise": "bye"}, "lunar"),
        ({"kind": "hang_up", "say": [{"text": {"zh-CN": "{number:roman}"}}]}, "{number:roman}"),
    ],
)
def test_a_name_that_means_nothing_is_refused(node: dict[str, Any], name: str) -> None:
    nothing: frozenset[str] = frozenset()
    known = Known(queues=nothing, flows=nothing, prompts=nothing, items=nothing, documents=nothing, actions=nothing)
    given = flow(first=menu({"1": "named"}), named=node, bye=BYE)
    assert found(given, known) == [("named", Trouble.UNKNOWN_NAME, name)]


def test_a_node_of_an_unknown_kind_or_field_is_no_flow() -> None:
    for node in ({"kind": "teleport"}, {"kind": "hang_up", "sing": True}, {"kind": "answer"}):
        with pytest.raises(ValidationError):
            flow(first=node)


def test_the_walker_finds_every_path_and_cuts_ways_back() -> None:
    given = flow(first=menu({"1": "again", "2": "bye"}), again=menu({"*": "first"}), bye=BYE)
    assert set(walk(given)) == {
        (Hop("first", "1"), Hop("again", "*")),
        (Hop("first", "1"), Hop("again", "silence"), Hop("bye", "")),
        (Hop("first", "1"), Hop("again", "invalid"), Hop("bye", "")),
        (Hop("first", "2"), Hop("bye", "")),
        (Hop("first", "silence"), Hop("bye", "")),
        (Hop("first", "invalid"), Hop("bye", "")),
    }


def test_every_exit_of_the_default_flow_lies_on_a_path() -> None:
    given = default_flow()
    walked = {hop for entry in given.entries() for path in walk(given, entry) for hop in path}
    exits = {Hop(key, name) for key, node in given.nodes.items() for name in node.exits()}
    assert exits <= walked
