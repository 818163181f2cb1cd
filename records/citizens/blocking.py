"""Addresses that nothing is taken from: harassment, machines. What they send is kept in the ledger all the same."""

from datetime import datetime

from sqlalchemy import delete, or_, select

from kit.errors import Invalid
from kit.unit_of_work import UnitOfWork
from records.citizens.addresses import NO_ADDRESS, normalise
from records.citizens.tables import BlockedAddressRow


async def is_blocked(uow: UnitOfWork, kind: str, value: str) -> bool:
    """Whether nothing is taken from this address at this moment."""
    if kind in NO_ADDRESS:
        return False
    stands = or_(BlockedAddressRow.until.is_(None), BlockedAddressRow.until > uow.now)
    same = (BlockedAddressRow.kind == kind, BlockedAddressRow.value == normalise(kind, value))
    return await uow.session.scalar(select(BlockedAddressRow.id).where(*same, stands)) is not None


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
