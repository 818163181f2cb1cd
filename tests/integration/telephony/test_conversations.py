"""Citizens and agents on SIP telephones over the whole running product: who hears whom is told by tones."""

import io
import time
import wave

import numpy as np
import pytest

from tests.support.phone_house import (
    AGENT,
    CITIZEN,
    OTHER,
    PhoneHouse,
    after_prompt,
    all_hear,
    heard,
    hears,
    rung,
    talk,
)
from tests.support.tone_voice import STAFF_NUMBER
from tests.support.tones import Samples, tones_in
from tests.support.waiting import wait_until

pytestmark = pytest.mark.asyncio(loop_scope="package")

TALK_S = 1.5


async def test_the_agent_is_announced_holds_and_comes_back_and_both_sides_are_recorded(house: PhoneHouse) -> None:
    async with talk(house) as on:
        order = [hz for hz in heard(on.citizen) if hz in (STAFF_NUMBER, AGENT)]
        assert order[:2] == [STAFF_NUMBER, AGENT]
        assert any("工号" in words for words in house.words())
        begun = time.monotonic()
        await wait_until(lambda: time.monotonic() > begun + TALK_S, "they speak for a while")
        await on.does("hold", on=True)
        await hears(on.agent)
        assert AGENT not in await on.citizen.hears()
        await on.does("hold", on=False)
        await on.hear_each_other()
        await on.agent.hang_up()
        await after_prompt(on.citizen)
        await on.citizen.press("2")
        await on.citizen.ended()
        assert (await house.path(on.contact_id))[-2:] == ["satisfaction:next", "bye:"]
        left, right, seconds = await recording(house, on.contact_id)
        assert TALK_S < seconds < time.monotonic() - begun + 5
        assert tones_in(left[:8000]) == {CITIZEN}
        assert tones_in(right[:8000]) == {AGENT}


async def recording(house: PhoneHouse, contact_id: str) -> tuple[Samples, Samples, float]:
    desk = house.staff["banzhang"].desk

    async def stored() -> str | None:
        found = await desk.get("telephone/recordings", contact_id=contact_id)
        return found[0]["id"] if found else None

    recording_id = await wait_until(stored, "the recording is stored", timeout_s=30)
    with wave.open(io.BytesIO(await desk.download(f"recordings/{recording_id}/sound"))) as file:
        assert file.getnchannels() == 2
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return frames[::2], frames[1::2], file.getnframes() / file.getframerate()


async def test_a_call_is_passed_to_a_colleague_and_back_into_the_line(house: PhoneHouse) -> None:
    first, second = house.staff["sumin"], house.staff["liangyu"]
    async with talk(house) as on:
        await second.be("ready")
        await on.passes_on("agent", second.id)
        other = await second.answers(on.number, OTHER)
        await on.agent.ended()
        await all_hear((on.citizen, [OTHER]), (other, [CITIZEN]))
        await on.is_with(second)
        await first.clear()
        await first.be("ready")
        row = await house.contact(on.number)
        await second.desk.post(f"contacts/{row.id}/transfer", {"to": "queue", "target_id": row.queue_id})
        again = await first.answers(on.number, AGENT)
        await other.ended()
        await all_hear((on.citizen, [AGENT]), (again, [CITIZEN]))
        await on.is_with(first)


async def test_a_colleague_is_asked_first_and_then_goes_on_with_the_citizen(house: PhoneHouse) -> None:
    second = house.staff["liangyu"]
    async with talk(house) as on:
        await second.be("ready")
        await on.does("consult", to=f"agent:{second.id}")
        unanswered = await second.rung()
        assert AGENT not in await on.citizen.hears()
        await unanswered.ended()
        await on.hear_each_other()
        await on.does("consult", to=f"agent:{second.id}")
        other = await second.answers("", OTHER)
        await on.member.asked(on.contact_id)
        await all_hear((on.agent, [OTHER]), (other, [AGENT]))
        assert not {AGENT, OTHER} & await on.citizen.hears()
        await on.does("complete-transfer")
        await all_hear((on.citizen, [OTHER]), (other, [CITIZEN]))
        await on.agent.ended()
        await on.is_with(second)


async def test_three_speak_and_two_go_on(house: PhoneHouse) -> None:
    outside = house.new_number()
    async with talk(house) as on:
        await on.does("consult", to=outside)
        third = await rung(house.network, outside)
        await third.answer()
        await third.speak(OTHER)
        await on.member.asked(on.contact_id)
        await on.does("conference")
        await all_hear((on.citizen, [AGENT, OTHER]), (on.agent, [CITIZEN, OTHER]), (third, [CITIZEN, AGENT]))
        await on.agent.hang_up()
        await all_hear((on.citizen, [OTHER]), (third, [CITIZEN]))
        await third.hang_up()
        await on.citizen.ended()


async def test_a_call_goes_to_an_outside_number(house: PhoneHouse) -> None:
    outside = house.new_number()
    async with talk(house) as on:
        await on.does("transfer", to=outside)
        third = await rung(house.network, outside)
        await third.answer()
        await third.speak(OTHER)
        await all_hear((on.citizen, [OTHER]), (third, [CITIZEN]))
        await on.agent.ended()
        await on.citizen.hang_up()
        await third.ended()
        assert (await house.ledger(on.contact_id)).ended_by == "transfer"


async def test_a_supervisor_listens_whispers_and_joins(house: PhoneHouse) -> None:
    supervisor = house.staff["banzhang"]
    async with talk(house) as on:
        path = f"telephone/calls/{on.contact_id}/supervise"
        await supervisor.desk.post(path, {"mode": "listen"})
        ear = await supervisor.answers("", OTHER)
        await all_hear((ear, [CITIZEN, AGENT]), (on.citizen, [AGENT]), (on.agent, [CITIZEN]))
        await supervisor.desk.post(path, {"mode": "whisper"})
        await all_hear((ear, [CITIZEN, AGENT]), (on.citizen, [AGENT]), (on.agent, [CITIZEN, OTHER]))
        await supervisor.desk.post(path, {"mode": "barge"})
        await all_hear((ear, [CITIZEN, AGENT]), (on.citizen, [AGENT, OTHER]), (on.agent, [CITIZEN, OTHER]))
        seen = await on.member.desk.get(f"calls/{on.contact_id}")
        assert seen["supervised"] == {supervisor.id: "barge"}
        await supervisor.desk.post(f"telephone/calls/{on.contact_id}/end-supervision", {})
        await ear.ended()
        await on.hear_each_other()
