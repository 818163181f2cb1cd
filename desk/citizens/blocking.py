"""Addresses that nothing is taken from, set by hand and audited."""

from desk.access import Actor
from desk.schemas.identity import BlockedView, BlockInput
from kit.errors import Invalid
from kit.unit_of_work import UnitOfWork
from records.citizens import blocking, masking
from records.citizens.tables import BlockedAddressRow
from records.staff import audit
from records.staff import store as staff


async def blocked(uow: UnitOfWork) -> list[BlockedView]:
    """All, newest first, masked."""
    rows = await blocking.blocked(uow)
    names = await staff.names_of(uow, {row.blocked_by_id for row in rows})
    return [_view(row, names.get(row.blocked_by_id, "")) for row in rows]


async def block(uow: UnitOfWork, who: Actor, body: BlockInput) -> BlockedView:
    """Raises `Invalid` (codes `no_address`, `naive_time`)."""
    if body.until is not None and body.until.tzinfo is None:
        raise Invalid("The time needs a zone.", code="naive_time")
    row = await blocking.block(uow, body.kind, body.value, body.reason, by=who.account_id, until=body.until)
    audit.record(uow, "address.blocked", "blocked_address", row.id, body.reason, {"kind": row.kind})
    return _view(row, (await staff.account(uow, who.account_id)).display_name)


async def unblock(uow: UnitOfWork, blocked_id: str) -> None:
    await blocking.unblock(uow, blocked_id)
    audit.record(uow, "address.unblocked", "blocked_address", blocked_id)


def _view(row: BlockedAddressRow, name: str) -> BlockedView:
    return BlockedView(
        id=row.id,
        kind=row.kind,
        value=masking.mask_address(row.kind, row.value),
        reason=row.reason,
        until=row.until,
        blocked_by=name,
        blocked_at=row.blocked_at,
    )
