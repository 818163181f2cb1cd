"""Whom a role may dial, and how floods of calls are met."""

import pytest

from kit.errors import Forbidden, TooMany
from telephony.guard import AUTOMATIC, MOST_SOURCES, DialGuard, FloodGuard, GuardSettings, Window

PLANS = {"": ("+86", "!+8616", "!+86900"), "director": ("",), "intern": ("!", "12345")}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def guard(**settings: object) -> DialGuard:
    return DialGuard(GuardSettings.model_validate({"plans": PLANS, **settings}), Clock())


@pytest.mark.parametrize("number", ["+861082001234", "+8613800138000", "110", "119", "120", "122"])
def test_what_everybody_may_dial(number: str) -> None:
    guard().require("a", (), number)


@pytest.mark.parametrize(
    "number",
    ["+4930123456", "+8616812345", "+86900123456", "", "+", "+86" + "1" * 30, "+86 10", "sip:x@y", "+８６10", "10086"],
)
def test_what_nobody_without_a_plan_may_dial(number: str) -> None:
    with pytest.raises(Forbidden) as caught:
        guard().require("a", ("registrar",), number)
    assert caught.value.code == "destination_not_allowed"


def test_the_longest_beginning_decides_and_one_role_is_enough() -> None:
    guard().require("a", ("director",), "+4930123456")
    guard().require("a", ("intern",), "12345")
    guard().require("a", ("intern", "director"), "+4930123456")
    with pytest.raises(Forbidden):
        guard().require("a", ("intern",), "+4930123456")


def test_an_account_that_dials_without_end_is_stopped_but_reaches_the_police() -> None:
    tried = guard(calls_per_hour=2)
    for _ in range(2):
        tried.require("a", (), "+861082001234")
    with pytest.raises(TooMany):
        tried.require("a", (), "+861082001234")
    tried.require("a", (), "110")
    tried.require("b", (), "+861082001234")


def test_a_number_that_a_stranger_gave_is_in_everybodys_plan_and_no_emergency() -> None:
    tried = guard(plans={"": ("",), "director": ("",)})
    tried.require(AUTOMATIC, (), "+4930123456")
    with pytest.raises(Forbidden):
        tried.require(AUTOMATIC, (), "110")
    assert not guard().permits((), "+4930123456")


def test_a_source_is_refused_within_its_window_and_taken_again_afterwards() -> None:
    clock = Clock()
    flood = FloodGuard(GuardSettings(source_calls=2, source_window_s=60), clock)
    assert [flood.admit("+8613800138000") for _ in range(4)] == [True, True, False, False]
    assert flood.admit("+8613900139000")
    clock.now = 60.0
    assert flood.admit("+8613800138000")


def test_many_sources_together_are_held_to_what_the_machine_can_do() -> None:
    clock = Clock()
    flood = FloodGuard(GuardSettings(calls_per_second=3), clock)
    assert [flood.admit(f"+86{number}") for number in range(5)] == [True, True, True, False, False]
    clock.now = 1.0
    assert flood.admit("+869")


def test_a_flood_of_invented_sources_fills_no_memory() -> None:
    window = Window(1, 1e9, Clock())
    for number in range(MOST_SOURCES + 500):
        assert window.admit(str(number))
    assert len(window._past) == MOST_SOURCES
    assert window.admit("0")
