"""The way out: sent until it is sent, given up visibly, never stepped back, a dead sender's work taken up again."""

import asyncio

import pytest
from sqlalchemy import update

from channels import outbox
from channels.adapter import ChannelUnavailable, MessageRejected, NotSupported, SendReceipt
from channels.outbox import Outbox
from kit.errors import Conflict
from kit.event_row import EventBatchRow, events_of
from kit.secret_box import SecretBox
from records.messages.outbox import retry
from records.messages.tables import OutboxRow, OutboxState
from tests.support.channel_room import ChannelRoom
from tests.support.waiting import wait_until


async def told(room: ChannelRoom, message_id: str) -> int:
    """How often the pages were told of this message."""
    rows = await room.rows(EventBatchRow)
    return [event.entity_id for row in rows for event in events_of(row)].count(message_id)


async def test_an_answer_is_sent_once(room: ChannelRoom) -> None:
    message = await room.answers()
    assert await room.outbox().work() == 1
    assert await room.outbox().work() == 0
    (sent,) = room.adapter.sent
    assert (sent.text, sent.recipient, sent.external_id) == ("三天内答复", "zhang@citizen.test", message.id)
    row = await room.outbox_row()
    assert (row.state, row.attempts, row.lease_until) == (OutboxState.SENT, 1, None)


@pytest.mark.parametrize("delivered", [True, False])
async def test_what_the_other_side_has_is_told_apart_from_what_the_next_hop_has(
    room: ChannelRoom, delivered: bool
) -> None:
    room.adapter.answers = [SendReceipt(external_id="<theirs>", delivered=delivered)]
    await room.answers()
    await room.outbox().work()
    row = await room.outbox_row()
    assert row.external_id == "<theirs>"
    assert row.state == (OutboxState.DELIVERED if delivered else OutboxState.SENT)


async def test_an_unreachable_channel_is_tried_again_with_growing_patience(room: ChannelRoom) -> None:
    room.adapter.answers = [ChannelUnavailable("no route") for _ in range(4)]
    message = await room.answers()
    waits = []
    for _ in range(4):
        before = await told(room, message.id)
        await room.outbox().work()
        row = await room.outbox_row()
        assert (row.state, row.last_error) == (OutboxState.QUEUED, "no route")
        assert await told(room, message.id) > before, "the pages show it"
        waits.append((row.next_attempt_at - room.side.clock.now()).total_seconds())
        assert await room.outbox().work() == 0, "not before its time"
        room.side.clock.advance(waits[-1] + 0.001)
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]
    await room.outbox().work()
    assert (await room.outbox_row()).state == OutboxState.SENT
    assert {sent.external_id for sent in room.adapter.sent} == {message.id}, "each try is the same message"


@pytest.mark.parametrize("error", [MessageRejected("no such user"), NotSupported("no pictures here")])
async def test_a_final_refusal_is_shown_at_once_and_the_agent_can_try_again(
    room: ChannelRoom, error: Exception
) -> None:
    room.adapter.answers = [error]
    message = await room.answers()
    before = await told(room, message.id)
    await room.outbox().work()
    row = await room.outbox_row()
    assert (row.state, row.last_error) == (OutboxState.FAILED, str(error))
    assert row.finished_at is not None
    assert await told(room, message.id) > before
    room.side.clock.advance(3600)
    assert await room.outbox().work() == 0, "nobody but the agent tries again"
    async with room.database.unit_of_work(room.access) as uow:
        await retry(uow, message.id)
    await room.outbox().work()
    row = await room.outbox_row()
    assert (row.state, row.last_error) == (OutboxState.SENT, "")
    with pytest.raises(Conflict):
        async with room.database.unit_of_work(room.access) as uow:
            await retry(uow, message.id)


async def test_after_about_a_day_of_trying_it_is_given_up_visibly(room: ChannelRoom) -> None:
    room.adapter.answers = [ChannelUnavailable("no route") for _ in range(outbox.MOST_ATTEMPTS + 1)]
    message = await room.answers()
    began = room.side.clock.now()
    while (row := await room.outbox_row()).state == OutboxState.QUEUED:
        room.side.clock.set(max(row.next_attempt_at, room.side.clock.now()))
        await room.outbox().work()
    assert (row.state, row.last_error) == (OutboxState.FAILED, "no route")
    assert 20 <= (room.side.clock.now() - began).total_seconds() / 3600 <= 28
    async with room.database.unit_of_work(room.access) as uow:
        await retry(uow, message.id)
    await room.outbox().work()
    assert (await room.outbox_row()).state == OutboxState.QUEUED, "the agent's try has a day of its own"


async def test_a_dead_senders_message_goes_out_with_the_same_id_after_its_lease(room: ChannelRoom) -> None:
    message = await room.answers()
    room.adapter.holding = asyncio.Event()
    dying = asyncio.create_task(room.outbox().work())
    await wait_until(lambda: len(room.adapter.sent) == 1, "it is being sent")
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    room.adapter.holding = None
    assert (await room.outbox_row()).state == OutboxState.SENDING
    assert await room.outbox().work() == 0, "its lease still runs"
    room.side.clock.advance(outbox.LEASE_S + 1)
    await room.outbox().work()
    assert [sent.external_id for sent in room.adapter.sent] == [message.id, message.id]
    row = await room.outbox_row()
    assert (row.state, row.attempts) == (OutboxState.SENT, 2)


async def test_any_number_of_senders_send_each_message_once(room: ChannelRoom) -> None:
    ids = {(await room.answers(f"第{number}封")).id for number in range(6)}
    await asyncio.gather(*(room.outbox().work() for _ in range(4)))
    assert sorted(sent.message_id for sent in room.adapter.sent) == sorted(ids)


@pytest.mark.parametrize("reported", [OutboxState.DELIVERED, OutboxState.READ, OutboxState.FAILED])
async def test_a_report_that_overtakes_the_sending_is_not_undone(room: ChannelRoom, reported: OutboxState) -> None:
    await room.answers()
    room.adapter.holding = asyncio.Event()
    sending = asyncio.create_task(room.outbox().work())
    await wait_until(lambda: len(room.adapter.sent) == 1, "it is being sent")
    async with room.database.unit_of_work(room.access) as uow:
        await uow.session.execute(update(OutboxRow).values(state=reported))
    room.adapter.holding.set()
    await sending
    assert (await room.outbox_row()).state == reported


async def test_one_message_that_cannot_be_made_stops_no_other(room: ChannelRoom) -> None:
    """As after a change of the platform's secret: what was encrypted with the old one cannot be read."""
    broken, good = await room.answers("坏"), await room.answers("好")
    stranger = SecretBox(b"the secret of before")
    async with room.database.unit_of_work(room.access) as uow:
        await uow.session.execute(
            update(OutboxRow)
            .where(OutboxRow.message_id == broken.id)
            .values(envelope={"pin": stranger.encrypt("123456")})
        )
    await room.outbox().work()
    assert [sent.message_id for sent in room.adapter.sent] == [good.id]
    rows = {row.message_id: row for row in await room.rows(OutboxRow)}
    assert rows[good.id].state == OutboxState.SENT
    assert (rows[broken.id].state, rows[broken.id].attempts) == (OutboxState.QUEUED, 1)


async def test_a_channel_that_is_not_configured_fails_visibly(room: ChannelRoom) -> None:
    await room.answers()
    bare = Outbox(room.database, room.access, {}, room.waker, room.side.box)
    await bare.work()
    row = await room.outbox_row()
    assert row.state == OutboxState.FAILED
    assert "mail" in row.last_error
