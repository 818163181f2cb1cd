"""The directory of departments: who is in charge of what, when, and how to reach them."""

from typing import Any

from sqlalchemy import func, select

from kit.errors import Conflict, NotFound
from kit.unit_of_work import UnitOfWork
from records.staff.tables import AccountRow, DepartmentRow


async def one(uow: UnitOfWork, department_id: str, *, based_on: int | None = None) -> DepartmentRow:
    """Locked for a change with `based_on`.

    Raises `NotFound`, `Conflict` code `department_changed` when it has another version by now.
    """
    query = select(DepartmentRow).where(DepartmentRow.id == department_id)
    row: DepartmentRow | None = await uow.session.scalar(query if based_on is None else query.with_for_update())
    if row is None:
        raise NotFound("There is no such department.", code="unknown_department")
    if based_on is not None and row.version != based_on:
        raise Conflict("Somebody changed this department meanwhile.", code="department_changed")
    return row


async def create(uow: UnitOfWork, values: dict[str, Any]) -> DepartmentRow:
    """The last of the list. `values`: columns."""
    last = await uow.session.scalar(select(func.max(DepartmentRow.position)))
    row = DepartmentRow(**values, position=0 if last is None else last + 1)
    uow.session.add(row)
    await uow.session.flush()
    return row


async def change(uow: UnitOfWork, department_id: str, based_on: int, values: dict[str, Any]) -> list[str]:
    """The columns that were changed. Raises what `one` raises."""
    row = await one(uow, department_id, based_on=based_on)
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    row.version += bool(changed)
    await uow.session.flush()
    return changed


async def remove(uow: UnitOfWork, department_id: str, based_on: int) -> None:
    """Raises what `one` raises, `Conflict` code `department_in_use` while accounts belong to it."""
    row = await one(uow, department_id, based_on=based_on)
    if await uow.session.scalar(select(AccountRow.id).where(AccountRow.department_id == row.id).limit(1)):
        raise in_use()
    await uow.session.delete(row)
    await uow.session.flush()


def in_use() -> Conflict:
    return Conflict("Accounts or cases belong to this department.", code="department_in_use")
