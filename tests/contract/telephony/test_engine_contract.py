"""What every call engine does alike. Each subject of `tests/support/call_rooms.py` runs all of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from telephony.calls import (
    Answered,
    CallFailed,
    CallLeg,
    Dial,
    Digit,
    Ended,
    FaxTone,
    HangUpCause,
    LegEnded,
    LegState,
    SpyMode,
)
from telephony.in_turn import in_order
from tests.support.call_hearing import event_of, hears
from tests.support.call_rooms import ENDINGS, SUBJECTS, EngineRoom, Telephone
from tests.support.tones import TONES, read_wav, tone_media, tones_in
from tests.support.waiting import wait_until

CITIZEN, AGENT, THIRD, PROMPT, _ = TONES


@pytest.fixture(params=list(SUBJECTS))
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EngineRoom]:
    async with SUBJECTS[request.param](tmp_path) as room:
        yield room


async def answered(room: EngineRoom, hz: int | None = None, caller: str = "13800138000") -> tuple[CallLeg, Telephone]:
    leg, phone = await room.call(caller)
    await leg.answer()
    await phone.speak(hz)
    return leg, phone


async def reached(room: EngineRoom, hz: int | None = None) -> tuple[CallLeg, Telephone]:
    """An agent's telephone that was rung and answered."""
    leg = await room.engine.originate(Dial(to=room.target, caller="12396", timeout_s=10))
    phone = await room.rings()
    await phone.answer()
    await event_of(leg, Answered)
    await phone.speak(hz)
    return leg, phone


async def pressed_by(leg: CallLeg, count: int) -> str:
    found: list[str] = []
    async with asyncio.timeout(30):
        async for event in leg.events():
            if isinstance(event, Digit):
                found.append(event.value)
            if len(found) == count:
                break
    return "".join(found)


async def test_a_call_comes_in_ringing_and_is_up_once_answered(room: EngineRoom) -> None:
    leg, _phone = await room.call("13800138000")
    assert (leg.state, leg.dialled) == (LegState.RINGING, "12396")
    assert leg.caller in {"13800138000", "+8613800138000"}
    await leg.answer()
    await leg.answer()
    assert leg.state is LegState.UP
    await event_of(leg, Answered)


async def test_a_prompt_is_heard_and_ends_by_itself(room: EngineRoom) -> None:
    leg, phone = await answered(room)
    playing = asyncio.create_task(leg.play(tone_media(room.folder, PROMPT, 3)))
    await hears(phone, PROMPT)
    assert await playing is None
    await hears(phone)


async def test_a_key_ends_a_prompt_that_asks_for_one(room: EngineRoom) -> None:
    leg, phone = await answered(room)
    playing = asyncio.create_task(leg.play(tone_media(room.folder, PROMPT, 30), stop_on_digit=True))
    await hears(phone, PROMPT)
    await phone.press("2")
    assert await asyncio.wait_for(playing, 30) == "2"
    await hears(phone)


async def test_prompts_in_a_row_are_heard_one_after_another_and_a_key_ends_them_all(room: EngineRoom) -> None:
    leg, phone = await answered(room)
    row = [tone_media(room.folder, hz, seconds) for hz, seconds in ((PROMPT, 3), (THIRD, 30), (CITIZEN, 30))]
    playing = asyncio.create_task(leg.play_all(in_order(row), stop_on_digit=True))
    await hears(phone, PROMPT)
    await hears(phone, THIRD)
    await phone.press("25")
    assert await asyncio.wait_for(playing, 30) == "2"
    assert await leg.collect_digits(1, 5) == "5"
    await hears(phone)


async def test_a_cancelled_prompt_is_not_heard_any_more(room: EngineRoom) -> None:
    leg, phone = await answered(room)
    playing = asyncio.create_task(leg.play(tone_media(room.folder, PROMPT, 30)))
    await hears(phone, PROMPT)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    await hears(phone)


