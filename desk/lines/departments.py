"""The directory of departments: kept by those who look after telephony, dialled by agents."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time

from sqlalchemy import select

from desk.access import Actor
from desk.inbox.service import say
from desk.schemas.departments import DepartmentInput, DirectoryEntryView
from kit.errors import Conflict
from kit.unit_of_work import UnitOfWork
from records.cases import service as cases
from records.cases import store as case_store
from records.cases.service import CaseEvent
from records.cases.tables import CaseRow
from records.staff import audit, departments
from records.staff import store as staff
from records.staff.tables import DepartmentRow
from router import store as routing
from router.hours import BUREAU, HOTLINE, Calendar
from router.tables import ContactRow

DEPARTMENT, DEPUTY = "department:", "deputy:"
COMPUTED = frozenset({"open_now", "changes_at"})


async def directory(uow: UnitOfWork) -> list[DirectoryEntryView]:
    calendars = await routing.calendars(uow)
    return [_view(uow, row, calendars) for row in await staff.departments(uow)]


async def create(uow: UnitOfWork, body: DepartmentInput) -> DirectoryEntryView:
    row = await departments.create(uow, body.model_dump(exclude={"based_on"}))
    audit.record(uow, "department.created", "department", row.id)
    return _view(uow, row, await routing.calendars(uow))


async def change(uow: UnitOfWork, department_id: str, body: DepartmentInput) -> DirectoryEntryView:
    """Raises `NotFound`, `Conflict` code `department_changed`."""
    values = body.model_dump(exclude={"based_on"})
    changed = await departments.change(uow, department_id, body.based_on, values)
    if changed:
        audit.record(uow, "department.changed", "department", department_id, detail={"fields": changed})
    return _view(uow, await departments.one(uow, department_id), await routing.calendars(uow))


async def remove(uow: UnitOfWork, department_id: str, based_on: int) -> None:
    """Raises `NotFound`, `Conflict` code `department_changed`, `department_in_use` while accounts or cases have it."""
    # Reports count, too: what they belong to stays.
    with uow.seeing_sealed():
        used = await uow.session.scalar(select(CaseRow.id).where(CaseRow.department_id == department_id).limit(1))
    if used is not None:
        raise departments.in_use()
    await departments.remove(uow, department_id, based_on)
    audit.record(uow, "department.removed", "department", department_id)


async def reached(uow: UnitOfWork, to: str) -> tuple[str, str]:
    """The number behind `department:<id>` or `deputy:<id>`, and who is reached there.

    Raises `NotFound`, `Conflict` code `no_number`.
    """
    kind, _, department_id = to.partition(":")
    row = await departments.one(uow, department_id)
    is_deputy = f"{kind}:" == DEPUTY
    number = row.deputy_number if is_deputy else row.number
    if not number:
        raise Conflict("The directory has no number there.", code="no_number")
    return number, f"{row.name}（{row.deputy}）" if is_deputy and row.deputy else row.name


async def log(uow: UnitOfWork, who: Actor, contact: ContactRow, what: CaseEvent, name: str) -> None:
    """Write into the contact's thread, and the case's timeline, that a department was called."""
    await say(uow, contact, what, {"department": name}, who)
    if contact.case_id is not None:
        with uow.seeing_sealed():
            await cases.note(uow, await case_store.one(uow, contact.case_id, for_update=True), what, text=name)


def is_department(to: str) -> bool:
    return to.startswith((DEPARTMENT, DEPUTY))


def _view(uow: UnitOfWork, row: DepartmentRow, calendars: Mapping[str, Calendar]) -> DirectoryEntryView:
    state = _calendar(row, calendars).open_state(uow.now)
    kept = {name: getattr(row, name) for name in DirectoryEntryView.model_fields if name not in COMPUTED}
    return DirectoryEntryView(**kept, open_now=state.open_now, changes_at=state.changes_at)


def _calendar(row: DepartmentRow, calendars: Mapping[str, Calendar]) -> Calendar:
    """The bureau's workdays and holidays, or every day; with hours of its own."""
    calendar = calendars[HOTLINE if row.every_day else BUREAU]
    if not row.opens:
        return calendar
    return replace(calendar, span=(time.fromisoformat(row.opens), time.fromisoformat(row.closes)))
