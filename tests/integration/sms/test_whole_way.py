"""A citizen texts, an agent answers, the provider reports: by each kind of provider."""

import asyncio
import json

import pytest

from channels.sms.tables import SmsPartRow
from records.citizens.tables import ReceiptRow
from records.messages.tables import LedgerRow, MessageRow, OutboxRow, OutboxState
from tests.support.channel_room import ChannelRoom
from tests.support.sms_provider import REFUSED, Handed, generic_calls
from tests.support.sms_world import CITIZEN, SmsWorld, sms_world


async def test_a_text_becomes_a_contact_and_the_answer_is_reported_as_delivered(world: SmsWorld) -> None:
    assert await world.citizen_texts("高企复审几时有结果") == 200
    await world.works()
    (contact,) = await world.room.contacts()
    assert (contact.channel, contact.sender, contact.recipient) == ("sms", CITIZEN, world.account.number)
    message = await world.agent_answers("三天内有结果")
    await world.sends()
    receipt, answer = sorted(world.peer.taken, key=lambda one: "三天" in one.text)
    assert (answer.recipient, answer.text) == (CITIZEN, "【云州科技】三天内有结果")
    assert "查询密码" in receipt.text
    assert "******" not in receipt.text
    assert (await world.outbox_of(message)).state == OutboxState.SENT
    assert await world.reports(answer.id, "delivered") == 200
    await world.works()
    assert (await world.outbox_of(message)).state == OutboxState.DELIVERED


async def test_what_comes_twice_is_one_contact_and_one_message(world: SmsWorld) -> None:
    for _ in range(3):
        assert await world.citizen_texts("您好", "SM7") == 200
    await asyncio.gather(*(world.citizen_texts("您好", "SM7") for _ in range(5)))
    await world.works()
    assert await world.citizen_texts("您好", "SM7") == 200
    await world.works()
    assert len(await world.room.contacts()) == 1
    assert await world.room.heard() == ["您好"]


async def test_texts_of_a_number_are_one_conversation(world: SmsWorld) -> None:
    await world.citizen_texts("一", "SM1")
    await world.works()
    await world.citizen_texts("二", "SM2", sender="13900000001")
    await world.citizen_texts("三", "SM3", sender="+8613900000002")
    await world.works()
    assert len(await world.room.contacts()) == 2
    assert sorted(await world.room.heard()) == ["一", "三", "二"]


async def test_a_report_before_the_answer_to_the_handing_over_counts(world: SmsWorld) -> None:
    async def report_at_once(handed: Handed) -> None:
        assert await world.reports(handed.id, "delivered") == 200
        await world.works()

    await world.citizen_texts("您好")
    await world.works()
    message = await world.agent_answers("好")
    world.peer.on_taken = report_at_once
    await world.sends()
    assert (await world.outbox_of(message)).state == OutboxState.DELIVERED


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (["delivered", "sent", "sending", "queued"], OutboxState.DELIVERED),
        (["undelivered", "sent"], OutboxState.FAILED),
        (["undelivered", "delivered"], OutboxState.DELIVERED),
        (["delivered", "undelivered"], OutboxState.DELIVERED),
        (["sent", "sent"], OutboxState.SENT),
    ],
)
async def test_reports_in_any_order_never_step_back(world: SmsWorld, statuses: list[str], state: OutboxState) -> None:
    await world.citizen_texts("您好")
    await world.works()
    message = await world.agent_answers("好")
    await world.sends()
    (answer,) = [one for one in world.peer.taken if one.text.endswith("好")]
    for status in statuses:
        await world.reports(answer.id, status, ErrorCode="30003")
        await world.works()
    row = await world.outbox_of(message)
    assert row.state == state
    assert ("30003" in row.last_error) is (state == OutboxState.FAILED)


async def test_what_the_provider_refuses_is_shown_and_not_repeated(world: SmsWorld) -> None:
    await world.citizen_texts("您好", sender=REFUSED)
    await world.works()
    message = await world.agent_answers("好")
    await world.sends()
    row = await world.outbox_of(message)
    assert (row.state, "21211" in row.last_error) == (OutboxState.FAILED, True)


async def test_a_provider_that_is_away_or_busy_gets_it_later_and_once(world: SmsWorld) -> None:
    await world.citizen_texts("您好")
    await world.works()
    await world.sends()
    message = await world.agent_answers("好")
    await world.peer.server.kill()
    await world.sends()
    row = await world.outbox_of(message)
    assert (row.state, row.attempts) == (OutboxState.QUEUED, 1)
    await world.peer.server.start()
    world.peer.troubles = [429, 503, 429]
    for _ in range(4):
        world.room.side.clock.advance(3600)
        await world.sends()
    assert (await world.outbox_of(message)).state == OutboxState.SENT
    assert [one.text for one in world.peer.taken if one.text.endswith("好")] == ["【云州科技】好"]


