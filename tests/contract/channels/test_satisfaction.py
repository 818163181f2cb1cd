"""Asking what citizens thought: once a contact, by their channel, never of reports, and not whom it would annoy."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from channels import satisfaction
from channels.outbox import LINK_MASK, UNWANTED
from channels.satisfaction import SatisfactionQuestions
from records.citizens import do_not_contact
from records.citizens import satisfaction as kept
from records.citizens.tables import SatisfactionRow
from records.messages.tables import LedgerRow, MessageRow, OutboxRow, OutboxState
from records.staff.tables import WorkspaceRow
from router.contact import ContactStatus
from router.sealing import seal
from router.tables import ContactRow
from tests.support.channel_room import ChannelRoom

LATER_S = satisfaction.AFTER_MINUTES * 60 + 1


def questions(room: ChannelRoom) -> SatisfactionQuestions:
    return SatisfactionQuestions(room.database, room.access, room.side.box, "http://axd")


async def served(room: ChannelRoom, *, channel: str = "mail", sender: str = "zhang@citizen.test", **said: Any) -> str:
    """A contact that came in, was answered and has closed; its id."""
    room.adapter.channel = channel
    await room.store(room.mail(sender=sender, thread=f"{channel}:{sender}", **said))
    await room.claims().work()
    contact = (await room.contacts())[-1]
    await closed(room, contact.id)
    return contact.id


async def closed(room: ChannelRoom, contact_id: str, disposition: str = "answered") -> None:
    async with room.database.unit_of_work(room.access) as uow:
        await uow.session.execute(
            update(ContactRow)
            .where(ContactRow.id == contact_id)
            .values(status=ContactStatus.CLOSED, accepted_at=uow.now, closed_at=uow.now, disposition=disposition)
        )


async def question(room: ChannelRoom) -> SatisfactionRow:
    (row,) = await room.rows(SatisfactionRow)
    return row


async def asked(room: ChannelRoom) -> list[MessageRow]:
    return await room.rows(MessageRow, MessageRow.client_id.like("satisfaction:%"))


async def test_a_mail_is_asked_about_once_after_a_while_with_a_link_that_staff_do_not_see(room: ChannelRoom) -> None:
    contact_id = await served(room)
    assert await questions(room).work() == 0, "not at once"
    room.side.clock.advance(LATER_S)
    assert await questions(room).work() == 1
    assert await questions(room).work() == 0, "and once"
    row = await question(room)
    assert (row.contact_id, row.channel, row.not_asked, row.service) == (contact_id, "mail", None, None)
    (message,) = await asked(room)
    assert LINK_MASK in message.text
    assert message.subject == "请评价本次服务"
    room.adapter.sent.clear()
    while await room.outbox().work():
        pass
    (sent,) = [one for one in room.adapter.sent if "评价" in one.subject]
    token = sent.text.split("http://axd/rate/")[1].split()[0]
    assert token.startswith(f"{contact_id}.")
    everything = await room.everything()
    assert token not in everything, "what staff and backups hold opens nothing"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({"hints": {"kind": "report"}}, "report"),
        ({"hints": {"answerable": False}}, "machine"),
    ],
)
async def test_reports_and_machines_are_not_asked(room: ChannelRoom, spoil: dict[str, Any], reason: str) -> None:
    await served(room, **spoil)
    async with room.database.unit_of_work(room.access) as uow:
        # A report by its word alone: that it is not sealed must not make a difference.
        await uow.session.execute(update(ContactRow).values(sealed=False))
    room.side.clock.advance(LATER_S)
    await questions(room).work()
    assert (await question(room)).not_asked == reason
    assert await asked(room) == []


async def test_a_sealed_contact_leaves_no_trace_in_the_tally(room: ChannelRoom) -> None:
    secret = await served(room, sealed=True)
    room.side.clock.advance(LATER_S)
    assert await questions(room).work() == 0
    assert await room.rows(SatisfactionRow) == []
    later = await served(room, sender="li@citizen.test")
    room.side.clock.advance(LATER_S)
    await questions(room).work()
    async with room.database.unit_of_work(room.access) as uow:
        await seal(uow, later, "turned out to be a report")
    assert secret != later
    assert (await question(room)).sealed


async def test_misdialled_and_do_not_contact_are_not_asked(room: ChannelRoom) -> None:
    wrong = await served(room, sender="li@citizen.test")
    await closed(room, wrong, "misdialled")
    unwilling = await served(room)
    async with room.database.unit_of_work(room.access) as uow:
        contact = await uow.session.get_one(ContactRow, unwilling)
        await do_not_contact.replace(uow, str(contact.citizen_id), {"mail"}, "asked us to stop", by="agent")
    room.side.clock.advance(LATER_S)
    await questions(room).work()
    reasons = {row.contact_id: row.not_asked for row in await room.rows(SatisfactionRow)}
    assert reasons == {wrong: "not_served", unwilling: "do_not_contact"}
    assert await asked(room) == []


async def test_who_says_stop_between_asking_and_sending_is_left_alone_but_answered(room: ChannelRoom) -> None:
    contact_id = await served(room)
    room.side.clock.advance(LATER_S)
    await questions(room).work()
    async with room.database.unit_of_work(room.access) as uow:
        contact = await uow.session.get_one(ContactRow, contact_id)
        await do_not_contact.replace(uow, str(contact.citizen_id), {"*"}, "", by=None)
    while await room.outbox().work():
        pass
    (message,) = await asked(room)
    (row,) = await room.rows(OutboxRow, OutboxRow.message_id == message.id)
    assert (row.state, row.last_error) == (OutboxState.FAILED, UNWANTED)
    others = await room.rows(OutboxRow, OutboxRow.message_id != message.id)
    assert {one.state for one in others} == {OutboxState.SENT}, "the receipt is an answer"


async def test_the_workspace_may_ask_later_or_not_at_all(room: ChannelRoom) -> None:
    await served(room)
    room.side.clock.advance(LATER_S)
    for settings, due in (({"ask": False}, 0), ({"after_minutes": 60}, 0), ({"after_minutes": 1}, 1)):
        async with room.database.unit_of_work(room.access) as uow:
            workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
            workspace.settings = {**workspace.settings, satisfaction.SETTING: settings}
        assert await questions(room).work() == due


async def test_two_digits_by_text_message_rate_service_and_result(room: ChannelRoom) -> None:
    contact_id = await served(room, channel="telegram", sender="4711")
    room.side.clock.advance(LATER_S)
    await questions(room).work()
    assert "两位数字" in (await asked(room))[0].text
    await room.store(room.mail(sender="4711", thread="telegram:4711", text=" 1,4 "))
    await room.claims().work()
    row = await question(room)
    assert (row.contact_id, row.service, row.result, row.answered_by) == (contact_id, 1, 4, "telegram")
    assert len(await room.contacts()) == 1, "a rating is no new contact"
    (item,) = [one for one in await room.rows(LedgerRow) if one.reason]
    assert (item.state, item.reason) == ("ignored", "satisfaction")
    (thanks,) = await room.rows(MessageRow, MessageRow.client_id.like("satisfaction_thanks:%"))
    assert thanks.text == "感谢评价。"


async def test_single_digits_answer_one_after_the_other_and_words_are_a_new_contact(room: ChannelRoom) -> None:
    await served(room, channel="telegram", sender="4711")
    room.side.clock.advance(LATER_S)
    await questions(room).work()
    for text in ("2", "５", "3"):
        await room.store(room.mail(sender="4711", thread="telegram:4711", text=text))
        await room.claims().work()
    row = await question(room)
    assert (row.service, row.result) == (2, 5)
    assert [contact.preview for contact in (await room.contacts())[1:]] == ["3"], "both were said already"


async def test_digits_out_of_time_or_from_others_are_messages(room: ChannelRoom) -> None:
    await served(room, channel="telegram", sender="4711")
    room.side.clock.advance(LATER_S)
    await questions(room).work()
    await room.store(room.mail(sender="4712", thread="telegram:4712", text="11"))
    await room.claims().work()
    room.side.clock.advance(timedelta(days=8).total_seconds())
    await room.store(room.mail(sender="4711", thread="telegram:4711", text="11"))
    await room.claims().work()
    assert (await question(room)).service is None
    assert len(await room.contacts()) == 3


async def test_what_was_said_stands(room: ChannelRoom) -> None:
    await served(room)
    room.side.clock.advance(LATER_S)
    await questions(room).work()
    async with room.database.unit_of_work(room.access) as uow:
        row = (await uow.session.scalars(select(SatisfactionRow))).one()
        kept.record(uow, row, kept.Rating(service=1, result=2, comment="好"), by="web")
    for rating in (kept.Rating(service=5, result=5), kept.Rating(service=6), kept.Rating()):
        with pytest.raises(Exception, match=r"rated already|A rating is"):
            async with room.database.unit_of_work(room.access) as uow:
                row = (await uow.session.scalars(select(SatisfactionRow))).one()
                kept.record(uow, row, rating, by="web")
    row = await question(room)
    assert json.dumps([row.service, row.result, row.comment]) == json.dumps([1, 2, "好"])
