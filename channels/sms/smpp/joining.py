"""Parts of long texts: kept one by one, joined when all are there or when no more came for too long."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select

from channels import ledger
from channels.sms.carrier import SmsIn, raw_of
from channels.sms.smpp.alphabet import UnknownCoding, text_of
from channels.sms.smpp.arrivals import Arrived
from channels.sms.smpp.parts import Segment
from channels.sms.smpp.tables import SmsSegmentRow
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.messages.tables import LedgerRow

SAME_PART_WITHIN = timedelta(hours=1)
_BATCH = 50


async def keep(uow: UnitOfWork, account_id: str, item: Arrived, segment: Segment) -> tuple[SmsSegmentRow, bool]:
    """The row of this part, and whether it was there before. Its ledger row is the caller's to add when it is new."""
    same_text = _same_text(account_id, item, segment)
    newest = await uow.session.scalar(
        select(SmsSegmentRow)
        .where(*same_text, SmsSegmentRow.received_at > item.received_at - timedelta(days=1))
        .order_by(SmsSegmentRow.received_at.desc(), SmsSegmentRow.id.desc())
        .limit(1)
    )
    group_id = new_id()
    if newest is not None:
        same = await _part(uow, newest.group_id, segment.number)
        if same is not None and same.octets == segment.octets.hex() and _is_recent(same, item):
            return same, True
        if same is None and newest.joined_at is None:
            group_id = newest.group_id
    return _row(account_id, item, segment, group_id), False


async def is_complete(uow: UnitOfWork, row: SmsSegmentRow) -> bool:
    count = await uow.session.scalar(select(func.count(SmsSegmentRow.id)).where(SmsSegmentRow.group_id == row.group_id))
    return count == row.total


async def join(uow: UnitOfWork, group_id: str, default_alphabet: str) -> LedgerRow:
    """Put together what is there of a text, as one item for the claim loop, and link its parts with it."""
    rows = list(
        await uow.session.scalars(
            select(SmsSegmentRow).where(SmsSegmentRow.group_id == group_id).order_by(SmsSegmentRow.number)
        )
    )
    first = rows[0]
    sms = SmsIn(
        account_id=first.account_id,
        provider_id=f"joined:{group_id}",
        sender=first.source,
        recipient=first.destination,
        text=str(ledger.storable(joined_text(rows, default_alphabet))),
        received_at=max(row.received_at for row in rows),
        parts=first.total,
        complete=len(rows) == first.total,
    )
    whole = ledger.enter(uow, raw_of(sms), None)
    await uow.session.flush()
    for row in rows:
        row.joined_at, row.joined_ledger_id = uow.now, whole.id
    return whole


async def overdue(uow: UnitOfWork, account_id: str, silence: timedelta) -> list[str]:
    """Texts whose last part came longer ago than `silence`, and that still miss some."""
    return list(
        await uow.session.scalars(
            select(SmsSegmentRow.group_id)
            .where(SmsSegmentRow.account_id == account_id, SmsSegmentRow.joined_at.is_(None))
            .group_by(SmsSegmentRow.group_id)
            .having(func.max(SmsSegmentRow.received_at) <= uow.now - silence)
            .limit(_BATCH)
        )
    )


def joined_text(rows: Sequence[SmsSegmentRow], default_alphabet: str) -> str:
    """The parts in their order, and in the place of each gap its numbers: […2-3/5…]."""
    found, run, after = [], list[SmsSegmentRow](), 1
    for row in rows:
        if row.number > after or (run and run[-1].data_coding != row.data_coding):
            found.append(_read(run, default_alphabet))
            run = []
        if row.number > after:
            found.append(_gap(after, row.number - 1, row.total))
        run.append(row)
        after = row.number + 1
    found.append(_read(run, default_alphabet))
    total = rows[0].total
    if after <= total:
        found.append(_gap(after, total, total))
    return "".join(found)


def _read(rows: Sequence[SmsSegmentRow], default_alphabet: str) -> str:
    """Neighbours are read as one: some phones cut within a character."""
    if not rows:
        return ""
    octets = b"".join(bytes.fromhex(row.octets) for row in rows)
    try:
        return text_of(rows[0].data_coding, octets, default_alphabet)
    except UnknownCoding:
        return "\ufffd"


def _gap(first: int, last: int, total: int) -> str:
    numbers = str(first) if first == last else f"{first}-{last}"
    return f"[…{numbers}/{total}…]"


def _same_text(account_id: str, item: Arrived, segment: Segment) -> tuple[ColumnElement[bool], ...]:
    return (
        SmsSegmentRow.account_id == account_id,
        SmsSegmentRow.source == item.source,
        SmsSegmentRow.destination == item.destination,
        SmsSegmentRow.mark == _mark(segment),
        SmsSegmentRow.total == segment.total,
    )


async def _part(uow: UnitOfWork, group_id: str, number: int) -> SmsSegmentRow | None:
    return await uow.session.scalar(
        select(SmsSegmentRow).where(SmsSegmentRow.group_id == group_id, SmsSegmentRow.number == number)
    )


def _is_recent(row: SmsSegmentRow, item: Arrived) -> bool:
    return row.joined_at is None or item.received_at - row.received_at <= SAME_PART_WITHIN


def _mark(segment: Segment) -> str:
    return f"{segment.kind}:{segment.reference}"


def _row(account_id: str, item: Arrived, segment: Segment, group_id: str) -> SmsSegmentRow:
    return SmsSegmentRow(
        account_id=account_id,
        group_id=group_id,
        source=item.source,
        destination=item.destination,
        mark=_mark(segment),
        total=segment.total,
        number=segment.number,
        data_coding=item.data_coding,
        octets=segment.octets.hex(),
        received_at=item.received_at,
        sealed=True,
    )