async def test_digits_are_collected_up_to_the_limit_the_terminator_or_silence(room: EngineRoom) -> None:
    leg, phone = await answered(room)
    collecting = asyncio.create_task(leg.collect_digits(4, 5))
    await phone.press("1898")
    assert await asyncio.wait_for(collecting, 30) == "1898"
    collecting = asyncio.create_task(leg.collect_digits(20, 5, first="2"))
    await phone.press("034#")
    assert await asyncio.wait_for(collecting, 30) == "2034"
    assert await leg.collect_digits(4, 0.3) == ""
    collecting = asyncio.create_task(leg.collect_digits(4, 5, gap_s=0.5))
    await phone.press("77")
    assert await asyncio.wait_for(collecting, 30) == "77"


async def test_keys_wait_in_order_until_they_are_taken(room: EngineRoom) -> None:
    leg, phone = await answered(room)
    await phone.press("25")
    assert await pressed_by(leg, 2) == "25"
    assert await leg.play(tone_media(room.folder, PROMPT, 30), stop_on_digit=True) == "2"
    assert await leg.collect_digits(1, 5) == "5"
    assert await leg.collect_digits(1, 0.2) == ""


async def test_the_events_of_a_leg_are_told_to_each_from_the_beginning(room: EngineRoom) -> None:
    leg, phone = await answered(room)
    await phone.press("4*#")
    assert await pressed_by(leg, 3) == "4*#"
    await phone.hang_up()
    for _ in range(2):
        kinds = [type(event) async for event in leg.events()]
        assert kinds == [Answered, Digit, Digit, Digit, Ended]


async def test_a_leg_that_ended_refuses_everything(room: EngineRoom) -> None:
    leg, phone = await answered(room)
    collecting = asyncio.create_task(leg.collect_digits(4, 30))
    playing = asyncio.create_task(leg.play(tone_media(room.folder, PROMPT, 30)))
    await hears(phone, PROMPT)
    await phone.hang_up()
    for waiting in (collecting, playing):
        with pytest.raises(LegEnded):
            await asyncio.wait_for(waiting, 30)
    ended = await event_of(leg, Ended)
    assert isinstance(ended, Ended)
    assert ended.cause is HangUpCause.NORMAL
    assert leg.state is LegState.ENDED
    refused: list[Callable[[], object]] = [
        leg.answer,
        leg.hold,
        leg.resume,
        lambda: leg.mute(True),
        lambda: leg.music(True),
        lambda: leg.send_digits("1"),
        lambda: leg.play(tone_media(room.folder, PROMPT, 1)),
        lambda: leg.collect_digits(1, 1),
    ]
    for refuse in refused:
        with pytest.raises(LegEnded):
            await refuse()  # type: ignore[misc]
    await leg.hang_up()


async def test_hanging_up_reaches_the_telephone(room: EngineRoom) -> None:
    leg, phone = await answered(room)
    await leg.hang_up()
    await phone.ended()
    await event_of(leg, Ended)


async def test_a_call_is_turned_away_while_it_rings(room: EngineRoom) -> None:
    leg, phone = await room.call()
    await leg.hang_up(HangUpCause.BUSY)
    await phone.ended()
    assert leg.state is LegState.ENDED


async def test_a_dialled_telephone_rings_and_answers(room: EngineRoom) -> None:
    leg = await room.engine.originate(Dial(to=room.target, caller="12396", timeout_s=10, variables={"contact": "c1"}))
    assert leg.state is LegState.RINGING
    phone = await room.rings()
    await phone.answer()
    await event_of(leg, Answered)
    await leg.hang_up()
    await phone.ended()


