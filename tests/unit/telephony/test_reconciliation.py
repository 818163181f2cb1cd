"""What happens while Asterisk is asked what there is: its answer is old by then."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from telephony.asterisk.ari import Ari, AsteriskRefused
from telephony.asterisk.lines import Lines
from telephony.asterisk.reconciliation import LEG_VARIABLE, reconcile
from telephony.asterisk.registry import Registry
from telephony.asterisk.settings import AsteriskSettings
from telephony.asterisk.wire import Wire
from telephony.calls import HangUpCause, LegState
from telephony.lines.book import Book
from telephony.web_pass import WebPass, WebPasses


class Answers:
    """An Asterisk that says what is in `lists`, after `meanwhile` has happened."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = {"channels": [], "bridges": [], **lists}
        self.meanwhile: Callable[[], object] = lambda: None
        self.asked: list[str] = []

    async def request(
        self, method: str, path: str, query: Mapping[str, str | int] | None = None, body: object | None = None
    ) -> Any:
        self.asked.append(f"{method} {path}")
        if path == "channels":
            self.meanwhile()
        if path in self.lists:
            return self.lists[path]
        raise AsteriskRefused(404, path)


def registry_on(asterisk: Answers, folder: Path) -> Registry:
    settings = AsteriskSettings(shared_dir=folder)
    ari = cast(Ari, asterisk)

    async def book() -> Book:
        return Book()

    return Registry(Wire(settings, ari), Lines(settings, ari, book), WebPasses(b""))


def channel(channel_id: str, *, state: str = "Up", about: str = "", app: str = "", args: str = "") -> dict[str, Any]:
    return {
        "id": channel_id,
        "name": f"PJSIP/{channel_id}",
        "state": state,
        "caller": {"number": "13800138000", "name": ""},
        "dialplan": {"exten": "12396", "app_name": app, "app_data": args},
        "channelvars": {LEG_VARIABLE: about, "AXD_HELD": ""},
    }


OURS = {"app": "Stasis", "args": "axd,trunk,trunk-t"}


def add(registry: Registry, leg_id: str) -> None:
    registry.add(leg_id, "", "", LegState.RINGING, {})


async def test_a_call_that_begins_meanwhile_is_not_gone(tmp_path: Path) -> None:
    asterisk = Answers()
    registry = registry_on(asterisk, tmp_path)
    add(registry, "old")
    old = registry.legs["old"]
    asterisk.meanwhile = lambda: add(registry, "new")
    await reconcile(registry, lambda *_: None)
    assert list(registry.legs) == ["new"]
    assert old.state is LegState.ENDED
    assert [event async for event in old.events()][-1].cause is HangUpCause.FAILED  # type: ignore[union-attr]


async def test_a_call_that_ends_meanwhile_is_not_adopted(tmp_path: Path) -> None:
    asterisk = Answers(channels=[channel("c1", **OURS), channel("c2", **OURS)])
    registry = registry_on(asterisk, tmp_path)
    asterisk.meanwhile = lambda: registry.gone.append("c1")
    adopted = await reconcile(registry, lambda *_: None)
    assert [leg.id for leg in adopted.legs] == ["c2"]


async def test_who_still_rings_is_taken_on_as_if_just_come_and_strangers_are_left_alone(tmp_path: Path) -> None:
    said = '{"caller": "12396", "dialled": "agent:a", "variables": {"contact": "c"}}'
    asterisk = Answers(
        channels=[
            channel("ringing", state="Ring", **OURS),
            channel("agent", state="Ringing", about=said),
            channel("record_left_x", **OURS),
            channel("other", app="Stasis", args="another,trunk,x"),
            channel("waiting", app="Wait", args="1"),
        ]
    )
    registry, ringing = registry_on(asterisk, tmp_path), []
    adopted = await reconcile(registry, lambda found, words: ringing.append((found["id"], list(words))))
    assert ringing == [("ringing", ["trunk", "trunk-t"])]
    [agent] = adopted.legs
    assert (agent.id, agent.state, agent.variables) == ("agent", LegState.RINGING, {"contact": "c"})


async def test_a_leg_that_moved_to_another_channel_is_known_by_the_id_it_began_with(tmp_path: Path) -> None:
    said = '{"id": "began", "caller": "", "dialled": "12396", "variables": {}}'
    registry = registry_on(Answers(channels=[channel("later", about=said)]), tmp_path)
    [leg] = (await reconcile(registry, lambda *_: None)).legs
    assert leg.id == "began"
    assert registry.legs["later"] is leg


async def test_a_citizens_page_is_adopted_by_what_its_pass_says_however_old(tmp_path: Path) -> None:
    about = WebPass(visitor="v", session="s", dialled="12396", language="en")
    long_ago = WebPasses(b"", now=lambda: 0.0).issue(about)
    found = [channel("page", app="Stasis", args=f"axd,web,web,{long_ago}")]
    [leg] = (await reconcile(registry_on(Answers(channels=found), tmp_path), lambda *_: None)).legs
    assert (leg.caller, leg.dialled, leg.variables["session_id"]) == ("", "12396", "s")


async def test_held_parties_belong_to_their_bridge_and_an_empty_one_is_closed(tmp_path: Path) -> None:
    held = channel("held", **OURS)
    held["channelvars"]["AXD_HELD"] = "b1"
    asterisk = Answers(
        channels=[channel("talks", **OURS), held],
        bridges=[
            {"id": "b1", "name": "axd", "channels": ["talks"]},
            {"id": "b2", "name": "axd", "channels": []},
            {"id": "b3", "name": "spy", "channels": []},
            {"id": "b4", "name": "of another", "channels": []},
        ],
    )
    adopted = await reconcile(registry_on(asterisk, tmp_path), lambda *_: None)
    [bridge] = adopted.bridges
    assert [leg.id for leg in bridge.legs] == ["talks", "held"]
    assert [line for line in asterisk.asked if line.startswith("DELETE")] == ["DELETE bridges/b2", "DELETE bridges/b3"]
