"""Who speaks for an enterprise. An enterprise is known by its unified social credit code; several may speak for it."""

from collections.abc import Collection

from sqlalchemy import delete, select

from kit.errors import Invalid
from kit.unit_of_work import UnitOfWork
from records.citizens import store
from records.citizens.service import MAX_NAME_CHARS, clean_credit_code, make_findable, new_record
from records.citizens.tables import CitizenRow, RepresentativeRow

ENTERPRISE = "enterprise"


async def enterprise(uow: UnitOfWork, credit_code: str, name: str, *, sealed: bool = False) -> CitizenRow:
    """The enterprise of this code, or a new record of it. Raises `Invalid` (code `credit_code`) for a wrong code.

    A confidential record is only ever found for a confidential matter, and an ordinary one for an ordinary matter.
    """
    code = clean_credit_code(credit_code)
    if code is None:
        raise Invalid("An enterprise is known by its credit code.", code="credit_code")
    known = await uow.session.scalar(
        select(CitizenRow)
        .where(CitizenRow.kind == ENTERPRISE, CitizenRow.credit_code == code, CitizenRow.sealed.is_(sealed))
        .order_by(CitizenRow.id)
        .limit(1)
    )
    if known is not None:
        return await store.kept(uow, known.id)
    row = new_record(uow, kind=ENTERPRISE, name=name.strip()[:MAX_NAME_CHARS], sealed=sealed)
    row.credit_code = code
    await make_findable(uow, row)
    return row


async def add(uow: UnitOfWork, enterprise_id: str, person_id: str, role: str, *, by: str) -> RepresentativeRow:
    """Say that a person speaks for an enterprise; again only changes the role.

    Raises `Invalid` (code `not_an_enterprise`, `not_a_person`, `sealed_mix`).
    """
    firm, person = await store.kept(uow, enterprise_id), await store.kept(uow, person_id)
    if firm.kind != ENTERPRISE:
        raise Invalid("Only an enterprise has representatives.", code="not_an_enterprise")
    if person.kind == ENTERPRISE:
        raise Invalid("Only a person can represent an enterprise.", code="not_a_person")
    if firm.sealed != person.sealed:
        raise Invalid("A confidential record is joined with confidential ones only.", code="sealed_mix")
    row = await uow.session.scalar(
        select(RepresentativeRow).where(
            RepresentativeRow.enterprise_id == firm.id, RepresentativeRow.person_id == person.id
        )
    )
    if row is None:
        row = RepresentativeRow(
            enterprise_id=firm.id, person_id=person.id, added_by_id=by, added_at=uow.now, sealed=person.sealed
        )
        uow.session.add(row)
    row.role = role.strip()
    firm.version += 1
    person.version += 1
    await uow.session.flush()
    return row


async def remove(uow: UnitOfWork, enterprise_id: str, person_id: str) -> None:
    """The person speaks for it no more. Harmless when they did not."""
    firms, people = await store.family_of(uow, enterprise_id), await store.family_of(uow, person_id)
    await uow.session.execute(
        delete(RepresentativeRow).where(
            RepresentativeRow.enterprise_id.in_(firms), RepresentativeRow.person_id.in_(people)
        )
    )


async def of_enterprise(uow: UnitOfWork, family: Collection[str]) -> list[RepresentativeRow]:
    """Who speaks for these records, longest first."""
    query = select(RepresentativeRow).where(RepresentativeRow.enterprise_id.in_(family))
    return list(await uow.session.scalars(query.order_by(RepresentativeRow.added_at, RepresentativeRow.id)))


async def of_person(uow: UnitOfWork, family: Collection[str]) -> list[RepresentativeRow]:
    """For whom these records speak, longest first."""
    query = select(RepresentativeRow).where(RepresentativeRow.person_id.in_(family))
    return list(await uow.session.scalars(query.order_by(RepresentativeRow.added_at, RepresentativeRow.id)))
