"""What agent and citizen can do while they speak, and what a restart of the process leaves."""

import pytest

from kit.errors import AppError, Conflict, Forbidden
from router.contact import ContactStatus
from telephony.calls import Adopted, CallFailed, HangUpCause, LegState
from telephony.switchboard.switchboard import Switchboard
from tests.support.calls import FakeParty
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until

CITIZEN, AGENT, THIRD = 400, 575, 1900


async def do(line: Hotline, name: str, contact_id: str, agent_id: str, **given: object) -> None:
    await line.switchboard.command(name, {"contact_id": contact_id, "agent_id": agent_id, **given})


async def hears(party: FakeParty, *tones: int) -> None:
    async def same() -> bool:
        return await party.hears() == frozenset(tones)

    await wait_until(same, f"exactly {tones} are heard")


async def asked(line: Hotline, contact_id: str, agent_id: str, to: str = "801") -> FakeParty:
    """Somebody whom the agent asks, who has answered and speaks."""
    await do(line, "consult", contact_id, agent_id, to=to)
    party = await line.engine.rings(f"extension:{to}")
    await party.answer()
    await party.speak(THIRD)
    await they_speak(line, contact_id)
    return party


async def they_speak(line: Hotline, contact_id: str) -> None:
    """The agent and the one who was asked."""

    async def there() -> bool:
        told = await line.switchboard.command("call", {"contact_id": contact_id})
        return bool(told["consult"] and told["consult"]["answered"])

    await wait_until(there, "the consult is answered")


