"""Before an agent answers: what callers choose, hear and leave behind, and what a hang-up leaves: nothing hanging."""

import pytest
from sqlalchemy import select

from channels import automatic_texts
from channels.built_in_texts import Words
from kit.errors import Invalid
from records.knowledge import service as knowledge
from records.messages.tables import AttachmentRow, MessageRow, OutboxRow
from router.contact import Channel, ContactStatus
from telephony.calls import CallLeg, FaxTone, LegState
from telephony.switchboard import callbacks, recordings
from telephony.switchboard.waiting import Phrase
from telephony.tables import PathCountRow, RecordingRow
from tests.support.calls import FakeParty
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until

ASK = "请留下回电号码、事由及是否需要回复，按井号键结束。"


async def test_a_hang_up_in_the_ivr_is_kept_with_number_and_path(line: Hotline) -> None:
    caller = await line.engine.call("13800138000")
    caller.will_press("2")
    await caller.hears_prompt(
        "选择局长信箱留言请按1，自动投诉举报请按2，投诉查询请按3，服务咨询请按4，民意调查请按5，"
        "发送传真请按6，人工请按0，重听请按星号。"
    )
    await caller.hang_up()
    await line.quiet()
    row = await line.contact(external_id=caller.leg.id)
    assert (row.status, row.sender) == (ContactStatus.ABANDONED, "+8613800138000")
    assert row.hints["path"][-2:] == ["welcome:2", "automatic:hung_up"]
    call = await line.call_row(row.id)
    assert (call.caller, call.ended_by, call.flow) == ("13800138000", "citizen", "main")
    assert call.path[-2]["keys"] == "2"


async def test_a_hang_up_at_the_first_ring_is_kept(line: Hotline) -> None:
    caller = await line.engine.call()
    await caller.hang_up()
    row = await line.contact(external_id=caller.leg.id, status=ContactStatus.ABANDONED)
    await line.quiet()
    assert row.queue_id is None


async def test_the_paths_taken_are_counted(line: Hotline) -> None:
    for _ in range(2):
        caller = await line.engine.call()
        caller.will_press("25")
        caller.will_press("1")
        await caller.ended()
    await line.quiet()
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        rows = list(await uow.session.scalars(select(PathCountRow)))
        votes = await knowledge.tally(uow, "opinion")
    counts = {(row.node, row.exit): row.count for row in rows}
    assert counts[("automatic", "5")] == 2
    assert counts[("opinion", "next")] == 2
    assert votes == {"1": 2}


async def test_who_was_served_automatically_is_closed_so(line: Hotline) -> None:
    caller = await line.engine.call()
    caller.will_press("25")
    caller.will_press("3")
    await caller.ended()
    row = await line.contact(external_id=caller.leg.id, status=ContactStatus.CLOSED)
    assert row.disposition == "self_service"


async def test_a_withheld_number_is_nobody_elses(line: Hotline) -> None:
    first, second = await line.engine.call(""), await line.engine.call("")
    rows = [await line.contact(external_id=caller.leg.id) for caller in (first, second)]
    assert rows[0].citizen_id != rows[1].citizen_id
    assert {row.sender_kind for row in rows} == {"voice"}


async def test_english_is_asked_of_the_agent(line: Hotline) -> None:
    caller = await line.engine.call()
    caller.will_press("9")
    row = await line.queued(caller)
    assert row.language == "en"
    assert line.world.skills["English"] in row.requirements


async def test_a_caller_who_leaves_the_line_is_abandoned(line: Hotline) -> None:
    caller = await line.engine.call()
    row = await line.queued(caller)
    await caller.hang_up()
    await line.quiet()
    assert (await line.contact(id=row.id)).status == ContactStatus.ABANDONED


async def test_a_caller_who_leaves_while_the_agent_rings_takes_the_offer_back(line: Hotline) -> None:
    agent = await line.agent()
    caller = await line.engine.call()
    row = await line.queued(caller)
    phone = await line.engine.rings(f"agent:{agent}")
    await caller.hang_up()
    await phone.ended()
    await line.quiet()
    assert (await line.contact(id=row.id)).status == ContactStatus.ABANDONED
    assert [offer.outcome for offer in await line.world.offers(row.id)] == ["cancelled"]


async def test_a_caller_who_leaves_while_the_accepting_agents_telephone_rings(line: Hotline) -> None:
    agent = await line.agent()
    caller = await line.engine.call()
    row = await line.queued(caller)
    phone = await line.engine.rings(f"agent:{agent}")
    await line.world.accepts(row.id, agent)
    await caller.hang_up()
    await phone.ended()
    await line.quiet()
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP


