"""The way in for our own pages: idempotent by the provider's id, grouped without any item paying for another."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from channels import ledger
from channels.adapter import MalformedInbound
from kit.access import Access
from kit.blobs import BlobRow, record
from kit.unit_of_work import Database
from records.citizens.tables import CitizenRow
from records.messages.tables import AttachmentRow, LedgerRow, LedgerState, MessageRow, ThreadRow
from router.contact import ContactStatus
from router.tables import ContactRow
from tests.support.channel_room import ChannelRoom
from tests.support.waiting import wait_until
from webchat import store as webchat

FILE = {"filename": "申请.txt", "media_type": "text/plain", "size_bytes": 3, "blob_key": "k1", "sha256": "0" * 64}


@pytest.fixture
async def other(room: ChannelRoom) -> AsyncIterator[Database]:
    """Another process's."""
    database = Database(room.database.engine, room.side.clock)
    yield database
    await database.settled()  # what follows a commit still uses the room's Redis


async def test_the_same_item_five_times_at_once_is_one_message_with_one_answer(room: ChannelRoom) -> None:
    intake = room.direct(room.side.chat)
    answers = await asyncio.gather(*(intake(room.chat("a")) for _ in range(5)))
    assert {(answer.ledger_id, answer.contact_id, answer.message_id, answer.seq) for answer in answers} == {
        (answers[0].ledger_id, answers[0].contact_id, answers[0].message_id, 1)
    }
    assert len(await room.ledger()) == 1
    assert await room.heard() == ["您好"]


@pytest.mark.parametrize("status", [ContactStatus.ACTIVE, ContactStatus.PARKED])
async def test_what_a_citizen_writes_while_he_is_called_about_it_belongs_to_what_he_wrote(
    room: ChannelRoom, status: ContactStatus
) -> None:
    intake = room.direct(room.side.chat)
    before = await intake(room.chat("a"))
    (about,) = await room.contacts()
    async with room.database.unit_of_work(room.access) as uow:
        call = {"channel": "callback", "direction": "out", "external_id": "dial", "thread_id": about.thread_id}
        sender = {"sender_kind": "phone", "sender": "+8613800138000", "recipient": "12345"}
        later = {"received_at": uow.now + timedelta(minutes=1), "status": status, "hints": {}, "requirements": {}}
        uow.session.add(ContactRow(**call, **sender, **later))
    together = await intake(room.chat("b"))
    async with room.database.unit_of_work(room.access) as uow:
        row = ledger.enter(uow, room.chat("c"), None)
        alone = await room.arrivals.arrive(uow, row, await room.side.chat.parse(room.chat("c")), None)
        seen = await webchat.newest_contact(uow, "s1")
    assert {before.contact_id, together.contact_id, alone.contact_id, seen and seen.id} == {about.id}


async def test_the_same_item_through_two_processes_at_once_is_one_message(room: ChannelRoom, other: Database) -> None:
    """Each process has its own connections and locks; only the database stands between them."""
    intakes = [room.direct(room.side.chat), room.direct(room.side.chat, other)]
    answers = await asyncio.gather(*(intake(room.chat("a")) for intake in intakes * 3))
    assert len({(answer.ledger_id, answer.contact_id, answer.message_id, answer.seq) for answer in answers}) == 1
    assert await room.heard() == ["您好"]
    assert len(await room.contacts()) == 1


async def test_two_messages_through_two_processes_at_once_are_one_contact(room: ChannelRoom, other: Database) -> None:
    await asyncio.gather(
        room.direct(room.side.chat)(room.chat("a", "第一页")),
        room.direct(room.side.chat, other)(room.chat("b", "第二页")),
    )
    (contact,) = await room.contacts()
    assert contact.unread == 2
    assert sorted(await room.heard()) == ["第一页", "第二页"]


async def test_after_closure_two_processes_begin_one_contact_between_them(room: ChannelRoom, other: Database) -> None:
    first = await room.direct(room.side.chat)(room.chat("a"))
    await room.side.world.does("close", first.contact_id, "answered")
    await asyncio.gather(
        room.direct(room.side.chat)(room.chat("b", "第一页")),
        room.direct(room.side.chat, other)(room.chat("c", "第二页")),
    )
    _, second = await room.contacts()
    assert second.unread == 2


async def test_one_failing_item_of_a_group_fails_alone(room: ChannelRoom) -> None:
    intake = room.direct(room.side.chat)
    good = [room.chat(f"m{number}", session_id=f"s{number}") for number in range(6)]
    # Read without complaint, refused as it is written.
    bad = replace(room.chat("bad"), received_at=room.side.clock.now().replace(tzinfo=None))
    results = await asyncio.gather(*(intake(raw) for raw in [*good[:3], bad, *good[3:]]), return_exceptions=True)
    assert [isinstance(result, Exception) for result in results] == [False] * 3 + [True] + [False] * 3
    assert {row.provider_id for row in await room.ledger()} == {raw.provider_id for raw in good}
    assert len(await room.contacts()) == 6


