"""Delivery reports on both databases: ranked, in any order, from many sides at once."""

import asyncio
from itertools import permutations

import pytest

from channels.sms.carrier import DeliveryReport, DeliveryStatus, Submitted
from channels.sms.reports import apply_report, submitted
from channels.sms.tables import SmsPartRow
from records.messages.tables import OutboxRow, OutboxState
from tests.support.channel_room import ChannelRoom

ACCOUNT = "account-1"


async def on_its_way(room: ChannelRoom) -> str:
    """An outbox row that is being sent."""
    await room.answers(recipient="+8613900000001")
    async with room.database.unit_of_work(room.access) as uow:
        row = await uow.session.get_one(OutboxRow, (await room.rows(OutboxRow))[-1].id)
        row.state = OutboxState.SENDING
        return row.id


async def report(room: ChannelRoom, provider_id: str, status: DeliveryStatus, reference: str | None = None) -> None:
    said = DeliveryReport(
        account_id=ACCOUNT, provider_id=provider_id, status=status, error="blocked", reference=reference
    )
    async with room.database.unit_of_work(room.access) as uow:
        await apply_report(uow, said)


async def hand_over(room: ChannelRoom, outbox_id: str, *provider_ids: str) -> None:
    async with room.database.unit_of_work(room.access) as uow:
        await submitted(uow, ACCOUNT, outbox_id, Submitted(provider_ids=provider_ids))


async def state(room: ChannelRoom, outbox_id: str) -> str:
    (row,) = await room.rows(OutboxRow, OutboxRow.id == outbox_id)
    return row.state


async def test_a_text_is_delivered_once_all_its_parts_are(room: ChannelRoom) -> None:
    outbox_id = await on_its_way(room)
    await hand_over(room, outbox_id, "p1", "p2")
    await report(room, "p1", DeliveryStatus.DELIVERED)
    assert await state(room, outbox_id) == OutboxState.SENDING
    await report(room, "p2", DeliveryStatus.DELIVERED)
    assert await state(room, outbox_id) == OutboxState.DELIVERED


@pytest.mark.parametrize("order", list(permutations(["sent", "failed", "delivered", "hand over"])))
async def test_whatever_the_order_the_outcome_is_the_same(room: ChannelRoom, order: tuple[str, ...]) -> None:
    outbox_id = await on_its_way(room)
    for step in order:
        if step == "hand over":
            await hand_over(room, outbox_id, "p1")
        else:
            await report(room, "p1", DeliveryStatus[step.upper()])
    assert await state(room, outbox_id) == OutboxState.DELIVERED


async def test_a_report_that_names_our_text_needs_no_handing_over(room: ChannelRoom) -> None:
    """The answer to the handing over was lost, and the text waits to be sent again: it is not."""
    outbox_id = await on_its_way(room)
    async with room.database.unit_of_work(room.access) as uow:
        (await uow.session.get_one(OutboxRow, outbox_id)).state = OutboxState.QUEUED
    await report(room, "p1", DeliveryStatus.DELIVERED, reference=outbox_id)
    await report(room, "p2", DeliveryStatus.DELIVERED, reference="somebody else's")
    assert await state(room, outbox_id) == OutboxState.DELIVERED


async def test_many_at_once_make_one_row(room: ChannelRoom) -> None:
    outbox_id = await on_its_way(room)
    reports = (report(room, "p1", status) for status in [*DeliveryStatus, *DeliveryStatus])
    await asyncio.gather(hand_over(room, outbox_id, "p1"), *reports)
    (part,) = await room.rows(SmsPartRow)
    assert (part.status, part.outbox_id) == ("delivered", outbox_id)
    assert await state(room, outbox_id) == OutboxState.DELIVERED
