"""Addresses that turn out to be somebody else's get a record of their own, by hand and reversibly."""

from collections.abc import Collection

from sqlalchemy import select, update

from kit.errors import Conflict, Invalid, NotFound
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.citizens import store
from records.citizens.service import make_findable, new_record
from records.citizens.tables import AddressRow, CitizenRow, SplitRow


async def split(
    uow: UnitOfWork,
    citizen_id: str,
    address_ids: Collection[str],
    contact_ids: Collection[str],
    reason: str,
    *,
    by: str,
) -> SplitRow:
    """A new record with these addresses; `contact_ids` are written down as what the caller moves along.

    Raises `Invalid` (code `nothing_to_split`) unless it is some, and not all, of the citizen's addresses.
    """
    citizen = await store.kept(uow, citizen_id)
    held = {row.id for row in await store.addresses_of(uow, citizen.id)}
    moved = [address_id for address_id in held if address_id in address_ids]
    if len(moved) != len(set(address_ids)) or not moved or len(moved) == len(held):
        raise Invalid("Choose some, but not all, of the citizen's addresses.", code="nothing_to_split")
    fresh = new_record(uow, language=citizen.language, sealed=citizen.sealed)
    await uow.session.flush()
    row = SplitRow(
        id=new_id(),
        from_id=citizen.id,
        new_id=fresh.id,
        reason=reason,
        moved_address_ids=sorted(moved),
        moved_contact_ids=sorted(contact_ids),
        split_by_id=by,
        split_at=uow.now,
    )
    uow.session.add(row)
    await _move(uow, moved, fresh.id)
    await _changed(uow, citizen, fresh)
    return row


async def undo(uow: UnitOfWork, split_id: str, *, by: str) -> SplitRow:
    """Everything belongs to the first record again, and the new one leads to it.

    Raises `NotFound`, and `Conflict` (code `already_undone`), also where the new record was merged elsewhere; `Invalid`
    (code `sealed_mix`) where one of the two has become confidential meanwhile.
    """
    row: SplitRow | None = await uow.session.scalar(select(SplitRow).where(SplitRow.id == split_id))
    if row is None:
        raise NotFound("There is no such split.")
    fresh = await store.citizen(uow, row.new_id)
    if row.undone_at is not None or fresh.merged_into_id is not None:
        raise Conflict("This split was undone already, or its record merged.", code="already_undone")
    holder = await store.kept(uow, row.from_id)
    if holder.id == fresh.id:
        raise Conflict("The first record was merged into the new one.", code="already_undone")
    if holder.sealed != fresh.sealed:
        raise Invalid("A confidential record is merged with confidential ones only.", code="sealed_mix")
    await _move(uow, [address.id for address in await store.addresses_of(uow, fresh.id)], holder.id)
    fresh.merged_into_id = holder.id
    row.undone_at, row.undone_by_id = uow.now, by
    await _changed(uow, holder, fresh)
    return row


async def _move(uow: UnitOfWork, address_ids: Collection[str], citizen_id: str) -> None:
    await uow.session.execute(update(AddressRow).where(AddressRow.id.in_(address_ids)).values(citizen_id=citizen_id))


async def _changed(uow: UnitOfWork, *citizens: CitizenRow) -> None:
    for citizen in citizens:
        citizen.version += 1
        await make_findable(uow, citizen)
