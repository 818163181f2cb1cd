"""Addresses that nothing is taken from: harassment, machines. What they send is kept in the ledger all the same."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, or_, select

from kit.errors import Invalid
from kit.unit_of_work import UnitOfWork
from records.citizens.addresses import NO_ADDRESS, normalise
from records.citizens.tables import BlockedAddressRow

# Built once: each message that comes in asks.
_STANDING = select(BlockedAddressRow.kind, BlockedAddressRow.value).where(
    BlockedAddressRow.value.in_(bindparam("values", expanding=True)),
    or_(BlockedAddressRow.until.is_(None), BlockedAddressRow.until > bindparam("now")),
)


async def is_blocked(uow: UnitOfWork, kind: str, value: str) -> bool:
    """Whether nothing is taken from this address at this moment."""
    return bool(await blocked_among(uow, [(kind, value)]))


async def blocked_among(uow: UnitOfWork, addresses: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those (kind, value) of `addresses` that nothing is taken from at this moment, as they were given."""
    forms = {(kind, value): (kind, normalise(kind, value)) for kind, value in addresses if kind not in NO_ADDRESS}
    if not forms:
        return set()
    asked = {"values": [value for _, value in forms.values()], "now": uow.now}
    hit = {(kind, value) for kind, value in await uow.session.execute(_STANDING, asked)}
    return {address for address, form in forms.items() if form in hit}


async def block(
    uow: UnitOfWork, kind: str, value: str, reason: str, *, by: str, until: datetime | None = None
) -> BlockedAddressRow:
    """Take nothing from an address, for good or `until` (aware). Again changes reason and end.

    Raises `Invalid` (code `no_address`) for an empty one or a session on our own pages.
    """
    value = normalise(kind, value)
    if not value or kind in NO_ADDRESS:
        raise Invalid("That is no address that can be blocked.", code="no_address")
    same = (BlockedAddressRow.kind == kind, BlockedAddressRow.value == value)
    row = await uow.session.scalar(select(BlockedAddressRow).where(*same))
    if row is None:
        row = BlockedAddressRow(kind=kind, value=value)
        uow.session.add(row)
    row.reason, row.until, row.blocked_by_id, row.blocked_at = reason, until, by, uow.now
    await uow.session.flush()
    return row


async def unblock(uow: UnitOfWork, blocked_id: str) -> None:
    """Harmless when it was not blocked."""
    await uow.session.execute(delete(BlockedAddressRow).where(BlockedAddressRow.id == blocked_id))


async def blocked(uow: UnitOfWork) -> list[BlockedAddressRow]:
    """All, newest first, those that have ended, too."""
    return list(await uow.session.scalars(select(BlockedAddressRow).order_by(BlockedAddressRow.blocked_at.desc())))
