"""What an adapter has only stored is read and routed by a loop, of which any number may run and any may die."""

import asyncio
from collections.abc import Sequence

import pytest

from channels import ledger
from channels.adapter import IgnoredInbound, MalformedInbound
from kit.blobs import BlobRow
from kit.errors import Unavailable
from kit.tasks import stop
from records.citizens.tables import CitizenRow, ReceiptRow
from records.messages.tables import LedgerRow, LedgerState, MessageRow, OutboxRow, ThreadRow
from router.contact import RawInbound
from router.tables import ContactRow
from tests.support.channel_room import ChannelRoom
from tests.support.waiting import wait_until


async def stored(room: ChannelRoom, *raws: RawInbound) -> None:
    for raw in raws:
        await room.store(raw)
        room.side.clock.advance(0.01)


async def worked_off(room: ChannelRoom, rounds: int = 1) -> Sequence[LedgerRow]:
    for _ in range(rounds):
        await room.claims().work()
    return await room.ledger()


async def test_an_item_stored_twice_is_one_row_and_one_file(room: ChannelRoom) -> None:
    first, again = await room.store(room.mail("m1")), await room.store(room.mail("m1"))
    assert (first.first_time, again.first_time) == (True, False)
    assert first.ledger_id == again.ledger_id
    (blob,) = await room.rows(BlobRow)
    assert blob.kept
    await room.database.settled()
    assert [path.name for path in room.files()] == [blob.key]


async def test_a_stored_item_becomes_a_contact_with_a_receipt(room: ChannelRoom) -> None:
    await stored(room, room.mail("m1", "请问何时答复?"))
    (row,) = await worked_off(room)
    (contact,) = await room.contacts()
    assert (row.state, row.contact_id, row.claimed_until) == (LedgerState.ROUTED, contact.id, None)
    assert await room.heard() == ["请问何时答复?"]
    (receipt,) = await room.rows(ReceiptRow)
    assert receipt.contact_id == contact.id


async def test_what_a_crash_left_is_repeated_after_its_claim_and_not_doubled(room: ChannelRoom) -> None:
    await stored(room, room.mail("m1"))
    async with room.database.unit_of_work(room.access) as uow:
        assert len(await ledger.claim(uow, 10)) == 1
    # The process died here.
    assert await room.claims().work() == 0
    room.side.clock.advance(ledger.CLAIM_S + 1)
    (row,) = await worked_off(room, rounds=2)
    assert (row.state, row.attempts) == (LedgerState.ROUTED, 2)
    assert len(await room.contacts()) == 1


async def test_a_slow_loop_whose_claim_ended_does_not_route_it_again(room: ChannelRoom) -> None:
    """Both loops have read the item before either routes it."""
    await stored(room, room.mail("m1"))
    room.adapter.meeting = asyncio.Barrier(2)
    slow = asyncio.create_task(room.claims().work())
    await wait_until(lambda: room.adapter.read == ["m1"], "the first loop reads the item")
    room.side.clock.advance(ledger.CLAIM_S + 1)
    await asyncio.gather(slow, room.claims().work())
    room.side.clock.advance(3600)
    (row,) = await worked_off(room)
    assert row.state == LedgerState.ROUTED
    assert await room.heard() == ["您好"]


@pytest.mark.parametrize("late", [MalformedInbound("late"), IgnoredInbound("late"), RuntimeError("late")])
async def test_a_slow_loop_that_fails_does_not_undo_what_another_did(room: ChannelRoom, late: Exception) -> None:
    await stored(room, room.mail("m1"))
    room.adapter.meeting = asyncio.Barrier(2)
    room.adapter.faults["m1"] = [late]
    slow = asyncio.create_task(room.claims().work())
    await wait_until(lambda: room.adapter.read == ["m1"], "the first loop reads the item")
    room.side.clock.advance(ledger.CLAIM_S + 1)
    await asyncio.gather(slow, room.claims().work())
    room.side.clock.advance(3600)
    await worked_off(room)
    assert len(await room.heard()) <= 1
    (row,) = await room.ledger()
    assert (row.state == LedgerState.ROUTED) is (len(await room.contacts()) == 1)
    assert row.state != LedgerState.RECEIVED


async def test_what_cannot_be_read_is_set_aside_with_its_raw_form_and_stops_nobody(room: ChannelRoom) -> None:
    room.adapter.faults["m2"] = [MalformedInbound("no head, no body")]
    await stored(room, room.mail("m1", "一"), room.mail("m2", "二"), room.mail("m3", "三", thread="t3"))
    rows = {row.provider_id: row for row in await worked_off(room)}
    assert (rows["m2"].state, rows["m2"].reason) == (LedgerState.QUARANTINED, "no head, no body")
    assert await room.side.blobs.read(str(rows["m2"].raw_blob_key)) == room.mail("m2", "二").raw
    assert await room.heard() == ["一", "三"]
    assert await room.claims().work() == 0


