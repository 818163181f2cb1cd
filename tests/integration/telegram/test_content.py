"""What citizens send: files, places, edits, commands, groups, and what becomes of each."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from records.citizens.receipts import MAX_FAILURES
from records.messages.tables import AttachmentRow, Direction, LedgerState, MessageRow
from tests.support.bot_api import BLOCKED, CHAT, MOST_BYTES, BotApi
from tests.support.channel_room import ChannelRoom
from tests.support.telegram_world import TelegramWorld

RECEIPT = re.compile(r"编号[：\s]*(\d{14})[，\s]+查询密码[：\s]*(\d{6})")


async def said(world: TelegramWorld) -> list[str]:
    """What the bot says by itself now, in order."""
    before = len(world.api.sent)
    while await world.adapter.answers.work():
        pass
    return [sent.text for sent in world.api.sent[before:]]


async def messages(room: ChannelRoom) -> Sequence[MessageRow]:
    return await room.rows(MessageRow, MessageRow.direction == Direction.IN)


@pytest.fixture(autouse=True)
async def _bot(world: TelegramWorld) -> None:
    await world.add_bot()


async def test_files_of_each_kind_are_fetched_with_name_and_type(world: TelegramWorld, api: BotApi) -> None:
    small, large = {**api.keeps(b"s"), "width": 1, "height": 1}, {**api.keeps(b"large"), "width": 9, "height": 9}
    api.says(photo=[small, large], caption="现场照片")
    pdf = {**api.keeps(b"%PDF-1.7"), "file_name": "申请表.pdf", "mime_type": "application/pdf"}
    api.says(document=pdf)
    api.says(voice={**api.keeps(b"OggS"), "duration": 12, "mime_type": "audio/ogg"})
    await world.takes()
    files = await world.room.rows(AttachmentRow)
    kept = [(row.filename, row.media_type, await world.room.side.blobs.read(row.blob_key)) for row in files]
    assert kept == [
        ("photo-1.jpg", "image/jpeg", b"large"),
        ("申请表.pdf", "application/pdf", b"%PDF-1.7"),
        ("voice-3.oga", "audio/ogg", b"OggS"),
    ]
    assert await world.room.heard() == ["现场照片", "", "（语音 12 秒）"]
    assert len(await world.room.contacts()) == 1


async def test_a_place_and_a_card_become_words(world: TelegramWorld, api: BotApi) -> None:
    api.says(location={"latitude": 39.9087, "longitude": 116.3975})
    api.says(contact={"phone_number": "+8613800138000", "first_name": "李", "last_name": "四"})
    await world.takes()
    assert await world.room.heard() == ["位置：39.90870, 116.39750", "联系人：李 四 +8613800138000"]
    (contact,) = await world.room.contacts()
    assert contact.hints["location"] == {"latitude": 39.9087, "longitude": 116.3975}


async def test_what_the_platform_cannot_show_is_named(world: TelegramWorld, api: BotApi) -> None:
    api.says(poll={"id": "1", "question": "?"})
    await world.takes()
    assert await world.room.heard() == ["（发来本平台不能显示的内容：poll）"]


@pytest.mark.parametrize("told", [MOST_BYTES + 1, None])
async def test_a_file_above_the_limit_is_told_to_both_sides(
    world: TelegramWorld, api: BotApi, told: int | None
) -> None:
    """Whether Telegram says its size beforehand or refuses it when it is asked for."""
    file: dict[str, Any] = {**api.keeps(b"x" * (MOST_BYTES + 1), size=told), "file_name": "录像.mp4"}
    if told is None:
        del file["file_size"]
    api.says(document=file, caption="证据")
    await world.takes()
    (text,) = await world.room.heard()
    assert text.startswith("证据\n（文件“录像.mp4”")
    assert "超过 20 MB" in text
    assert await world.room.rows(AttachmentRow) == []
    assert [line for line in await said(world) if "录像.mp4" in line]


async def test_a_file_of_twenty_megabytes_arrives_whole(world: TelegramWorld, api: BotApi) -> None:
    api.says(document={**api.keeps(b"x" * MOST_BYTES), "file_name": "a.bin"})
    await world.takes()
    (row,) = await world.room.rows(AttachmentRow)
    assert row.size_bytes == MOST_BYTES


async def test_a_file_that_is_gone_does_not_hold_up_its_words(world: TelegramWorld, api: BotApi) -> None:
    api.says(document={"file_id": "never", "file_unique_id": "u", "file_name": "旧.pdf"}, caption="见附件")
    await world.takes()
    assert await world.room.heard() == ["见附件\n（文件“旧.pdf”已不能从 Telegram 取得）"]


async def test_files_wait_for_a_telegram_that_is_away(world: TelegramWorld, api: BotApi) -> None:
    api.says(document=api.keeps(b"x"), caption="附件")
    api.broken = True
    await world.takes()
    assert await world.room.heard() == []
    api.broken = False
    world.room.side.clock.advance(60)
    await world.claims().work()
    assert await world.room.heard() == ["附件"]


async def test_an_edit_revises_its_message_and_keeps_the_former_words(world: TelegramWorld, api: BotApi) -> None:
    number = api.says("明天来")
    await world.takes()
    (contact,) = await world.room.contacts()
    unread = contact.unread
    for text in ("后天来", "下周来"):
        api.says(text, edit_of=number)
    await world.takes()
    world.room.side.clock.advance(10)
    await world.claims().work()
    (message,) = await messages(world.room)
    assert message.text == "下周来"
    assert message.version > 1
    assert message.detail["revisions"][0]["text"] == "明天来"
    (contact,) = await world.room.contacts()
    assert contact.unread > unread, "the agent is told"
    assert {row.state for row in await world.room.ledger()} == {LedgerState.ROUTED, LedgerState.IGNORED}


async def test_an_edit_read_twice_is_one_revision(world: TelegramWorld, api: BotApi) -> None:
    number = api.says("一")
    await world.takes()
    api.says("二", edit_of=number)
    update = world.raw(await world.bot(), api.pending[0])
    await world.takes()
    with pytest.raises(Exception, match="a revision"):
        await world.adapter.parse(update)
    (message,) = await messages(world.room)
    assert len(message.detail["revisions"]) == 1


async def test_an_edit_that_overtakes_its_message_waits_for_it(world: TelegramWorld, api: BotApi) -> None:
    number = api.says("一")
    api.says("二", edit_of=number)
    await world.takes()
    world.room.side.clock.advance(10)
    await world.claims().work()
    (message,) = await messages(world.room)
    assert message.text == "二"


async def test_an_edit_of_an_unknown_message_becomes_one_that_says_so(world: TelegramWorld, api: BotApi) -> None:
    api.says("改过的话", edit_of=777)
    await world.takes()
    assert await world.room.heard() == ["（修改了先前的消息）\n改过的话"]


async def test_an_edit_after_the_contact_is_over_makes_a_new_contact(world: TelegramWorld, api: BotApi) -> None:
    number = api.says("一")
    await world.takes()
    (contact,) = await world.room.contacts()
    await world.room.side.world.does("close", contact.id, "answered")
    api.says("二", edit_of=number)
    await world.takes()
    assert await world.room.heard() == ["一", "（修改了先前的消息）\n二"]
    assert len(await world.room.contacts()) == 2


async def test_a_group_is_refused_politely_once(world: TelegramWorld, api: BotApi) -> None:
    for text in ("大家好", "还在吗"):
        api.says(text, chat={"id": -1001, "type": "supergroup", "title": "群"})
    await world.takes()
    assert len(await said(world)) == 1
    assert {sent.chat_id for sent in api.sent} == {-1001}
    assert await world.room.contacts() == []
    assert {row.reason for row in await world.room.ledger()} == {"written in a group"}


async def test_start_and_help_are_answered_once_and_make_no_contact(world: TelegramWorld, api: BotApi) -> None:
    api.says("/start")
    update = world.raw(await world.bot(), api.pending[0])
    await world.takes()
    with pytest.raises(Exception, match="command"):
        await world.adapter.parse(update)
    (greeting,) = await said(world)
    assert "科技局热线" in greeting
    assert await world.room.contacts() == []


async def test_language_is_remembered_for_the_chat(world: TelegramWorld, api: BotApi) -> None:
    api.says("/language en")
    await world.takes()
    api.says("/help")
    api.says("A question")
    await world.takes()
    assert [text.split("\n")[0] for text in await said(world)] == [
        "English from now on.",
        "Just write; you will get a number and a PIN.",
    ]
    (contact,) = await world.room.contacts()
    assert contact.language == "en"


async def test_what_only_looks_like_a_command_is_a_message(world: TelegramWorld, api: BotApi) -> None:
    api.says("/投诉 没人管")
    api.says("/unknown")
    await world.takes()
    assert await world.room.heard() == ["/投诉 没人管", "/unknown"]


async def received(world: TelegramWorld) -> tuple[str, str]:
    """Number and PIN of a receipt that the citizen got here."""
    world.api.says("高企认定何时出结果？")
    await world.takes()
    await world.outbox().work()
    found = RECEIPT.search(next(sent.text for sent in world.api.sent if "查询密码" in sent.text))
    assert found
    return found[1], found[2]


@pytest.mark.parametrize("wording", ["/status {number} {pin}", "/STATUS@axd_hotline_bot  {number}\n{pin} "])
@pytest.mark.parametrize("edit_of", [None, 99])
async def test_status_is_told_for_number_and_pin_and_the_pin_is_kept_nowhere(
    world: TelegramWorld, api: BotApi, wording: str, edit_of: int | None
) -> None:
    number, pin = await received(world)
    api.says(wording.format(number=number, pin=pin), edit_of=edit_of)
    await world.takes()
    (text,) = await said(world)
    assert text.startswith(f"{number}：已收到，等人受理。")
    everything = await world.room.everything()
    assert number in everything
    assert not re.search(rf"(?<![0-9A-Za-z.+-]){pin}(?![0-9A-Za-z.+-])", everything)
    assert not any(pin in str(row.raw_json) for row in await world.room.ledger())


async def test_guessing_a_pin_is_locked_as_on_the_status_page(world: TelegramWorld, api: BotApi) -> None:
    number, pin = await received(world)
    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    for _ in range(MAX_FAILURES):
        api.says(f"/status {number} {wrong}")
        await world.takes()
    api.says(f"/status {number} {pin}")
    await world.takes()
    texts = await said(world)
    assert "再错 4 次" in texts[0]
    assert "已暂停查询" in texts[-1]


async def test_a_slip_in_the_number_is_told_and_costs_no_guess(world: TelegramWorld, api: BotApi) -> None:
    for command in ("/status", "/status 123 456789"):
        api.says(command)
    await world.takes()
    texts = await said(world)
    assert "例如 /status" in texts[0]
    assert "编号有误" in texts[1]


async def test_a_long_answer_goes_out_in_pieces_and_its_files_after_it(world: TelegramWorld, api: BotApi) -> None:
    api.says("请问")
    await world.takes()
    (contact,) = await world.room.contacts()
    text = "\n".join(["第一段。" * 700, "第二段。" * 700])
    message = await world.agent_answers(contact, text)
    blob = await world.room.side.blobs.put(b"%PDF-1.7")
    async with world.room.database.unit_of_work(world.room.access) as uow:
        uow.session.add(
            AttachmentRow(
                message_id=message.id,
                filename="答复.pdf",
                media_type="application/pdf",
                size_bytes=blob.size_bytes,
                sha256=blob.sha256,
                blob_key=blob.key,
                created_at=uow.now,
            )
        )
    await world.outbox().work()
    answer = [sent for sent in api.sent if "查询密码" not in sent.text]
    assert "\n".join(sent.text for sent in answer[:2]) == text
    assert (answer[2].filename, answer[2].data) == ("答复.pdf", b"%PDF-1.7")


async def test_another_attempt_goes_on_where_the_last_one_ended(world: TelegramWorld, api: BotApi) -> None:
    api.says("请问")
    await world.takes()
    await world.outbox().work()
    (contact,) = await world.room.contacts()
    await world.agent_answers(contact, "\n".join(["甲" * 4000, "乙" * 4000]))
    taken = len(api.sent)
    take = api._take
    api._take = lambda method, given: take(method, given) if len(api.sent) == taken else lose()  # type: ignore[method-assign]

    def lose() -> dict[str, Any]:
        api._take = take  # type: ignore[method-assign]
        raise ConnectionError

    await world.outbox().work()
    world.room.side.clock.advance(60)
    await world.outbox().work()
    assert [sent.text[0] for sent in api.sent[taken:]] == ["甲", "乙"]


async def test_a_citizen_who_blocked_the_bot_is_told_to_the_agent(world: TelegramWorld, api: BotApi) -> None:
    api.says("请问", chat_id=BLOCKED)
    await world.takes()
    (contact,) = await world.room.contacts()
    await world.agent_answers(contact, "答")
    await world.outbox().work()
    row = await world.room.outbox_row_of("答")
    assert row.state == "failed"
    assert "blocked" in row.last_error


async def test_chats_are_threads_of_their_own(world: TelegramWorld, api: BotApi) -> None:
    api.says("一", chat_id=CHAT)
    api.says("二", chat_id=CHAT + 1)
    await world.takes()
    assert {contact.sender for contact in await world.room.contacts()} == {str(CHAT), str(CHAT + 1)}
