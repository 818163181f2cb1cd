"""The ledger: everything that came in, once, and what became of it."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update

from kit.blobs import Blob, record
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.messages.tables import LedgerRow, LedgerState, MessageRow
from router.contact import RawInbound

ItemKey = tuple[str, str, str]
"""See `router.contact.RawInbound.key`."""
CLAIM_S = 60.0
MAX_ATTEMPTS = 5
LONGEST_WAIT_S = 300.0
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """The JSON `value` without NUL and lone surrogates, which a browser can send and no database takes."""
    if isinstance(value, str):
        return _NOT_STORABLE.sub("", value)
    if isinstance(value, Mapping):
        return {storable(name): storable(item) for name, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list | tuple) else value


async def known(uow: UnitOfWork, channel: str, account: str, provider_ids: Sequence[str]) -> dict[str, LedgerRow]:
    """The rows that came in before under these ids."""
    rows = await uow.session.scalars(
        select(LedgerRow).where(
            LedgerRow.channel == channel, LedgerRow.account == account, LedgerRow.provider_id.in_(provider_ids)
        )
    )
    return {row.provider_id: row for row in rows}


async def known_among(uow: UnitOfWork, raws: Collection[RawInbound]) -> dict[ItemKey, LedgerRow]:
    """The rows of those that came in before, by the items' keys."""
    found: dict[ItemKey, LedgerRow] = {}
    for channel, account in {(raw.channel, raw.account) for raw in raws}:
        ids = [raw.provider_id for raw in raws if (raw.channel, raw.account) == (channel, account)]
        rows = await known(uow, channel, account, ids)
        found |= {(channel, account, provider_id): row for provider_id, row in rows.items()}
    return found


def enter(uow: UnitOfWork, raw: RawInbound, blob: Blob | None) -> LedgerRow:
    """Write one item down in this transaction. The caller has looked that it is new."""
    if blob is not None:
        record(uow, blob, "application/octet-stream", kept=True)
    row = LedgerRow(**_values(raw), state=LedgerState.RECEIVED, raw_blob_key=blob.key if blob else None)
    row.sealed = raw.sealed
    uow.session.add(row)
    return row


async def enter_routed(uow: UnitOfWork, items: Sequence[tuple[RawInbound, MessageRow]]) -> list[str]:
    """Write down what became a message in this same transaction, in one statement; returns the ids of the rows."""
    ids = [new_id() for _ in items]
    rows = [
        {
            **_values(raw),
            "id": row_id,
            "state": LedgerState.ROUTED.value,
            "contact_id": message.contact_id,
            "message_id": message.id,
            "sealed": message.sealed,
        }
        for row_id, (raw, message) in zip(ids, items, strict=True)
    ]
    await uow.insert_many(LedgerRow, rows)
    return ids


def _values(raw: RawInbound) -> dict[str, Any]:
    return {
        "channel": raw.channel,
        "account": raw.account,
        "provider_id": raw.provider_id,
        "received_at": raw.received_at,
        "raw_json": dict(raw.raw_json) if raw.raw_json is not None else None,
    }


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


async def still_waiting(uow: UnitOfWork, row_ids: Sequence[str]) -> dict[ItemKey, LedgerRow]:
    """Those of a claim that nobody else has settled meanwhile, locked by this transaction, by the items' keys."""
    rows = await uow.session.scalars(
        select(LedgerRow)
        .where(LedgerRow.id.in_(row_ids), LedgerRow.state == LedgerState.RECEIVED)
        .order_by(LedgerRow.id)
        .with_for_update()
    )
    return {(row.channel, row.account, row.provider_id): row for row in rows}


async def settle(uow: UnitOfWork, row_id: str, state: LedgerState, reason: str) -> None:
    """Say what became of an item that made no contact; one that was settled meanwhile stays as it is."""
    await uow.session.execute(
        update(LedgerRow)
        .where(LedgerRow.id == row_id, LedgerRow.state == LedgerState.RECEIVED)
        .values(state=state, reason=reason[:500], claimed_until=None)
    )


async def postpone(uow: UnitOfWork, row: LedgerRow, reason: str, *, most: int | None) -> None:
    """It failed in a way that may pass: try again later, quarantine after `most` attempts (None: never).

    One that was settled meanwhile stays as it is.
    """
    given_up = most is not None and row.attempts >= most
    wait_s = min(2.0 ** min(row.attempts, 16), LONGEST_WAIT_S)
    await uow.session.execute(
        update(LedgerRow)
        .where(LedgerRow.id == row.id, LedgerRow.state == LedgerState.RECEIVED)
        .values(
            state=LedgerState.QUARANTINED if given_up else LedgerState.RECEIVED,
            reason=reason[:500],
            claimed_until=uow.now + timedelta(seconds=wait_s),
        )
    )
