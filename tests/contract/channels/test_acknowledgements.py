"""Receipts: one for each contact that is not answered live, by the channel it came from, and its PIN nowhere else."""

import re
from typing import Any

import pytest

from channels.adapter import ChannelUnavailable
from records.citizens.tables import ReceiptRow
from records.messages.tables import Direction, MessageRow, OutboxRow, OutboxState
from tests.contract.webchat.test_forms import FIELDS, post, receipt_of
from tests.support.channel_room import STATUS_URL, ChannelRoom

PIN_IN_TEXT = re.compile(r"查询密码[:：](\d{6})")


async def taken_in(room: ChannelRoom, text: str = "请问何时答复?", **said: Any) -> None:
    await room.store(room.mail(text=text, **said))
    await room.claims().work()


def stands_alone(pin: str, text: str) -> bool:
    """Whether the PIN is anywhere as a word of its own: six digits are part of many an id and hash."""
    return re.search(rf"(?<![0-9A-Za-z.+-]){pin}(?![0-9A-Za-z.+-])", text) is not None


async def test_the_receipt_goes_out_once_with_number_and_pin(room: ChannelRoom) -> None:
    await taken_in(room)
    await taken_in(room, "再问")
    await room.outbox().work()
    (sent,) = room.adapter.sent
    (receipt,) = await room.rows(ReceiptRow)
    assert sent.automatic
    assert sent.recipient == "zhang@citizen.test"
    assert receipt.number in sent.text
    assert receipt.number in sent.subject
    assert STATUS_URL in sent.text
    assert PIN_IN_TEXT.search(sent.text)


async def test_the_pin_is_in_the_outgoing_text_and_nowhere_in_the_database(room: ChannelRoom) -> None:
    await taken_in(room)
    before = await room.everything()
    room.adapter.answers = [ChannelUnavailable("later")]
    await room.outbox().work()
    found = PIN_IN_TEXT.search(room.adapter.sent[0].text)
    assert found
    room.side.clock.advance(60)
    between = await room.everything()
    await room.outbox().work()
    assert room.adapter.sent[1].text == room.adapter.sent[0].text
    for moment in (before, between, await room.everything()):
        assert "请问何时答复?" in moment
        assert not stands_alone(found[1], moment)
    (kept,) = await room.rows(MessageRow, MessageRow.direction == Direction.OUT)
    assert kept.text == room.adapter.sent[0].text.replace(found[1], "******")


async def test_the_pin_leaves_the_envelope_once_it_is_sent(room: ChannelRoom) -> None:
    await taken_in(room)
    (row,) = await room.rows(OutboxRow)
    assert "pin" in row.envelope
    await room.outbox().work()
    (row,) = await room.rows(OutboxRow)
    assert row.state == OutboxState.SENT
    assert "pin" not in row.envelope
    assert row.envelope["account"] == "hotline@axd.test"


async def test_a_form_shows_its_pin_to_its_browser_and_keeps_it_nowhere_in_clear(room: ChannelRoom) -> None:
    _, pin = receipt_of(await post(room.side.browser(), FIELDS))
    assert not stands_alone(pin, await room.everything())
    assert await room.rows(OutboxRow) == []


async def test_a_form_with_a_mail_address_is_acknowledged_by_mail(room: ChannelRoom) -> None:
    fields = {**FIELDS, "reply": "mail", "mail": "li@citizen.test"}
    number, pin = receipt_of(await post(room.side.browser(), fields))
    await room.outbox().work()
    (sent,) = room.adapter.sent
    assert sent.recipient == "li@citizen.test"
    assert number in sent.text
    assert PIN_IN_TEXT.findall(sent.text) == [pin]


async def test_machines_get_no_receipt(room: ChannelRoom) -> None:
    await taken_in(room, hints={"answerable": False, "machine": "list"})
    (contact,) = await room.contacts()
    assert contact.answerable is False
    assert await room.rows(ReceiptRow) == []
    assert await room.rows(OutboxRow) == []


async def test_a_chat_gets_no_receipt_while_it_is_live(room: ChannelRoom) -> None:
    stored = await room.direct(room.side.chat)(room.chat("a"))
    assert stored.receipt_number is None
    assert await room.rows(ReceiptRow) == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_receipt_says_nothing_of_the_kind(room: ChannelRoom, language: str) -> None:
    """The receipt of a report differs from any other in its number, its PIN and its day."""
    await taken_in(room, "普通", thread="t1", language=language)
    await taken_in(room, "举报某处长", thread="t2", hints={"kind": "report"}, language=language)
    assert [contact.sealed for contact in await room.contacts()] == [False, True]
    await room.outbox().work()
    texts = [f"{sent.subject}\n{sent.text}" for sent in room.adapter.sent]
    ordinary, report = (re.sub(r"\d+", "#", re.sub(r"\d+ \w+ \d{4}|\d+年\d+月\d+日", "DAY", text)) for text in texts)
    assert ordinary == report
    assert ("Number" in ordinary) is (language == "en")
