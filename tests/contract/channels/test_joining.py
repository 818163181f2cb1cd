"""One thread over channels: what comes back by another channel, blocked senders, newsletters and shared numbers."""

from typing import Any

from sqlalchemy import select, update

from records.citizens import blocking, service, store
from records.citizens.tables import AddressRow, CitizenRow
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import Direction, LedgerRow, LedgerState, MessageRow
from router.contact import ContactStatus
from router.tables import ContactRow
from tests.support.channel_room import ChannelRoom


async def comes(room: ChannelRoom, channel: str, sender: str, text: str, **said: Any) -> None:
    room.adapter.channel = channel
    await room.store(room.mail(text=text, sender=sender, thread=f"{channel}:{sender}", **said))
    await room.claims().work()


async def answered_by(room: ChannelRoom, channel: str, recipient: str, text: str) -> str:
    """As the desk does when the agent chooses another channel of the citizen; the contact's id."""
    (contact,) = await room.contacts()
    async with room.database.unit_of_work(room.access) as uow:
        message = NewMessage(
            thread_id=contact.thread_id,
            contact_id=contact.id,
            citizen_id=contact.citizen_id,
            direction=Direction.OUT,
            author_kind="agent",
            channel=channel,
            text=text,
        )
        await reply(uow, message, Delivery(recipient=recipient))
    return contact.id


async def test_what_comes_back_by_another_channel_belongs_to_the_same_open_contact(room: ChannelRoom) -> None:
    await comes(room, "mail", "zhang@citizen.test", "来信咨询")
    contact_id = await answered_by(room, "telegram", "4711", "请补照片")
    before = (await room.contacts())[0]
    await comes(room, "telegram", "4711", "照片在此")
    (contact,) = await room.contacts()
    assert contact.id == contact_id
    assert (contact.queued_at, contact.thread_id) == (before.queued_at, before.thread_id), "place and thread are kept"
    said = await room.rows(MessageRow, MessageRow.contact_id == contact_id, MessageRow.author_kind != "system")
    assert [(row.channel, row.text) for row in sorted(said, key=lambda row: row.seq)] == [
        ("mail", "来信咨询"),
        ("telegram", "请补照片"),
        ("telegram", "照片在此"),
    ]
    assert {row.thread_id for row in said} == {contact.thread_id}


async def test_once_it_has_closed_or_from_somebody_else_it_is_a_contact_of_its_own(room: ChannelRoom) -> None:
    await comes(room, "mail", "zhang@citizen.test", "来信咨询")
    contact_id = await answered_by(room, "telegram", "4711", "请补照片")
    await comes(room, "telegram", "4712", "我是别人")
    async with room.database.unit_of_work(room.access) as uow:
        closed = {"status": ContactStatus.CLOSED, "closed_at": uow.now}
        await uow.session.execute(update(ContactRow).where(ContactRow.id == contact_id).values(closed))
    await comes(room, "telegram", "4711", "照片在此")
    assert [row.channel for row in await room.contacts()] == ["mail", "telegram", "telegram"]


async def test_a_blocked_sender_is_kept_in_the_ledger_and_goes_no_further(room: ChannelRoom) -> None:
    async with room.database.unit_of_work(room.access) as uow:
        await blocking.block(uow, "mail", "Spam@Citizen.test", "harassment", by="someone")
    await comes(room, "mail", "spam@citizen.test", "骚扰")
    (item,) = await room.rows(LedgerRow)
    assert (item.state, item.reason, item.raw_blob_key is not None) == (LedgerState.IGNORED, "blocked address", True)
    assert await room.contacts() == []
    async with room.database.unit_of_work(room.access) as uow:
        (row,) = await blocking.blocked(uow)
        await blocking.unblock(uow, row.id)
    await comes(room, "mail", "spam@citizen.test", "你好")
    assert len(await room.contacts()) == 1


async def test_a_newsletter_that_was_forwarded_makes_nobody_the_same_citizen(room: ChannelRoom) -> None:
    for number in range(2):
        hints = {"machine": "list", "answerable": False}
        await comes(room, "mail", "news@list.test", f"第{number}期", hints=hints, duplicate=str(number))
        async with room.database.unit_of_work(room.access) as uow:
            await uow.session.execute(update(ContactRow).values(status=ContactStatus.CLOSED))
    await comes(room, "mail", "news@list.test", "编辑部来信")
    people = {row.citizen_id for row in await room.contacts()}
    assert len(people) == 3
    stated = [row.stated for row in await room.rows(AddressRow, AddressRow.value == "news@list.test")]
    assert sorted(stated) == [False, True, True]


async def test_a_shared_number_leads_to_nobody_without_a_name(room: ChannelRoom) -> None:
    await comes(room, "telegram", "front-desk", "前台来问")
    (citizen,) = await room.rows(CitizenRow)
    async with room.database.unit_of_work(room.access) as uow:
        (address,) = await store.addresses_of(uow, citizen.id)
        await service.share_address(uow, citizen.id, address.id, shared=True)
        await uow.session.execute(update(ContactRow).values(status=ContactStatus.CLOSED))
    await comes(room, "telegram", "front-desk", "又有人来问")
    first, second = await room.contacts()
    assert first.citizen_id != second.citizen_id
    async with room.database.unit_of_work(room.access) as uow:
        rows = (await uow.session.scalars(select(AddressRow).where(AddressRow.value == "front-desk"))).all()
        assert {row.shared for row in rows} == {True}
