"""Short commands of citizens: obeyed once, answered even when the provider is away, and never a contact."""

import json

from channels.sms.answers import ANSWERS_A_DAY
from channels.sms.tables import SmsAnswerRow
from records.citizens.receipts import MAX_FAILURES, issue, new_pin
from records.messages.tables import OutboxState
from tests.support.sms_world import CITIZEN, SmsWorld


async def answered(world: SmsWorld, text: str, sid: str, sender: str = CITIZEN) -> str:
    """What the citizen is told on `text`."""
    before = len(world.peer.taken)
    assert await world.citizen_texts(text, sid, sender) == 200
    await world.works()
    await world.adapter.answer_commands()
    return "\n".join(one.text for one in world.peer.taken[before:])


async def receipt(world: SmsWorld) -> tuple[str, str]:
    """Number and PIN of a matter that came by text."""
    await world.citizen_texts("请问何时答复", "first")
    await world.works()
    (contact,) = await world.room.contacts()
    pin = await new_pin()
    async with world.room.database.unit_of_work(world.room.access) as uow:
        issued = await issue(uow, pin, uow.now.date(), contact_id=contact.id, citizen_id=contact.citizen_id)
    return issued.number, issued.pin


async def test_help_is_answered_in_the_language_of_the_word(world: SmsWorld) -> None:
    assert "查询密码" in await answered(world, "帮助", "SM1")
    assert "send: number" in await answered(world, "HELP", "SM2")
    assert await world.room.contacts() == []
    assert [row.reason for row in await world.room.ledger()] == ["command: help", "command: help"]


async def test_number_and_pin_tell_the_status_and_nothing_that_was_written(world: SmsWorld) -> None:
    number, pin = await receipt(world)
    told = await answered(world, f"查询 {number} {pin}", "SM2")
    assert number in told
    assert "请问何时答复" not in told
    assert len(await world.room.contacts()) == 1


async def test_a_pin_does_not_stay_in_the_ledger_however_it_was_written(world: SmsWorld) -> None:
    number, pin = await receipt(world)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in pin)
    for sid, text in (("SM2", f"查询 {number} {pin}"), ("SM3", f"{number}，{wide}。")):
        assert number in await answered(world, text, sid)
    kept = [json.dumps(row.raw_json, ensure_ascii=False) for row in await world.room.ledger()]
    assert len(kept) == 3
    assert not any(secret in text for text in kept for secret in (pin, wide))


async def test_a_pin_cannot_be_guessed_by_text_message(world: SmsWorld) -> None:
    number, pin = await receipt(world)
    wrong = f"{(int(pin) + 1) % 10**6:06d}"
    told = [await answered(world, f"{number} {wrong}", f"SM{n}") for n in range(MAX_FAILURES)]
    assert "分钟" in told[-1]
    assert "分钟" in await answered(world, f"{number} {pin}", "SM90")
    assert number in await answered(world, f"{number} {pin}", "SM91", "+8613900000002")


async def test_the_same_command_delivered_twice_costs_one_guess_and_one_answer(world: SmsWorld) -> None:
    number, pin = await receipt(world)
    wrong = f"{(int(pin) + 1) % 10**6:06d}"
    first = await answered(world, f"{number} {wrong}", "SM1")
    for _ in range(MAX_FAILURES + 2):
        assert await answered(world, f"{number} {wrong}", "SM1") == ""
    assert "分钟" not in first
    assert number in await answered(world, f"{number} {pin}", "SM2")


async def test_who_stops_gets_nothing_until_they_write_again(world: SmsWorld) -> None:
    await world.citizen_texts("您好", "SM1")
    await world.works()
    world.room.side.clock.advance(60)
    assert "已退订" in await answered(world, "退订", "SM2")
    refused = await world.agent_answers("还在吗")
    await world.sends()
    row = await world.outbox_of(refused)
    assert (row.state, "退订" in row.last_error) == (OutboxState.FAILED, True)
    world.room.side.clock.advance(60)
    await world.citizen_texts("还有一事", "SM3")
    await world.works()
    asked = await world.agent_answers("请讲")
    await world.sends()
    assert (await world.outbox_of(asked)).state == OutboxState.SENT


async def test_who_starts_again_gets_what_agents_write(world: SmsWorld) -> None:
    await world.citizen_texts("您好", "SM1")
    await world.works()
    for word, sid in (("TD", "SM2"), ("恢复", "SM3")):
        world.room.side.clock.advance(60)
        await answered(world, word, sid)
    message = await world.agent_answers("在")
    await world.sends()
    assert (await world.outbox_of(message)).state == OutboxState.SENT


async def test_an_answer_waits_for_a_provider_that_is_away(world: SmsWorld) -> None:
    await world.peer.server.kill()
    assert await answered(world, "帮助", "SM1") == ""
    (row,) = await world.room.rows(SmsAnswerRow)
    assert (row.state, row.attempts) == ("queued", 1)
    await world.peer.server.start()
    world.room.side.clock.advance(60)
    await world.adapter.answer_commands()
    assert len(world.peer.taken) == 1
    assert await world.adapter.answer_commands() == 0


async def test_two_machines_do_not_talk_for_ever(world: SmsWorld) -> None:
    for n in range(ANSWERS_A_DAY + 5):
        await answered(world, "帮助", f"SM{n}")
    assert len(world.peer.taken) == ANSWERS_A_DAY
    assert {row.reason for row in await world.room.ledger()} == {"command: help", "command: too many"}


async def test_a_pin_beyond_the_limit_of_answers_does_not_stay_in_the_ledger(world: SmsWorld) -> None:
    number, pin = await receipt(world)
    for n in range(ANSWERS_A_DAY):
        await answered(world, "帮助", f"SM{n}")
    assert await answered(world, f"查询 {number} {pin}", "SM99") == ""
    (row,) = [row for row in await world.room.ledger() if row.reason == "command: too many"]
    kept = json.dumps(row.raw_json, ensure_ascii=False)
    assert (number in kept, pin in kept) == (True, False)


async def test_where_only_templates_pass_the_answer_travels_in_one(world: SmsWorld) -> None:
    await world.set_up("aliyun")
    await world.approve("您查询的内容：${内容}", "SMS_7", purpose="command")
    call = [{"phone_number": "13900000001", "content": "帮助", "sequence_id": 1}]
    assert (await world.client.post(world.url(), json=call)).status_code == 200
    await world.works()
    await world.adapter.answer_commands()
    (handed,) = world.peer.taken
    assert (handed.template, "查询密码" in handed.variables["内容"]) == ("SMS_7", True)
