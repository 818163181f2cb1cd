"""Events for each reader anew, and keys without those that a bad network doubled."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from telephony.calls import Answered, Digit, Ended, HangUpCause, LegEnded
from telephony.leg_events import DuplicateGuard, Keys, LegEvents

START = datetime(2026, 1, 1, tzinfo=UTC)


def digit(value: str, after_ms: int) -> Digit:
    return Digit(value=value, at=START + timedelta(milliseconds=after_ms))


async def test_who_follows_late_is_told_everything_in_order_and_no_more_after_the_end() -> None:
    events = LegEvents()
    events.add(Answered(at=START))
    early = asyncio.create_task(_all(events))
    await asyncio.sleep(0)
    events.add(digit("1", 5))
    events.add(Ended(cause=HangUpCause.NORMAL, at=START))
    events.add(digit("2", 9))
    expected = [Answered, Digit, Ended]
    assert [type(event) for event in await early] == expected
    assert [type(event) for event in await _all(events)] == expected


async def _all(events: LegEvents) -> list[object]:
    return [event async for event in events.follow()]


def test_a_doubled_key_is_dropped_and_a_key_pressed_twice_is_not() -> None:
    guard = DuplicateGuard()
    # 60 ms of tone and 60 ms of pause are the quickest dialler; 40 ms of pause is what networks double.
    presses = [("1", 0), ("1", 60), ("1", 180), ("2", 200), ("1", 210), ("2", 215)]
    assert [guard.is_new(digit(value, after_ms)) for value, after_ms in presses] == [
        True,
        False,
        True,
        True,
        True,
        True,
    ]


async def test_keys_are_collected_to_limit_terminator_or_silence() -> None:
    keys = Keys()
    for key in "123#45":
        keys.press(key)
    assert await keys.collect(6, 1, first="", terminator="#", gap_s=0.01) == "123"
    assert await keys.collect(6, 1, first="9", terminator="#", gap_s=0.01) == "945"
    assert await keys.collect(6, 0.01, first="", terminator="#", gap_s=0.01) == ""
    assert await keys.collect(6, 0.01, first="#", terminator="#", gap_s=0.01) == ""
    keys.press("7")
    assert await keys.collect(1, 1, first="8", terminator="#", gap_s=0.01) == "8"
    keys.forget()
    keys.close()
    with pytest.raises(LegEnded):
        await keys.collect(1, 1, first="", terminator="#", gap_s=1)


async def test_the_key_that_ends_a_complete_number_is_no_answer_to_the_next_question() -> None:
    keys = Keys()
    for key in "123#45":
        keys.press(key)
    assert await keys.collect(3, 1, first="", terminator="#", gap_s=1) == "123"
    assert await keys.collect(2, 1, first="", terminator="#", gap_s=1) == "45"
    keys.press("#")  # in time
    keys.press("6")
    assert await keys.next() == "6"
    keys.press("7")
    assert await keys.collect(1, 1, first="", terminator="#", gap_s=0) == "7"
    keys.press("#")  # too late to belong to it
    assert await keys.next() == "#"