async def test_a_dialled_telephone_declines_or_does_not_answer(room: EngineRoom) -> None:
    leg = await room.engine.originate(Dial(to=room.target, caller="12396", timeout_s=10))
    await (await room.rings()).decline()
    ended = await event_of(leg, Ended)
    assert isinstance(ended, Ended)
    assert ended.cause in (HangUpCause.REJECTED, HangUpCause.BUSY)

    leg = await room.engine.originate(Dial(to=room.target, caller="12396", timeout_s=1))
    phone = await room.rings()
    ended = await event_of(leg, Ended)
    assert isinstance(ended, Ended)
    assert ended.cause is HangUpCause.NO_ANSWER
    await phone.ended()


async def test_who_cannot_be_reached_is_told_at_once_or_by_the_end(room: EngineRoom) -> None:
    try:
        leg = await room.engine.originate(Dial(to=room.nobody, caller="12396", timeout_s=5))
    except CallFailed:
        return
    ended = await event_of(leg, Ended)
    assert isinstance(ended, Ended)
    assert ended.cause in ENDINGS


async def test_a_bridge_lets_its_parties_hear_each_other(room: EngineRoom) -> None:
    citizen, citizen_phone = await answered(room, CITIZEN)
    agent, agent_phone = await reached(room, AGENT)
    bridge = await room.engine.bridge(citizen, agent)
    assert {leg.id for leg in bridge.legs} == {citizen.id, agent.id}
    await hears(citizen_phone, AGENT)
    await hears(agent_phone, CITIZEN)
    await bridge.remove(citizen)
    await hears(agent_phone)
    await bridge.close()
    await bridge.close()
    assert agent.state is LegState.UP
    assert citizen.state is LegState.UP


async def test_three_parties_hear_each_other(room: EngineRoom) -> None:
    citizen, citizen_phone = await answered(room, CITIZEN)
    third, third_phone = await answered(room, THIRD, "13900139000")
    agent, agent_phone = await reached(room, AGENT)
    bridge = await room.engine.bridge(citizen, agent)
    await bridge.add(third)
    await hears(citizen_phone, AGENT, THIRD)
    await hears(agent_phone, CITIZEN, THIRD)
    await hears(third_phone, CITIZEN, AGENT)


async def test_adding_a_leg_moves_it_from_its_bridge(room: EngineRoom) -> None:
    citizen, citizen_phone = await answered(room, CITIZEN)
    third, third_phone = await answered(room, THIRD, "13900139000")
    agent, _agent_phone = await reached(room, AGENT)
    first = await room.engine.bridge(citizen, agent)
    second = await room.engine.bridge(third)
    await second.add(agent)
    await hears(third_phone, AGENT)
    await hears(citizen_phone)
    assert [leg.id for leg in first.legs] == [citizen.id]


async def test_a_prompt_to_a_bridge_reaches_all(room: EngineRoom) -> None:
    citizen, citizen_phone = await answered(room)
    agent, agent_phone = await reached(room)
    bridge = await room.engine.bridge(citizen, agent)
    playing = asyncio.create_task(bridge.play(tone_media(room.folder, PROMPT, 6)))
    await hears(citizen_phone, PROMPT)
    await hears(agent_phone, PROMPT)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


async def test_a_held_party_neither_hears_nor_is_heard_and_comes_back(room: EngineRoom) -> None:
    citizen, citizen_phone = await answered(room, CITIZEN)
    agent, agent_phone = await reached(room, AGENT)
    await room.engine.bridge(citizen, agent)
    await hears(citizen_phone, AGENT)
    await citizen.hold()
    await hears(citizen_phone)
    await hears(agent_phone)
    await citizen.resume()
    await hears(citizen_phone, AGENT)
    await hears(agent_phone, CITIZEN)


async def test_a_muted_party_hears_and_is_not_heard(room: EngineRoom) -> None:
    citizen, citizen_phone = await answered(room, CITIZEN)
    agent, agent_phone = await reached(room, AGENT)
    await room.engine.bridge(citizen, agent)
    await hears(citizen_phone, AGENT)
    await agent.mute(True)
    await hears(citizen_phone)
    await hears(agent_phone, CITIZEN)
    await agent.mute(False)
    await hears(citizen_phone, AGENT)


