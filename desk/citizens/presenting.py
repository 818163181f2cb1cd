"""Parts of the citizen card: what the citizen does not want, and who speaks for whom."""

from desk.citizens.opening import is_open
from desk.schemas.identity import DoNotContactView, RepresentativeView
from kit.unit_of_work import UnitOfWork
from records.citizens import do_not_contact as wishes
from records.citizens import masking, representatives, store
from records.citizens.tables import CitizenRow, RepresentativeRow
from records.staff import store as staff


async def forbidden(uow: UnitOfWork, family: list[str]) -> list[DoNotContactView]:
    rows = await wishes.of(uow, family)
    names = await staff.names_of(uow, {row.set_by_id for row in rows})
    return [
        DoNotContactView(
            channel=row.channel, reason=row.reason, set_by=names.get(row.set_by_id or ""), set_at=row.set_at
        )
        for row in rows
    ]


async def spokesmen(uow: UnitOfWork, row: CitizenRow, family: list[str]) -> list[RepresentativeView]:
    """Of an enterprise the people, of a person the enterprises; without confidential records that were not opened."""
    if row.kind == representatives.ENTERPRISE:
        found = [(one, one.person_id) for one in await representatives.of_enterprise(uow, family)]
    else:
        found = [(one, one.enterprise_id) for one in await representatives.of_person(uow, family)]
    views = [await _spokesman(uow, one, other_id) for one, other_id in found]
    return [view for view in views if view is not None]


async def _spokesman(uow: UnitOfWork, row: RepresentativeRow, other_id: str) -> RepresentativeView | None:
    other = await store.kept(uow, other_id)
    if not await is_open(uow, other):
        return None
    is_firm = other.kind == representatives.ENTERPRISE
    return RepresentativeView(
        citizen_id=other.id,
        name=other.name if is_firm else masking.mask_name(other.name),
        credit_code=masking.mask_code(other.credit_code) if other.credit_code else None,
        role=row.role,
        added_at=row.added_at,
    )
