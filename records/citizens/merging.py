"""Two records of one citizen become one, by hand and reversibly. Nothing is deleted; addresses move."""

from sqlalchemy import select, update

from kit.errors import Conflict, Invalid, NotFound
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.citizens import matching, store
from records.citizens.service import make_findable
from records.citizens.tables import AddressRow, CitizenRow, DismissedMatchRow, MergeRow


async def merge(
    uow: UnitOfWork, kept_id: str, other_id: str, reason: str, *, by: str, confirmed: bool = False
) -> MergeRow:
    """`other_id` leads to `kept_id` from now on.

    Raises `Conflict` (code `already_merged`) when they are one already, or (code `needs_confirmation`) unless
    `confirmed` when nothing but a shared address speaks for it; `Invalid` (code `sealed_mix`) for a confidential and
    an ordinary record: that would give the confidential one away.
    """
    kept, other = await store.kept(uow, kept_id), await store.kept(uow, other_id)
    if kept.id == other.id:
        raise Conflict("These records are one already.", code="already_merged")
    if kept.sealed != other.sealed:
        raise Invalid("A confidential record is merged with confidential ones only.", code="sealed_mix")
    if not confirmed and await matching.is_only_weak(uow, kept.id, other.id):
        raise Conflict("Several people use the address that they have in common.", code="needs_confirmation")
    moved = [row.id for row in await store.addresses_of(uow, other.id)]
    await _move(uow, moved, kept.id)
    other.merged_into_id = kept.id
    await _changed(uow, kept, other)
    row = MergeRow(
        id=new_id(),
        kept_id=kept.id,
        merged_id=other.id,
        reason=reason,
        moved_address_ids=moved,
        merged_by_id=by,
        merged_at=uow.now,
    )
    uow.session.add(row)
    await uow.session.flush()
    return row


async def undo(uow: UnitOfWork, merge_id: str, *, by: str) -> MergeRow:
    """The merged record stands for itself again, with the addresses it brought.

    Raises `NotFound`, and `Conflict` (code `already_undone`).
    """
    row: MergeRow | None = await uow.session.scalar(select(MergeRow).where(MergeRow.id == merge_id))
    if row is None:
        raise NotFound("There is no such merge.")
    other = await store.citizen(uow, row.merged_id)
    if row.undone_at is not None or other.merged_into_id != row.kept_id:
        raise Conflict("This merge was undone already.", code="already_undone")
    # What was kept may have been merged further, and its addresses with it.
    holder = await store.kept(uow, row.kept_id)
    held = {address.id for address in await store.addresses_of(uow, holder.id)}
    await _move(uow, [address_id for address_id in row.moved_address_ids if address_id in held], other.id)
    other.merged_into_id = None
    row.undone_at, row.undone_by_id = uow.now, by
    await _changed(uow, holder, other)
    return row


async def dismiss(uow: UnitOfWork, citizen_id: str, other_id: str) -> None:
    """These two are not the same: not suggested again. Repeating is harmless. Raises `NotFound`, `Invalid`."""
    one, other = (await store.kept(uow, citizen_id)).id, (await store.kept(uow, other_id)).id
    if one == other:
        raise Invalid("That is the same record.")
    if other not in await store.dismissed(uow, one):
        uow.session.add(DismissedMatchRow(one_id=min(one, other), other_id=max(one, other)))


async def _move(uow: UnitOfWork, address_ids: list[str], citizen_id: str) -> None:
    if address_ids:
        await uow.session.execute(
            update(AddressRow).where(AddressRow.id.in_(address_ids)).values(citizen_id=citizen_id)
        )


async def _changed(uow: UnitOfWork, *citizens: CitizenRow) -> None:
    for citizen in citizens:
        citizen.version += 1
        await make_findable(uow, citizen)
