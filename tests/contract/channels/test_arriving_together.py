"""What was stored arrives together, one transaction for a whole claim, and nobody pays for another's fault."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from channels import ledger
from channels.intake import ClaimLoop, StoreIntake
from kit.access import Access
from kit.unit_of_work import Database, UnitOfWork
from records.citizens import blocking
from records.citizens.tables import ReceiptRow
from records.messages.tables import LedgerState, MessageRow, OutboxRow, ThreadRow
from router.contact import ContactStatus
from tests.support.channel_room import ChannelRoom
from tests.support.waiting import wait_until


class CountingDatabase(Database):
    """Counts what was committed by writers; cut at commit `cut_at`, as by a process that dies there."""

    commits = 0
    cut_at: int | None = None

    @asynccontextmanager
    async def unit_of_work(self, access: Access, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        async with super().unit_of_work(access, read_only=read_only) as uow:
            yield uow
            if not read_only:
                if self.commits == self.cut_at:
                    raise asyncio.CancelledError
                self.commits += 1


@pytest.fixture
async def counting(room: ChannelRoom) -> AsyncIterator[CountingDatabase]:
    database = CountingDatabase(room.database.engine, room.side.clock, room.side.event_log)
    yield database
    await database.settled()  # what follows a commit still uses the room's Redis


def claims(room: ChannelRoom, database: Database) -> ClaimLoop:
    return ClaimLoop(database, room.access, room.side.blobs, room.adapters, room.arrivals, room.waker)


def store(room: ChannelRoom, database: Database) -> StoreIntake:
    return StoreIntake(database, room.access, room.side.blobs, room.waker)


async def stored(room: ChannelRoom, *said: tuple[str, str, str]) -> None:
    for provider_id, thread, text in said:
        await room.store(room.mail(provider_id, text, thread=thread, sender=f"{thread}@citizen.test"))
        room.side.clock.advance(0.01)


async def texts(room: ChannelRoom, thread: str) -> list[tuple[int, str]]:
    (found,) = await room.rows(ThreadRow, ThreadRow.key == thread)
    rows = await room.rows(MessageRow, MessageRow.thread_id == found.id, MessageRow.direction == "in")
    return sorted((row.seq, row.text) for row in rows)


async def test_a_claim_is_one_transaction_in_which_each_conversation_keeps_its_order(
    room: ChannelRoom, counting: CountingDatabase
) -> None:
    await stored(room, ("m0", "t1", "零"))
    await room.claims().work()
    await stored(room, ("m1", "t1", "一"), ("m2", "t2", "二"), ("m3", "t1", "三"), ("m4", "t2", "四"))
    assert await claims(room, counting).work() == 4
    assert counting.commits == 2  # the claim, and what became of it
    assert [text for _, text in await texts(room, "t1")] == ["零", "一", "三"]
    assert [text for _, text in await texts(room, "t2")] == ["二", "四"]
    assert {row.state: row.claimed_until for row in await room.ledger()} == {LedgerState.ROUTED: None}
    first, second = await room.contacts()
    assert (first.unread, second.unread) == (3, 2)
    assert {first.status, second.status} == {ContactStatus.QUEUED}
    assert sorted(row.contact_id or "" for row in await room.rows(ReceiptRow)) == sorted([first.id, second.id])
    assert len(await room.rows(OutboxRow)) == 2
    assert {row.contact_id for row in await room.ledger()} == {first.id, second.id}
    assert {row.message_id for row in await room.ledger()} == {
        row.id for row in await room.rows(MessageRow, MessageRow.direction == "in")
    }


async def test_a_poisoned_item_fails_alone_and_the_others_of_its_claim_arrive(room: ChannelRoom) -> None:
    await stored(room, ("m0", "t1", "零"))
    await room.claims().work()
    room.adapter.poisoned = {"m2"}
    await stored(room, ("m1", "t1", "一"), ("m2", "t1", "毒"), ("m3", "t1", "三"), ("m4", "t2", "四"))
    for _ in range(ledger.MAX_ATTEMPTS):
        await room.claims().work()
        assert [text for _, text in await texts(room, "t1")] == ["零", "一", "三"], "the others wait for nobody"
        room.side.clock.advance(ledger.LONGEST_WAIT_S + 1)
    states = {row.provider_id: row.state for row in await room.ledger()}
    assert states.pop("m2") == LedgerState.QUARANTINED
    assert set(states.values()) == {LedgerState.ROUTED}
    first, second = await room.contacts()
    assert (first.unread, second.unread) == (3, 1)
    assert len(await room.rows(ReceiptRow)) == 2


async def test_the_same_message_twice_in_one_claim_is_heard_once(room: ChannelRoom) -> None:
    """A provider that gives one message two ids of its own; the second is known by the sender's id of it."""
    again = {"thread": "t1", "duplicate": "d"}
    for provider_id in ("m1", "m2"):
        await room.store(room.mail(provider_id, "一", **again))
        room.side.clock.advance(0.01)
    await asyncio.gather(*(room.store(room.mail("m1", "一", **again)) for _ in range(3)))
    await room.claims().work()
    assert await room.heard() == ["一"]
    (contact,) = await room.contacts()
    assert contact.unread == 1
    assert [row.state for row in await room.ledger()] == [LedgerState.ROUTED, LedgerState.IGNORED]