async def test_what_cannot_be_read_is_told_at_once_and_stored_nowhere(room: ChannelRoom) -> None:
    intake = room.direct(room.side.chat)
    results = await asyncio.gather(
        intake(room.chat("a")), intake(room.chat("b", attachments=None)), return_exceptions=True
    )
    assert isinstance(results[1], MalformedInbound)
    assert [row.provider_id for row in await room.ledger()] == ["s1:a"]


async def test_characters_that_a_database_refuses_do_not_stop_a_conversation(room: ChannelRoom) -> None:
    """A browser sends the same message again and again until it is acknowledged."""
    stored = await room.direct(room.side.chat)(room.chat("a", "证书\x00到期"))
    assert stored.seq == 1
    assert await room.heard() == ["证书到期"]


async def test_files_and_words_of_one_group_keep_their_order(room: ChannelRoom) -> None:
    intake = room.direct(room.side.chat)
    await intake(room.chat("a", "一"))
    said = [("b", "二", []), ("c", "三", [FILE]), ("d", "四", []), ("e", "五", [FILE]), ("f", "六", [])]
    answers = await asyncio.gather(*(intake(room.chat(key, text, attachments=files)) for key, text, files in said))
    assert [answer.seq for answer in answers] == [2, 3, 4, 5, 6]
    rows = await room.rows(MessageRow)
    assert [row.text for row in sorted(rows, key=lambda row: row.seq)] == ["一", "二", "三", "四", "五", "六"]
    assert len(await room.rows(AttachmentRow)) == 2
    (contact,) = await room.contacts()
    assert contact.unread == 6
    (thread,) = await room.rows(ThreadRow)
    assert thread.last_seq == 6


async def test_files_are_kept_with_their_message_and_not_by_a_later_step(room: ChannelRoom) -> None:
    """A process that dies right after storing must not leave a message whose files are swept after a day."""
    blob = await room.side.blobs.put(b"abc")
    async with room.database.unit_of_work(room.access) as uow:
        record(uow, blob, "text/plain", kept=False)
    await room.direct(room.side.chat)(room.chat("a", attachments=[{**FILE, "blob_key": blob.key}]))
    assert [row.kept for row in await room.rows(BlobRow)] == [True]


async def test_a_message_on_an_open_contact_is_appended_and_counted(room: ChannelRoom) -> None:
    intake = room.direct()
    first, second = await intake(room.mail(text="问")), await intake(room.mail(text="再问"))
    assert second.contact_id == first.contact_id
    assert second.receipt_number is None
    (contact,) = await room.contacts()
    assert (contact.unread, contact.preview) == (2, "再问")


async def _is_offered(room: ChannelRoom) -> bool:
    return [contact.status for contact in await room.contacts()] == [ContactStatus.OFFERED]


async def test_after_closure_it_is_another_contact_of_the_thread_for_the_same_agent(room: ChannelRoom) -> None:
    intake, world = room.direct(room.side.chat), room.side.world
    agent_id = await world.agent({"政策法规": 8, "高企认定": 8, "普通话": 9})
    first = await intake(room.chat("a"))
    await wait_until(lambda: _is_offered(room), "the contact is offered")
    await world.accepts(str(first.contact_id), agent_id)
    await world.does("dispose", first.contact_id, agent_id, "answered")
    second = await intake(room.chat("b"))
    before, after = await room.contacts()
    assert (before.status, after.id) == (ContactStatus.CLOSED, second.contact_id)
    assert after.thread_id == before.thread_id
    assert after.preferred_agent_id == agent_id
    assert second.seq == 2 + len(await room.rows(MessageRow, MessageRow.direction == "event"))


async def test_a_report_seals_every_row_that_it_makes(room: ChannelRoom) -> None:
    await room.direct(room.side.chat)(room.chat("a", "举报某处长", topic="report", sealed=True, attachments=[FILE]))
    await room.all_are_sealed(MessageRow, ThreadRow, CitizenRow, AttachmentRow)
    assert [(row.state, row.sealed) for row in await room.ledger()] == [(LedgerState.ROUTED, True)]
    assert [contact.sealed for contact in await room.contacts()] == [True]
    outsider = Access(workspace_id=room.access.workspace_id, actor_id="someone")
    for kind in (LedgerRow, ContactRow, MessageRow, ThreadRow, CitizenRow, AttachmentRow):
        assert await room.rows(kind, access=outsider) == [], kind


@pytest.mark.parametrize("name", ["mail", "chat"])
async def test_a_repeat_after_the_answer_was_lost_is_answered_alike(room: ChannelRoom, name: str) -> None:
    raw = room.mail("m1") if name == "mail" else room.chat("a")
    first = await room.direct(room.adapters[name])(raw)
    again = await room.direct(room.adapters[name])(raw)
    assert again.first_time is False
    assert (again.ledger_id, again.contact_id, again.message_id, again.seq) == (
        first.ledger_id,
        first.contact_id,
        first.message_id,
        first.seq,
    )
    assert again.receipt_pin is None
