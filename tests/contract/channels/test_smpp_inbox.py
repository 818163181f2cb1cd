"""What SMPP brings is stored once, before it is answered, on both databases."""

import asyncio

import pytest

from channels.claim import ClaimLost
from channels.sms.smpp import pdu
from channels.sms.smpp.inbox import Inbox
from channels.sms.smpp.parts import Concatenation, cut
from channels.sms.smpp.settings import SmppSettings
from channels.sms.smpp.tables import SmsSegmentRow
from channels.sms.tables import SmsPartRow
from kit import leases
from kit.errors import Unavailable
from kit.leases import Lease
from records.messages.tables import LedgerRow, LedgerState
from tests.support.channel_room import ChannelRoom
from tests.support.smpp_units import deliver

SETTINGS = SmppSettings(host="smsc.example", system_id="axd", parts_timeout_s=900)


async def lease_of(room: ChannelRoom, holder: str = "us") -> Lease:
    async with room.database.unit_of_work(room.access) as uow:
        lease = await leases.acquire(uow, "smpp/account-1", holder, 30)
    assert lease is not None
    return lease


async def inbox_of(room: ChannelRoom) -> Inbox:
    return Inbox(
        "account-1",
        SETTINGS,
        await lease_of(room),
        database=room.database,
        access=room.access,
        waker=room.waker,
        intake=room.store,
    )


def parts_of(text: str, reference: int = 7) -> list[pdu.Pdu]:
    return [
        pdu.read(deliver(part.octets, esm_class=part.esm_class, coding=part.data_coding, sequence=number))
        for number, part in enumerate(cut(text, Concatenation.UDH, reference), start=1)
    ]


async def texts(room: ChannelRoom) -> list[str]:
    """Those that wait for the claim loop."""
    rows = await room.rows(LedgerRow, LedgerRow.state == LedgerState.RECEIVED)
    return [row.raw_json["sms"]["text"] for row in rows if row.raw_json]


async def test_what_arrives_together_is_stored_each_once(room: ChannelRoom) -> None:
    inbox = await inbox_of(room)
    units = [pdu.read(deliver(b"hello %d" % (n % 20), sequence=n)) for n in range(1, 81)]
    await asyncio.gather(*(inbox.take(unit, "era") for unit in units))
    assert sorted(await texts(room)) == sorted(f"hello {n}" for n in range(20))
    assert len(await room.rows(LedgerRow)) == 80
    await asyncio.gather(*(inbox.take(unit, "era") for unit in units))
    assert len(await room.rows(LedgerRow)) == 80


async def test_parts_in_any_order_become_one_text_with_a_row_for_each(room: ChannelRoom) -> None:
    inbox = await inbox_of(room)
    text = "证明材料" * 100
    units = parts_of(text)
    await asyncio.gather(*(inbox.take(unit, "era") for unit in reversed(units)))
    assert await texts(room) == [text]
    assert len(await room.rows(LedgerRow)) == len(units) + 1
    await room.all_are_sealed(SmsSegmentRow)


async def test_what_came_is_delivered_when_the_rest_does_not(room: ChannelRoom) -> None:
    inbox = await inbox_of(room)
    await inbox.take(parts_of("甲" * 67 + "乙" * 67)[1], "era")
    assert await inbox.join_overdue() == 0
    for _ in range(40):
        room.side.clock.advance(25)
        await lease_of(room)
    assert await inbox.join_overdue() == 1
    assert await texts(room) == ["[…1/2…]" + "乙" * 67]
    assert await inbox.join_overdue() == 0


async def test_a_reference_used_again_before_its_text_was_whole_begins_another(room: ChannelRoom) -> None:
    inbox = await inbox_of(room)
    await inbox.take(parts_of("甲" * 100)[0], "era")
    for unit in parts_of("乙" * 100):
        await inbox.take(unit, "era")
    assert await texts(room) == ["乙" * 100]
    assert len({row.group_id for row in await room.rows(SmsSegmentRow)}) == 2


async def test_receipts_are_kept_and_applied(room: ChannelRoom) -> None:
    inbox = await inbox_of(room)
    await inbox.take(pdu.read(deliver(b"id:77 stat:DELIVRD err:000", esm_class=4)), "era")
    (part,) = await room.rows(SmsPartRow)
    assert (part.account_id, part.provider_id, part.status) == ("account-1", "77", "delivered")
    (row,) = await room.rows(LedgerRow)
    assert (row.state, row.reason) == (LedgerState.IGNORED, "delivery report")


async def test_without_the_lease_or_the_database_nothing_is_stored_and_it_says_so(room: ChannelRoom) -> None:
    inbox = await inbox_of(room)
    room.side.database.away = True
    with pytest.raises(Unavailable):
        await inbox.take(pdu.read(deliver()), "era")
    room.side.database.away = False
    room.side.clock.advance(60)
    with pytest.raises(ClaimLost):
        await inbox.take(pdu.read(deliver()), "era")
    assert await room.rows(LedgerRow) == []