async def test_aliyun_takes_a_template_and_reports_in_arrays(room: ChannelRoom) -> None:
    async with sms_world(room, "aliyun") as world:
        await world.approve("您的事项${编号}已办结：${结果}。", "SMS_99")
        up = {"phone_number": "13900000001", "send_time": "2026-11-24 09:00:00", "content": "几时办好"}
        calls = [{**up, "sequence_id": 1}, {**up, "sequence_id": 2, "phone_number": "13900000002"}, {"x": 1}]
        answer = await world.client.post(world.url(), json=calls)
        assert (answer.status_code, answer.json()["code"]) == (200, 0)
        await world.works()
        states = [row.state for row in await room.ledger()]
        assert sorted(states) == ["quarantined", "routed", "routed"]
        contact = next(one for one in await room.contacts() if one.sender == CITIZEN)
        good = await world.agent_answers("您的事项0017已办结：通过。", contact)
        bad = await world.agent_answers("随便写一句", contact)
        await world.sends()
        (handed,) = [one for one in world.peer.taken if one.template == "SMS_99"]
        assert handed.variables == {"编号": "0017", "结果": "通过"}
        assert handed.recipient == "13900000001"
        assert world.peer.forgeries == 0
        refused = await world.outbox_of(bad)
        assert (refused.state, "模板" in refused.last_error) == (OutboxState.FAILED, True)
        report = {"biz_id": "lost", "out_id": handed.reference, "phone_number": "1", "success": True, "err_code": "D"}
        await world.client.post(world.url("report"), json=[report, {**report, "biz_id": handed.id}])
        await world.works()
        assert (await world.outbox_of(good)).state == OutboxState.DELIVERED


async def test_the_receipt_travels_in_an_approved_template(room: ChannelRoom) -> None:
    async with sms_world(room, "aliyun") as world:
        await world.approve("编号${编号}，密码${查询密码}，${日期}前答复。", "SMS_5", purpose="receipt")
        call = [{"phone_number": "13900000001", "content": "几时办好", "sequence_id": 1}]
        await world.client.post(world.url(), json=call)
        await world.works()
        await world.sends()
        (handed,) = world.peer.taken
        (issued,) = await room.rows(ReceiptRow)
        assert (handed.template, handed.variables["编号"]) == ("SMS_5", issued.number)
        assert handed.variables["查询密码"].isdigit()
        assert handed.variables["查询密码"] not in await room.everything()


async def test_tencent_takes_numbered_variables_and_its_own_answer(room: ChannelRoom) -> None:
    async with sms_world(room, "tencent") as world:
        await world.approve("{1}您好，{2}。", "1234")
        said = {"mobile": "13900000001", "nationcode": "86", "text": "您好", "time": 1, "extend": "", "sign": "x"}
        answer = await world.client.post(world.url(), json=said)
        assert answer.json() == {"result": 0, "errmsg": "OK"}
        await world.works()
        message = await world.agent_answers("张三您好，已受理。")
        await world.sends()
        (handed,) = [one for one in world.peer.taken if one.template == "1234"]
        assert (handed.recipient, handed.variables) == (CITIZEN, ["张三", "已受理"])
        report = {"sid": handed.id, "report_status": "FAIL", "errmsg": "MK:1", "description": "空号", "mobile": "1"}
        await world.client.post(world.url("report"), json=[report])
        await world.works()
        row = await world.outbox_of(message)
        assert (row.state, row.last_error) == (OutboxState.FAILED, "MK:1 空号")
        assert world.peer.forgeries == 0


async def test_a_described_provider_works_by_its_settings(room: ChannelRoom) -> None:
    async with sms_world(room, "generic") as world:
        body = json.dumps({"list": [{"mobile": "13900000001", "content": "您好", "msgid": "m1"}]}).encode()
        assert (await generic_calls(world.client, world.url(), body)).json() == {"code": 0}
        await world.works()
        message = await world.agent_answers("好的")
        await world.sends()
        (handed,) = [one for one in world.peer.taken if one.text.endswith("好的")]
        assert handed.reference == (await world.outbox_of(message)).id
        body = json.dumps({"list": [{"id": handed.id, "stat": "DELIVRD"}]}).encode()
        assert (await generic_calls(world.client, world.url("report"), body)).status_code == 200
        await world.works()
        assert (await world.outbox_of(message)).state == OutboxState.DELIVERED


async def test_a_sent_message_again_waits_for_its_own_reports(world: SmsWorld) -> None:
    """What failed and was sent once more is judged by the second handing over."""
    await world.citizen_texts("您好")
    await world.works()
    await world.sends()
    message = await world.agent_answers("好")
    await world.sends()
    first = world.peer.taken[-1].id
    await world.reports(first, "undelivered")
    await world.works()
    async with world.room.database.unit_of_work(world.room.access) as uow:
        row = await uow.session.get_one(OutboxRow, (await world.outbox_of(message)).id)
        row.state, row.next_attempt_at = OutboxState.QUEUED, uow.now
    await world.sends()
    assert (await world.outbox_of(message)).state == OutboxState.SENT
    await world.reports(world.peer.taken[-1].id, "delivered")
    await world.works()
    assert (await world.outbox_of(message)).state == OutboxState.DELIVERED
    assert len(await world.room.rows(SmsPartRow)) == 3


async def test_reports_make_neither_contacts_nor_messages(world: SmsWorld) -> None:
    await world.reports("unknown", "delivered")
    await world.works()
    (row,) = await world.room.rows(LedgerRow)
    assert (row.state, row.reason) == ("ignored", "delivery report")
    assert await world.room.rows(MessageRow) == []
