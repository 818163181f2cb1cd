"""Queries over citizens, addresses and merges. Merged records lead to the one that was kept."""

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select

from kit.errors import NotFound
from kit.unit_of_work import UnitOfWork
from records.citizens.tables import AddressRow, CitizenRow, DismissedMatchRow, MergeRow, SplitRow

LONGEST_CHAIN = 20


async def citizen(uow: UnitOfWork, citizen_id: str) -> CitizenRow:
    """Exactly this record, merged or not. Raises `NotFound`."""
    found: CitizenRow | None = await uow.session.scalar(select(CitizenRow).where(CitizenRow.id == citizen_id))
    if found is None:
        raise NotFound("There is no such citizen.")
    return found


async def kept(uow: UnitOfWork, citizen_id: str) -> CitizenRow:
    """The record that stands for this one: itself, or what it was merged into. Raises `NotFound`."""
    found = await citizen(uow, citizen_id)
    for _ in range(LONGEST_CHAIN):
        if found.merged_into_id is None:
            return found
        found = await citizen(uow, found.merged_into_id)
    raise NotFound("These records were merged in a circle.")


async def family_of(uow: UnitOfWork, citizen_id: str) -> list[str]:
    """The kept record's id first, then those of all that were merged into it, directly or not."""
    ids = [(await kept(uow, citizen_id)).id]
    fresh: Sequence[str] = ids
    while fresh:
        fresh = (await uow.session.scalars(select(CitizenRow.id).where(CitizenRow.merged_into_id.in_(fresh)))).all()
        ids = [*ids, *(found for found in fresh if found not in ids)]
    return ids


async def citizens(uow: UnitOfWork, citizen_ids: Collection[str]) -> dict[str, CitizenRow]:
    """Records by id, of those that the access may see."""
    if not citizen_ids:
        return {}
    rows = await uow.session.scalars(select(CitizenRow).where(CitizenRow.id.in_(citizen_ids)))
    return {row.id: row for row in rows}


async def seen_address(uow: UnitOfWork, kind: str, value: str, *, sealed: bool) -> AddressRow | None:
    """The address that a citizen really wrote or called from."""
    found: AddressRow | None = await uow.session.scalar(
        select(AddressRow).where(
            AddressRow.kind == kind,
            AddressRow.value == value,
            AddressRow.sealed.is_(sealed),
            AddressRow.stated.is_(False),
            AddressRow.shared.is_(False),
        )
    )
    return found


async def is_shared(uow: UnitOfWork, kind: str, value: str, *, sealed: bool) -> bool:
    """Whether somebody said that several people use this address."""
    query = select(AddressRow.id).where(AddressRow.kind == kind, AddressRow.value == value, AddressRow.shared.is_(True))
    return await uow.session.scalar(query.where(AddressRow.sealed.is_(sealed)).limit(1)) is not None


async def shared_with(uow: UnitOfWork, row: AddressRow) -> list[AddressRow]:
    """Other records' rows of the same shared address."""
    same = (AddressRow.kind == row.kind, AddressRow.value == row.value, AddressRow.sealed.is_(row.sealed))
    query = select(AddressRow).where(*same, AddressRow.shared.is_(True), AddressRow.citizen_id != row.citizen_id)
    return list(await uow.session.scalars(query))


async def address(uow: UnitOfWork, address_id: str) -> AddressRow | None:
    return await uow.session.scalar(select(AddressRow).where(AddressRow.id == address_id))


async def stated_address(uow: UnitOfWork, kind: str, value: str, name: str, *, sealed: bool) -> AddressRow | None:
    """The first address that a citizen of this name typed in without being seen there, or shares with others."""
    found: AddressRow | None = await uow.session.scalar(
        select(AddressRow)
        .join(CitizenRow, CitizenRow.id == AddressRow.citizen_id)
        .where(
            AddressRow.kind == kind,
            AddressRow.value == value,
            AddressRow.sealed.is_(sealed),
            or_(AddressRow.stated.is_(True), AddressRow.shared.is_(True)),
            CitizenRow.name == name,
        )
        .order_by(AddressRow.id)
        .limit(1)
    )
    return found


async def addresses_of(uow: UnitOfWork, citizen_id: str) -> list[AddressRow]:
    """Where the citizen can be reached, oldest first; those of merged records lie with the kept one."""
    holder = await kept(uow, citizen_id)
    found = await uow.session.scalars(
        select(AddressRow).where(AddressRow.citizen_id == holder.id).order_by(AddressRow.created_at, AddressRow.id)
    )
    return list(found)


async def merge_history(uow: UnitOfWork, citizen_ids: Collection[str]) -> list[MergeRow]:
    """Every merge that these records took part in, undone or not, newest first."""
    took_part = or_(MergeRow.kept_id.in_(citizen_ids), MergeRow.merged_id.in_(citizen_ids))
    return list(await uow.session.scalars(select(MergeRow).where(took_part).order_by(MergeRow.merged_at.desc())))


async def split_history(uow: UnitOfWork, citizen_ids: Collection[str]) -> list[SplitRow]:
    """Every split that these records took part in, undone or not, newest first."""
    took_part = or_(SplitRow.from_id.in_(citizen_ids), SplitRow.new_id.in_(citizen_ids))
    return list(await uow.session.scalars(select(SplitRow).where(took_part).order_by(SplitRow.split_at.desc())))


async def merges_into(uow: UnitOfWork, citizen_ids: Collection[str]) -> list[MergeRow]:
    """Merges into these records that stand, newest first."""
    found = await uow.session.scalars(
        select(MergeRow)
        .where(MergeRow.kept_id.in_(citizen_ids), MergeRow.undone_at.is_(None))
        .order_by(MergeRow.merged_at.desc())
    )
    return list(found)


async def dismissed(uow: UnitOfWork, citizen_id: str) -> set[str]:
    """Whom somebody said this is not."""
    found = await uow.session.scalars(
        select(DismissedMatchRow).where(
            or_(DismissedMatchRow.one_id == citizen_id, DismissedMatchRow.other_id == citizen_id)
        )
    )
    return {row.other_id if row.one_id == citizen_id else row.one_id for row in found}