async def test_an_unexpected_failure_is_retried_with_growing_patience_then_set_aside(room: ChannelRoom) -> None:
    room.adapter.faults["m1"] = [RuntimeError("a bug") for _ in range(ledger.MAX_ATTEMPTS)]
    await stored(room, room.mail("m1"))
    for attempt in range(1, ledger.MAX_ATTEMPTS):
        (row,) = await worked_off(room)
        assert (row.state, row.attempts, row.reason) == (LedgerState.RECEIVED, attempt, "RuntimeError while reading")
        room.side.clock.advance(2**attempt - 1)
        assert await room.claims().work() == 0, "it is left alone until its time has come"
        room.side.clock.advance(2)
    (row,) = await worked_off(room)
    assert row.state == LedgerState.QUARANTINED
    assert await room.side.blobs.read(str(row.raw_blob_key)) == room.mail("m1").raw


async def test_a_failure_that_passes_loses_nothing(room: ChannelRoom) -> None:
    room.adapter.faults["m1"] = [RuntimeError("a hiccup")]
    await stored(room, room.mail("m1"))
    await worked_off(room)
    room.side.clock.advance(10)
    (row,) = await worked_off(room)
    assert row.state == LedgerState.ROUTED
    assert await room.heard() == ["您好"]


async def test_one_that_has_to_wait_for_something_never_blocks_the_others(room: ChannelRoom) -> None:
    """No room for its files, no receipt number: not its own fault, so it waits however long that takes."""
    room.adapter.faults["m1"] = [Unavailable("the disk is full") for _ in range(8)]
    await stored(room, room.mail("m1", "一", thread="t1"), room.mail("m2", "二", thread="t2"))
    await worked_off(room)
    assert await room.heard() == ["二"]
    for _ in range(8):
        room.side.clock.advance(ledger.LONGEST_WAIT_S + 1)
        await worked_off(room)
    assert await room.heard() == ["二", "一"]


async def test_what_no_citizen_wrote_is_kept_with_its_reason(room: ChannelRoom) -> None:
    room.adapter.faults["m1"] = [IgnoredInbound("bounce: a@b")]
    await stored(room, room.mail("m1"))
    (row,) = await worked_off(room)
    assert (row.state, row.reason, row.contact_id) == (LedgerState.IGNORED, "bounce: a@b", None)


async def test_an_exact_repeat_is_linked_to_the_first_and_makes_no_contact(room: ChannelRoom) -> None:
    await stored(room, room.mail("m1", duplicate="d"), room.mail("m2", duplicate="d"))
    first, repeat = await worked_off(room)
    assert (repeat.state, repeat.reason, repeat.duplicate_of_id) == (LedgerState.IGNORED, "duplicate", first.id)
    assert len(await room.contacts()) == 1
    assert await room.heard() == ["您好"]


async def test_repeats_in_two_processes_at_once_make_one_contact(room: ChannelRoom) -> None:
    await stored(room, room.mail("m0"))
    (before,) = await worked_off(room)
    await room.side.world.does("close", before.contact_id, "answered")
    await stored(room, room.mail("m1", "又问", duplicate="d"))
    async with room.database.unit_of_work(room.access) as uow:
        await ledger.claim(uow, 10)
    await stored(room, room.mail("m2", "又问", duplicate="d"))
    room.adapter.meeting = asyncio.Barrier(2)
    one = asyncio.create_task(room.claims().work())
    await wait_until(lambda: room.adapter.read[1:] == ["m2"], "the first loop reads the second mail")
    room.side.clock.advance(ledger.CLAIM_S + 1)
    await asyncio.gather(one, room.claims().work())
    room.side.clock.advance(3600)
    await worked_off(room)
    assert await room.heard() == ["您好", "又问"]
    assert len(await room.contacts()) == 2


async def test_the_same_message_id_with_another_body_is_another_approach(room: ChannelRoom) -> None:
    await stored(
        room, room.mail("m1", "甲", duplicate="d1", thread="t1"), room.mail("m2", "乙", duplicate="d2", thread="t2")
    )
    assert {row.state for row in await worked_off(room)} == {LedgerState.ROUTED}
    assert len(await room.contacts()) == 2


async def test_confidential_items_seal_all_that_they_become_and_their_repeats(room: ChannelRoom) -> None:
    report = {"hints": {"kind": "report"}, "duplicate": "d"}
    await stored(room, room.mail("m1", "举报", **report), room.mail("m2", "举报", **report))
    assert [row.sealed for row in await worked_off(room)] == [True, True]
    await room.all_are_sealed(ContactRow, MessageRow, ThreadRow, CitizenRow, ReceiptRow, OutboxRow)


async def test_who_answers_in_a_confidential_thread_need_not_say_so_again(room: ChannelRoom) -> None:
    await stored(room, room.mail("m1", "举报", hints={"kind": "report"}))
    (row,) = await worked_off(room)
    await room.side.world.does("close", row.contact_id, "answered")
    await stored(room, room.mail("m2", "补充材料"))
    await worked_off(room)
    first, second = await room.contacts()
    assert second.sealed
    assert (second.queue_id, second.requirements) == (first.queue_id, first.requirements)
    assert {message.sealed for message in await room.rows(MessageRow)} == {True}
    assert {row.sealed for row in await room.ledger()} == {True}


async def test_a_loop_wakes_at_once_for_what_was_stored(room: ChannelRoom) -> None:
    loop = asyncio.create_task(room.claims().run())
    try:
        await room.store(room.mail("m1"))

        async def routed() -> bool:
            return [row.state for row in await room.ledger()] == [LedgerState.ROUTED]

        await wait_until(routed, "the item is routed")
    finally:
        await stop([loop])
