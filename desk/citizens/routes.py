"""The citizen card: read, change, unmask, match, merge and take apart again."""

from typing import Annotated

from fastapi import APIRouter, Depends

from desk.access import Actor, Reading, Writing, require
from desk.citizens import service
from desk.schemas.citizens import (
    CitizenInput,
    CitizenView,
    MatchView,
    MergeInput,
    OtherInput,
    RevealInput,
    RevealView,
)
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["citizens"])

Reader = Annotated[Actor, Depends(require(Permission.CITIZENS_READ))]
Editor = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE, Permission.CITIZENS_MERGE))]
Revealer = Annotated[Actor, Depends(require(Permission.CITIZENS_REVEAL))]
Merger = Annotated[Actor, Depends(require(Permission.CITIZENS_MERGE))]


@routes.get("/citizens/{citizen_id}")
async def read_citizen(who: Reader, uow: Reading, citizen_id: str) -> CitizenView:
    return await service.view(uow, who, citizen_id)


@routes.patch("/citizens/{citizen_id}")
async def change_citizen(who: Editor, uow: Writing, citizen_id: str, body: CitizenInput) -> CitizenView:
    return await service.change(uow, who, citizen_id, body)


@routes.get("/citizens/{citizen_id}/matches")
async def list_matches(who: Reader, uow: Reading, citizen_id: str) -> list[MatchView]:
    return await service.matches(uow, who, citizen_id)


@routes.post("/citizens/{citizen_id}/reveal")
async def reveal(who: Revealer, uow: Writing, citizen_id: str, body: RevealInput) -> RevealView:
    return await service.reveal(uow, who, citizen_id, body.field, body.reason)


@routes.post("/citizens/{citizen_id}/merge")
async def merge(who: Merger, uow: Writing, citizen_id: str, body: MergeInput) -> CitizenView:
    return await service.merge(uow, who, citizen_id, body.other_id, body.reason, confirmed=body.confirmed)


@routes.post("/citizens/{citizen_id}/dismiss-match", status_code=204)
async def dismiss_match(who: Merger, uow: Writing, citizen_id: str, body: OtherInput) -> None:
    await service.dismiss_match(uow, who, citizen_id, body.other_id)


@routes.post("/merges/{merge_id}/undo", status_code=204)
async def undo_merge(who: Merger, uow: Writing, merge_id: str) -> None:
    await service.undo_merge(uow, who, merge_id)