async def test_hold_and_mute(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await caller.speak(CITIZEN)
    await phone.speak(AGENT)
    await do(line, "hold", row.id, agent, on=True)
    await hears(caller)
    await hears(phone)
    await do(line, "hold", row.id, agent, on=False)
    await hears(caller, AGENT)
    await do(line, "mute", row.id, agent, on=True)
    await hears(caller)
    await hears(phone, CITIZEN)


async def test_a_stranger_commands_nothing(line: Hotline) -> None:
    agent = await line.agent()
    _, _, row = await line.talking(agent)
    other = await line.agent(staff_number="1008")
    for name, given in (("hold", {"on": True}), ("consult", {"to": "801"}), ("digits", {"digits": "1"})):
        with pytest.raises(Conflict):
            await do(line, name, row.id, other, **given)
    with pytest.raises(AppError):
        await do(line, "hold", "nothing", agent, on=True)


async def test_the_citizen_does_not_hear_a_consult_and_is_back_after_it(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await caller.speak(CITIZEN)
    await phone.speak(AGENT)
    third = await asked(line, row.id, agent)
    await hears(phone, THIRD)
    await hears(caller)
    await hears(third, AGENT)
    await do(line, "end_consult", row.id, agent)
    await third.ended()
    await hears(caller, AGENT)
    await hears(phone, CITIZEN)


async def test_a_consult_that_nobody_answers_gives_the_citizen_back(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await caller.speak(CITIZEN)
    await phone.speak(AGENT)
    await do(line, "consult", row.id, agent, to="801")
    await hears(caller)
    await (await line.engine.rings("extension:801")).ignore()
    await hears(caller, AGENT)
    line.engine.unreachable.add("extension:802")
    with pytest.raises(CallFailed):
        await do(line, "consult", row.id, agent, to="802")
    await hears(caller, AGENT)


async def test_who_was_asked_hangs_up_and_the_citizen_is_back(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await phone.speak(AGENT)
    third = await asked(line, row.id, agent)
    await hears(phone, THIRD)
    await third.hang_up()
    await hears(caller, AGENT)


async def test_a_conference_of_three_and_its_end(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await caller.speak(CITIZEN)
    await phone.speak(AGENT)
    third = await asked(line, row.id, agent)
    await hears(phone, THIRD)
    await do(line, "conference", row.id, agent)
    await hears(caller, AGENT, THIRD)
    await hears(phone, CITIZEN, THIRD)
    await hears(third, CITIZEN, AGENT)
    await caller.hang_up()
    await third.ended()
    await phone.ended()
    await line.quiet()
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP


async def test_an_attended_transfer_leaves_the_citizen_with_who_was_asked(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await caller.speak(CITIZEN)
    third = await asked(line, row.id, agent)
    await do(line, "complete_transfer", row.id, agent)
    await phone.ended()
    await hears(caller, THIRD)
    await hears(third, CITIZEN)
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP
    await third.hang_up()
    await caller.ended()
    await line.quiet()


async def test_a_blind_transfer_and_one_that_comes_back(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await phone.speak(AGENT)
    await do(line, "transfer", row.id, agent, to="801")
    await (await line.engine.rings("extension:801")).decline()
    await hears(caller, AGENT)
    await do(line, "transfer", row.id, agent, to="13900139000")
    third = await line.engine.rings("+8613900139000")
    await third.answer()
    await third.speak(THIRD)
    await phone.ended()
    await hears(caller, THIRD)
    await caller.hang_up()
    await line.quiet()


async def test_a_caller_who_leaves_during_a_consult_leaves_nobody_hanging(line: Hotline) -> None:
    agent = await line.agent()
    caller, _phone, row = await line.talking(agent)
    third = await asked(line, row.id, agent)
    await caller.hang_up()
    await third.ended()
    await line.quiet()
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP


async def test_a_caller_who_leaves_while_a_consult_rings_leaves_nobody_hanging(line: Hotline) -> None:
    agent = await line.agent()
    caller, _phone, row = await line.talking(agent)
    await do(line, "consult", row.id, agent, to="801")
    third = await line.engine.rings("extension:801")
    await caller.hang_up()
    await third.ended()
    await line.quiet()


async def test_keys_reach_the_other_side(line: Hotline) -> None:
    agent = await line.agent()
    caller, _phone, row = await line.talking(agent)
    await do(line, "digits", row.id, agent, digits="12#")
    assert await caller.keys_heard() == "12#"


async def restart(line: Hotline) -> None:
    """The process ends without a word, its legs stay; another begins with them."""
    for task in line.running:
        task.cancel()
    await line.stop()
    adopted = [leg for leg in line.engine.legs if leg.state is not LegState.ENDED]
    bridges = tuple(bridge for bridge in line.engine.bridges if bridge.parties)
    line.engine.left_over = Adopted(legs=tuple(adopted), bridges=bridges)
    line.switchboard = Switchboard(line.house)
    for channel in line.house.channels:
        line.world.connectors[channel] = line.switchboard
    line.start()


async def test_a_conversation_outlives_the_process_and_ends_as_any_other(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await caller.speak(CITIZEN)
    await phone.speak(AGENT)
    await restart(line)
    await wait_until(lambda: row.id in line.switchboard.calls, "the call is adopted")
    await hears(caller, AGENT)
    await hears(phone, CITIZEN)
    await caller.hang_up()
    await phone.ended()
    await line.quiet()
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP


async def test_a_waiting_caller_outlives_the_process_and_keeps_his_place(line: Hotline) -> None:
    caller = await line.engine.call()
    row = await line.queued(caller)
    await restart(line)
    await wait_until(lambda: row.id in line.switchboard.calls, "the call is adopted")
    agent = await line.agent()
    phone = await line.engine.rings(f"agent:{agent}")
    await phone.answer()
    await line.bridged(caller, phone)
    assert (await line.contact(id=row.id)).queued_at == row.queued_at


async def test_a_call_that_ended_while_nobody_looked_is_abandoned(line: Hotline) -> None:
    caller = await line.engine.call()
    row = await line.queued(caller)
    await line.stop()
    await caller.leg.ends(HangUpCause.NORMAL)
    await restart(line)
    await line.contact(id=row.id, status=ContactStatus.ABANDONED)


async def test_a_colleague_who_was_asked_takes_the_call_over_without_ringing_again(line: Hotline) -> None:
    first = await line.agent(staff_number="1006")
    caller, phone, row = await line.talking(first)
    second = await line.agent(staff_number="1008")
    await do(line, "consult", row.id, first, to=f"agent:{second}")
    other = await line.engine.rings(f"agent:{second}")
    await other.answer()
    await they_speak(line, row.id)
    await do(line, "complete_transfer", row.id, first)
    await phone.ended()
    await caller.hears_prompt("工号幺零零八为您服务。")
    await line.bridged(caller, other)
    taken = await line.contact(id=row.id)
    assert (taken.status, taken.agent_id) == (ContactStatus.ACTIVE, second)
    assert [leg.dialled for leg in line.engine.legs].count(f"agent:{second}") == 1
    await caller.hang_up()
    await line.quiet()


async def test_a_colleague_who_is_asked_is_offered_nothing_meanwhile(line: Hotline) -> None:
    first = await line.agent(staff_number="1006")
    _caller, _phone, row = await line.talking(first)
    second = await line.agent(staff_number="1008")
    await do(line, "consult", row.id, first, to=f"agent:{second}")
    asked = await line.engine.rings(f"agent:{second}")
    await asked.answer()
    waiting = await line.queued(await line.engine.call("13900139000"))
    assert await line.world.offers(waiting.id) == []
    await do(line, "end_consult", row.id, first)
    await asked.ended()
    await line.contact(id=waiting.id, status=ContactStatus.OFFERED)


async def test_a_colleague_on_a_call_is_not_asked(line: Hotline) -> None:
    first = await line.agent(staff_number="1006")
    _caller, _phone, row = await line.talking(first)
    second = await line.agent(staff_number="1008")
    await line.talking(second, await line.engine.call("13900139000"))
    with pytest.raises(Conflict):
        await do(line, "consult", row.id, first, to=f"agent:{second}")


async def test_a_supervisor_listens_whispers_and_takes_over(line: Hotline) -> None:
    first = await line.agent(staff_number="1006")
    caller, phone, row = await line.talking(first)
    await caller.speak(CITIZEN)
    await phone.speak(AGENT)
    boss = await line.agent(staff_number="1001")
    await do(line, "supervise", row.id, boss, mode="listen")
    ear = await line.engine.rings(f"agent:{boss}")
    await ear.answer()
    await ear.speak(THIRD)
    await hears(ear, CITIZEN, AGENT)
    await hears(caller, AGENT)
    await do(line, "supervise", row.id, boss, mode="whisper")
    await hears(phone, CITIZEN, THIRD)
    await hears(caller, AGENT)
    told = await line.switchboard.command("call", {"contact_id": row.id})
    assert told["supervised"] == {boss: "whisper"}
    await do(line, "take_over", row.id, boss)
    await phone.ended()
    await line.bridged(caller, ear)
    assert (await line.contact(id=row.id, agent_id=boss)).status == ContactStatus.ACTIVE
    await do(line, "hang_up", row.id, boss)
    await caller.ended()
    await ear.ended()
    await line.quiet()
    assert (await line.call_row(row.id)).ended_by == "supervisor"


async def test_a_supervisor_is_let_go_when_the_call_ends_or_he_hangs_up(line: Hotline) -> None:
    agent = await line.agent(staff_number="1006")
    caller, _phone, row = await line.talking(agent)
    boss = await line.agent(staff_number="1001")
    await do(line, "supervise", row.id, boss, mode="barge")
    ear = await line.engine.rings(f"agent:{boss}")
    await ear.answer()
    await wait_until(lambda: line.engine.spies, "he takes part")
    await ear.hang_up()
    await wait_until(lambda: not line.engine.spies, "he takes no part")
    await do(line, "supervise", row.id, boss, mode="listen")
    again = await line.engine.rings(f"agent:{boss}")
    await again.answer()
    await wait_until(lambda: line.engine.spies, "he takes part again")
    await caller.hang_up()
    await again.ended()
    await line.quiet()


async def test_numbers_that_the_house_does_not_pay_for_are_not_rung(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await phone.speak(AGENT)
    for number in ("+1 212 555 0100", "+8616812345678"):
        for name in ("consult", "transfer"):
            with pytest.raises(Forbidden):
                await do(line, name, row.id, agent, to=number)
    assert not line.engine.rung
    await hears(caller, AGENT)
    await do(line, "consult", row.id, agent, to="110")
    await line.engine.rings("110")