async def test_a_party_that_hangs_up_leaves_the_bridge_and_the_other_stays(room: EngineRoom) -> None:
    citizen, citizen_phone = await answered(room, CITIZEN)
    agent, agent_phone = await reached(room, AGENT)
    bridge = await room.engine.bridge(citizen, agent)
    await hears(agent_phone, CITIZEN)
    await citizen_phone.hang_up()
    await event_of(citizen, Ended)
    await wait_until(lambda: [leg.id for leg in bridge.legs] == [agent.id], "the bridge holds the agent alone")
    assert agent.state is LegState.UP


async def test_a_recording_has_one_side_left_and_all_others_right(room: EngineRoom) -> None:
    citizen, citizen_phone = await answered(room, CITIZEN)
    agent, agent_phone = await reached(room, AGENT)
    bridge = await room.engine.bridge(citizen, agent)
    handle = await bridge.record_stereo(citizen)
    await hears(citizen_phone, AGENT)
    await hears(agent_phone, CITIZEN)
    recording = await handle.stop()
    assert await handle.stop() == recording
    (left, right), rate = read_wav(recording.path)
    assert tones_in(left, rate) == {CITIZEN}
    assert tones_in(right, rate) == {AGENT}
    assert recording.duration_s == pytest.approx(len(left) / rate, abs=0.5)


async def test_a_message_is_recorded_from_one_party_alone_until_it_hangs_up(room: EngineRoom) -> None:
    citizen, phone = await answered(room, CITIZEN)
    bridge = await room.engine.bridge(citizen)
    handle = await bridge.record_stereo(citizen)
    await phone.hears()
    await phone.hang_up()
    await event_of(citizen, Ended)
    recording = await handle.stop()
    (left, right), rate = read_wav(recording.path)
    assert tones_in(left, rate) == {CITIZEN}
    assert tones_in(right, rate) == set()


async def test_keys_are_collected_in_a_bridge_too(room: EngineRoom) -> None:
    citizen, phone = await answered(room)
    await room.engine.bridge(citizen)
    collecting = asyncio.create_task(citizen.collect_digits(5, 5))
    await phone.press("12#")
    assert await asyncio.wait_for(collecting, 30) == "12"


async def test_keys_are_sent_to_a_telephone(room: EngineRoom) -> None:
    agent, phone = await reached(room)
    await agent.send_digits("18#")

    async def came() -> bool:
        return await phone.keys_heard() == "18#"

    await wait_until(came, "the keys arrive")


async def test_a_fax_machine_is_heard(room: EngineRoom) -> None:
    if not room.engine.capabilities.fax:
        return
    leg, phone = await answered(room)
    await phone.send_fax_tone()
    await event_of(leg, FaxTone)


async def test_a_supervisor_listens_whispers_and_barges_in(room: EngineRoom) -> None:
    if not room.engine.capabilities.spy:
        return
    citizen, citizen_phone = await answered(room, CITIZEN)
    agent, agent_phone = await reached(room, AGENT)
    await room.engine.bridge(citizen, agent)
    supervisor, phone = await answered(room, THIRD, "13900139000")
    spy = await room.engine.spy(agent, supervisor, SpyMode.LISTEN)
    await hears(phone, CITIZEN, AGENT)
    await hears(citizen_phone, AGENT)
    await hears(agent_phone, CITIZEN)
    await spy.change(SpyMode.WHISPER)
    await hears(agent_phone, CITIZEN, THIRD)
    await hears(citizen_phone, AGENT)
    await spy.change(SpyMode.BARGE)
    await hears(citizen_phone, AGENT, THIRD)
    await spy.close()
    await hears(citizen_phone, AGENT)
    await hears(agent_phone, CITIZEN)
    await hears(phone)
    assert supervisor.state is LegState.UP