async def test_nothing_is_taken_from_a_blocked_sender_amid_an_open_conversation(room: ChannelRoom) -> None:
    await stored(room, ("m0", "t1", "零"), ("m1", "t2", "一"))
    await room.claims().work()
    async with room.database.unit_of_work(room.access) as uow:
        await blocking.block(uow, "mail", "T1@citizen.test", "骂人", by="supervisor")
    await stored(room, ("m2", "t1", "二"), ("m3", "t2", "三"))
    await room.claims().work()
    assert await room.heard() == ["零", "一", "三"]
    states = {row.provider_id: (row.state, row.reason) for row in await room.ledger()}
    assert states["m2"] == (LedgerState.IGNORED, "blocked address")


@pytest.mark.parametrize("cut_at", [0, 1])
async def test_a_cut_before_a_commit_loses_nothing_and_doubles_nothing(
    room: ChannelRoom, counting: CountingDatabase, cut_at: int
) -> None:
    await stored(room, ("m1", "t1", "一"), ("m2", "t1", "二"), ("m3", "t2", "三"))
    counting.cut_at = cut_at
    with pytest.raises(asyncio.CancelledError):
        await claims(room, counting).work()
    assert await room.heard() == []
    assert await room.contacts() == []
    room.side.clock.advance(ledger.CLAIM_S + 1)
    await room.claims().work()
    assert await room.heard() == ["一", "二", "三"]
    assert len(await room.contacts()) == len(await room.rows(ReceiptRow)) == 2


async def test_one_that_is_read_slowly_is_not_waited_for_by_those_before_it(room: ChannelRoom) -> None:
    await stored(room, ("m1", "t1", "一"), ("m2", "t2", "二"))
    go_on = room.adapter.slow["m2"] = asyncio.Event()
    working = asyncio.create_task(room.claims().work())

    async def first_is_heard() -> bool:
        return await room.heard() == ["一"]

    await wait_until(first_is_heard, "the first has arrived")
    go_on.set()
    assert await working == 2
    assert await room.heard() == ["一", "二"]


async def test_what_is_posted_at_once_shares_a_commit(room: ChannelRoom, counting: CountingDatabase) -> None:
    intake = store(room, counting)
    raws = [replace(room.mail(f"m{number}"), raw=None, raw_json={"text": str(number)}) for number in range(30)]
    raws = [replace(raw, account=f"box {number % 2}") for number, raw in enumerate(raws)]
    answers = await asyncio.gather(*(intake(raw) for raw in [*raws, raws[3], raws[4]]))
    assert counting.commits == 1
    assert [answer.first_time for answer in answers] == [True] * 30 + [False] * 2
    assert {answer.ledger_id for answer in answers} == {row.id for row in await room.ledger()}
    assert len(await room.ledger()) == 30
    new = replace(raws[0], account="box 1")
    again = await asyncio.gather(*(store(room, counting)(raw) for raw in raws[:2]), intake(raws[5]), intake(new))
    assert [answer.first_time for answer in again] == [False, False, False, True]
    assert len(await room.ledger()) == 31


async def test_the_bytes_of_a_repeat_are_not_kept(room: ChannelRoom) -> None:
    intake = room.store
    raws = [room.mail("m1"), room.mail("m2")]
    await asyncio.gather(*(intake(raw) for raw in raws * 2))
    await room.database.settled()
    assert sorted(path.name for path in room.files()) == sorted(row.raw_blob_key or "" for row in await room.ledger())
    assert len(await room.ledger()) == 2


async def test_one_that_cannot_be_stored_is_refused_alone(room: ChannelRoom) -> None:
    bad = replace(room.mail("bad"), received_at=room.side.clock.now().replace(tzinfo=None))
    intake = room.store
    results = await asyncio.gather(
        *(intake(raw) for raw in [room.mail("m1"), bad, room.mail("m2")]), return_exceptions=True
    )
    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert {row.provider_id for row in await room.ledger()} == {"m1", "m2"}


async def test_no_pin_is_given_out_twice(room: ChannelRoom) -> None:
    """What continues a conversation needs none: the one that was made for it goes to another contact, once."""
    loop = room.claims()
    for round_ in range(3):
        await stored(room, *((f"{round_}-{number}", f"t{round_ + number % 3}", "问") for number in range(6)))
        await loop.work()
    assert len(await room.contacts()) == 5
    hashes = [row.pin_hash for row in await room.rows(ReceiptRow)]
    assert len(set(hashes)) == len(hashes) == 5
