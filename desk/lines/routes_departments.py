"""The directory of departments: read by agents, kept by supervisors and those who look after channels."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from desk.access import Actor, Reading, Writing, require
from desk.lines import departments
from desk.schemas.departments import DepartmentInput, DirectoryEntryView
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["departments"])

Keeper = Annotated[Actor, Depends(require(Permission.AGENTS_SUPERVISE, Permission.CHANNELS_WRITE))]
Reader = Annotated[
    Actor, Depends(require(Permission.CONTACTS_HANDLE, Permission.AGENTS_SUPERVISE, Permission.CHANNELS_WRITE))
]


@routes.get("/departments")
async def list_departments(who: Reader, uow: Reading) -> list[DirectoryEntryView]:
    """With whether each is open now."""
    return await departments.directory(uow)


@routes.post("/departments", status_code=201)
async def create_department(who: Keeper, uow: Writing, body: DepartmentInput) -> DirectoryEntryView:
    return await departments.create(uow, body)


@routes.put("/departments/{department_id}")
async def change_department(who: Keeper, uow: Writing, department_id: str, body: DepartmentInput) -> DirectoryEntryView:
    return await departments.change(uow, department_id, body)


@routes.delete("/departments/{department_id}", status_code=204)
async def remove_department(
    who: Keeper, uow: Writing, department_id: str, based_on: Annotated[int, Query(ge=1)]
) -> None:
    await departments.remove(uow, department_id, based_on)
