"""The ledger: everything that came in, once, and what became of it."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select, update

from kit.blobs import Blob, record
from kit.unit_of_work import UnitOfWork
from records.messages.tables import LedgerRow, LedgerState
from router.contact import RawInbound

CLAIM_S = 60.0
MAX_ATTEMPTS = 5


async def known(uow: UnitOfWork, channel: str, account: str, provider_ids: Sequence[str]) -> dict[str, LedgerRow]:
    """The rows that came in before under these ids."""
    rows = await uow.session.scalars(
        select(LedgerRow).where(
            LedgerRow.channel == channel, LedgerRow.account == account, LedgerRow.provider_id.in_(provider_ids)
        )
    )
    return {row.provider_id: row for row in rows}


def enter(uow: UnitOfWork, raw: RawInbound, blob: Blob | None) -> LedgerRow:
    """Write one item down in this transaction. The caller has looked that it is new."""
    if blob is not None:
        record(uow, blob, "application/octet-stream", kept=True)
    row = LedgerRow(
        channel=raw.channel,
        account=raw.account,
        provider_id=raw.provider_id,
        received_at=raw.received_at,
        state=LedgerState.RECEIVED,
        raw_blob_key=blob.key if blob else None,
        raw_json=dict(raw.raw_json) if raw.raw_json is not None else None,
        sealed=raw.sealed,
    )
    uow.session.add(row)
    return row


async def claim(uow: UnitOfWork, limit: int) -> list[LedgerRow]:
    """Take up to `limit` items that wait to be parsed, oldest first; a crash gives them back after `CLAIM_S`."""
    waiting = (
        select(LedgerRow.id)
        .where(LedgerRow.state == LedgerState.RECEIVED)
        .where(or_(LedgerRow.claimed_until.is_(None), LedgerRow.claimed_until <= uow.now))
        .order_by(LedgerRow.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(await uow.session.scalars(waiting))
    if not ids:
        return []
    rows = await uow.session.scalars(
        update(LedgerRow)
        .where(LedgerRow.id.in_(ids))
        .values(claimed_until=uow.now + timedelta(seconds=CLAIM_S), attempts=LedgerRow.attempts + 1)
        .returning(LedgerRow)
    )
    return sorted(rows, key=lambda row: (row.received_at, row.id))


async def settle(uow: UnitOfWork, row_id: str, state: LedgerState, reason: str) -> None:
    """Say what became of an item that made no contact."""
    await uow.session.execute(
        update(LedgerRow).where(LedgerRow.id == row_id).values(state=state, reason=reason[:500], claimed_until=None)
    )


async def postpone(uow: UnitOfWork, row: LedgerRow, reason: str) -> None:
    """Parsing failed in a way that may pass: try again when the claim ends, quarantine after `MAX_ATTEMPTS`."""
    state = LedgerState.QUARANTINED if row.attempts >= MAX_ATTEMPTS else LedgerState.RECEIVED
    wait = timedelta(seconds=2**row.attempts)
    await uow.session.execute(
        update(LedgerRow)
        .where(LedgerRow.id == row.id)
        .values(state=state, reason=reason[:500], claimed_until=uow.now + wait)
    )