async def test_position_and_expected_wait_are_told_again_and_again(line: Hotline) -> None:
    first = await line.engine.call("13800138001")
    await line.queued(first)
    line.clock.advance(1)
    second = await line.engine.call("13800138002")
    await line.queued(second)
    for _ in range(3):
        await second.hears_prompt("坐席全忙，请稍候。")
        await second.stays_silent()
    agent = await line.agent()
    await (await line.engine.rings(f"agent:{agent}")).answer()
    await wait_until(lambda: first.leg.bridge, "the first is served")
    await second.stays_silent()
    await second.hears_prompt("您前面有0位，预计1至7分钟。")
    async with line.world.database.unit_of_work(line.world.access) as uow:
        words = Words(text="还有{ahead}人，{low}到{high}分钟。")
        await automatic_texts.change(uow, Phrase.RANGE, Channel.VOICE, "zh-CN", words, by="keeper")
        with pytest.raises(Invalid):
            automatic_texts.check(Phrase.RANGE, Channel.VOICE, "zh-CN", Words(text="还有{ahead}人，{low}分钟。"))
    await second.stays_silent()
    await second.hears_prompt("还有0人，1到7分钟。")


async def test_key_two_leaves_a_message_which_is_a_contact_with_its_sound(line: Hotline) -> None:
    caller = await line.engine.call("13800138000")
    row = await line.queued(caller)
    await caller.speak(400)
    await caller.press("2")
    await caller.hears_prompt(ASK)
    await leaves_message(caller)
    await caller.hears_prompt("留言已保存，我们将尽快回电。")
    await line.quiet()
    message = await line.contact(channel="voicemail")
    assert (message.status, message.queue_id) == (ContactStatus.QUEUED, line.world.queues["voicemail"])
    assert (message.sender, message.hints["call"]) == ("+8613800138000", row.id)
    assert message.citizen_id == row.citizen_id
    call = await line.contact(id=row.id)
    assert (call.status, call.disposition) == (ContactStatus.CLOSED, "message_left")
    assert await _sound_of(line, message.id) == 1


async def leaves_message(caller: FakeParty) -> None:
    await wait_until(lambda: caller.leg.bridge is not None and caller.leg.collecting, "the message is recorded")
    await caller.press("#")


async def _sound_of(line: Hotline, contact_id: str) -> int:
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        rows = await uow.session.scalars(
            select(AttachmentRow)
            .join(MessageRow, MessageRow.id == AttachmentRow.message_id)
            .where(MessageRow.contact_id == contact_id)
        )
        found = list(rows)
    assert all(line.blobs.path(row.blob_key).exists() for row in found)
    return len(found)


async def test_a_message_that_ends_with_the_call_is_kept(line: Hotline) -> None:
    caller = await line.engine.call()
    await line.queued(caller)
    await caller.press("2")
    await wait_until(lambda: caller.leg.bridge is not None and caller.leg.collecting, "the message is recorded")
    await caller.hang_up()
    await line.quiet()
    assert (await line.contact(channel="voicemail")).status == ContactStatus.QUEUED


async def test_a_complaint_gets_a_number_and_a_pin_told_twice_and_kept_nowhere(line: Hotline) -> None:
    caller = await line.engine.call()
    caller.will_press("221")
    await leaves_message(caller)
    await caller.ended()
    await line.quiet()
    told = next(prompt for prompt in caller.leg.prompts if prompt.startswith("已为您登记，编号"))
    assert "查询密码" in told
    assert told.count("二零二六，幺幺二四") == 2
    row = await line.contact(external_id=caller.leg.id)
    assert "pin" not in str(row.hints)
    assert (await line.contact(channel="voicemail")).hints["topic"] == "complaint"


async def test_a_report_is_sealed(line: Hotline) -> None:
    caller = await line.engine.call()
    caller.will_press("222")
    await leaves_message(caller)
    await caller.ended()
    await line.quiet()
    row = await line.contact(channel="voicemail")
    assert (row.sealed, row.queue_id) == (True, line.world.queues["reports"])
    assert (await line.contact(external_id=caller.leg.id)).sealed, "the call tells who reported"


async def test_key_one_promises_a_call_back_that_keeps_the_place(line: Hotline) -> None:
    caller = await line.engine.call("13800138000")
    row = await line.queued(caller)
    line.clock.advance(40)
    await caller.press("1")
    await caller.hears_prompt("已为您登记回电，保留您的排队位置，请保持电话畅通。")
    await line.quiet()
    call = await line.contact(id=row.id)
    assert (call.status, call.disposition) == (ContactStatus.CLOSED, "callback_agreed")
    promised = await line.contact(channel="callback")
    assert (promised.status, promised.sender) == (ContactStatus.RECEIVED, "+8613800138000")
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await callbacks.open_due(uow, line.world.router, promised.id, line.house.settings)
    waiting = await line.contact(id=promised.id, status=ContactStatus.QUEUED)
    assert (waiting.queued_at, waiting.queue_id) == (row.queued_at, row.queue_id)


