"""Queries over cases. What is sealed is not there for those without the right (kit.access)."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, case, select

from kit.errors import NotFound
from kit.unit_of_work import UnitOfWork
from records.cases.states import OPEN
from records.cases.tables import CaseContactRow, CaseEventRow, CaseRow, CaseStatus

LIST_LIMIT = 200
OPENED = "opened"


async def one(uow: UnitOfWork, case_id: str, *, for_update: bool = False) -> CaseRow:
    """Raises `NotFound`."""
    query = select(CaseRow).where(CaseRow.id == case_id)
    found: CaseRow | None = await uow.session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound("There is no such case.")
    return found


async def by_id(uow: UnitOfWork, case_ids: Collection[str]) -> list[CaseRow]:
    if not case_ids:
        return []
    return list(await uow.session.scalars(select(CaseRow).where(CaseRow.id.in_(case_ids))))


async def listed(uow: UnitOfWork, *conditions: ColumnElement[bool]) -> list[CaseRow]:
    """At most 200: those with the nearest deadline first, then the newest."""
    query = select(CaseRow).where(*conditions)
    query = query.order_by(case((CaseRow.due_on.is_(None), 1), else_=0), CaseRow.due_on, CaseRow.id.desc())
    return list(await uow.session.scalars(query.limit(LIST_LIMIT)))


async def open_of(uow: UnitOfWork, citizen_ids: Collection[str]) -> list[CaseRow]:
    """Cases of these citizens that have not ended."""
    if not citizen_ids:
        return []
    return await listed(uow, CaseRow.citizen_id.in_(citizen_ids), CaseRow.status.in_(OPEN))


async def contact_ids(uow: UnitOfWork, case_id: str) -> list[str]:
    """The contacts that belong to a case, the one that opened it first."""
    found = await uow.session.scalars(
        select(CaseContactRow.contact_id).where(CaseContactRow.case_id == case_id).order_by(CaseContactRow.id)
    )
    return list(found)


async def opened_from(uow: UnitOfWork, contact_id: str, kind: str) -> list[CaseRow]:
    """Cases of `kind` that a contact opened."""
    opened = select(CaseContactRow.case_id).where(
        CaseContactRow.contact_id == contact_id, CaseContactRow.relation == OPENED
    )
    return list(await uow.session.scalars(select(CaseRow).where(CaseRow.kind == kind, CaseRow.id.in_(opened))))


async def openers(uow: UnitOfWork, case_id: str) -> list[str]:
    """The contacts that opened a case."""
    found = await uow.session.scalars(
        select(CaseContactRow.contact_id).where(CaseContactRow.case_id == case_id, CaseContactRow.relation == OPENED)
    )
    return list(found)


async def contacts_of(uow: UnitOfWork, case_ids: Collection[str]) -> dict[str, list[str]]:
    """Contact ids by case id."""
    found: dict[str, list[str]] = {case_id: [] for case_id in case_ids}
    if case_ids:
        rows = await uow.session.execute(
            select(CaseContactRow.case_id, CaseContactRow.contact_id).where(CaseContactRow.case_id.in_(case_ids))
        )
        for case_id, contact_id in rows:
            found[case_id].append(contact_id)
    return found


async def events(uow: UnitOfWork, case_id: str, *, public_only: bool = False) -> Sequence[CaseEventRow]:
    """The timeline, oldest first."""
    query = select(CaseEventRow).where(CaseEventRow.case_id == case_id)
    if public_only:
        query = query.where(CaseEventRow.public.is_(True))
    return (await uow.session.scalars(query.order_by(CaseEventRow.at, CaseEventRow.id))).all()


async def since_when(uow: UnitOfWork, row: CaseRow, status: CaseStatus) -> CaseEventRow | None:
    """The last event that brought the case into `status`."""
    for event in reversed(await events(uow, row.id)):
        if event.detail.get("status") == status:
            return event
    return None