async def test_who_redials_within_two_minutes_has_his_place_back_once(line: Hotline) -> None:
    caller = await line.engine.call("13800138000")
    first = await line.queued(caller)
    await caller.hang_up()
    await line.quiet()
    line.clock.advance(60)
    again = await line.engine.call("13800138000")
    second = await line.queued(again)
    assert second.queued_at == first.queued_at
    assert second.hints["regained_from"] == first.id
    await again.hang_up()
    await line.quiet()
    line.clock.advance(121)
    late = await line.queued(await line.engine.call("13800138000"))
    assert late.queued_at == line.clock.now()


async def test_parallel_calls_of_one_number_hold_one_place(line: Hotline) -> None:
    first = await line.engine.call("13800138000")
    row = await line.queued(first)
    second = await line.engine.call("13800138000")
    second.will_press("silence")
    await second.hears_prompt("您的号码已有一路电话在排队，请稍候。")
    assert (await line.contact(external_id=second.leg.id)).status == ContactStatus.RECEIVED
    await first.hang_up()
    await line.contact(id=row.id, status=ContactStatus.ABANDONED)
    await second.stays_silent()
    waiting = await line.contact(external_id=second.leg.id, status=ContactStatus.QUEUED)
    assert waiting.queued_at == row.queued_at


async def test_a_fax_tone_is_answered_without_a_menu(line: Hotline) -> None:
    taken: list[str] = []

    async def receive(leg: CallLeg) -> bool:
        taken.append(leg.id)
        await leg.hang_up()
        return True

    line.house.receive_fax = receive
    caller = await line.engine.call()
    await wait_until(lambda: caller.leg.collecting, "the menu asks")
    await caller.leg.happens(FaxTone(at=line.engine.now()))
    await caller.ended()
    await line.quiet()
    row = await line.contact(external_id=caller.leg.id)
    assert taken == [caller.leg.id]
    assert (row.status, row.disposition) == (ContactStatus.CLOSED, "self_service")
    assert row.hints["path"][-1] == "fax:tone"


async def test_without_the_database_a_caller_hears_that_the_line_is_busy(line: Hotline) -> None:
    async def refuse(_call: object) -> str:
        raise RuntimeError("no database")

    line.house.arrive = refuse
    caller = await line.engine.call()
    await caller.ended()
    assert caller.leg.state is LegState.ENDED


async def test_a_guide_is_sent_to_the_callers_number_or_told_to_be_impossible(line: Hotline) -> None:
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await knowledge.seed(uow)
    caller = await line.engine.call("13800138000")
    caller.will_press("248")
    await caller.hears_prompt("暂时无法发送。")

    async def by_text(channel: str) -> bool:
        return channel == "sms"

    line.house.can_send = by_text
    await caller.stays_silent()
    await caller.ended()
    again = await line.engine.call("13800138000")
    again.will_press("248")
    await again.hears_prompt("资料即将发送到您的来电号码。")
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        (sent,) = await uow.session.scalars(select(OutboxRow))
        message = await uow.session.get_one(MessageRow, sent.message_id)
    assert (sent.channel, sent.recipient) == ("sms", "+8613800138000")
    assert message.text.startswith("办理事项前")


async def test_an_item_is_heard_as_it_stands_at_the_moment(line: Hotline) -> None:
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await knowledge.seed(uow)
        await knowledge.save_item(uow, "policies", "zh-CN", "政策", "第{一}版")
    caller = await line.engine.call()
    caller.will_press("241")
    await caller.hears_prompt("第{一}版")
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await knowledge.save_item(uow, "policies", "zh-CN", "政策", "第二版")
    again = await line.engine.call("13800138001")
    again.will_press("241")
    await again.hears_prompt("第二版")


async def test_recordings_go_when_their_time_is_over_unless_somebody_holds_them(line: Hotline) -> None:
    agent = await line.agent()
    for held in (False, True):
        caller, _phone, row = await line.talking(agent)
        await caller.hang_up()
        await line.quiet()
        await line.world.does("dispose", row.id, agent, "answered")
        async with line.world.database.unit_of_work(line.world.access) as uow:
            kept = await uow.session.scalar(select(RecordingRow).where(RecordingRow.contact_id == row.id))
            assert kept is not None
            kept.held = held
    line.clock.advance(366 * 86_400)
    async with line.world.database.unit_of_work(line.world.access) as uow:
        assert await recordings.forget_old(uow) == 1
    assert [item.held for item in await line.recordings()] == [True]
