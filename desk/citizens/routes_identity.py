"""Wishes, representatives, shared addresses, splits and their history, blocked addresses."""

from typing import Annotated

from fastapi import APIRouter, Depends

from desk.access import Actor, Reading, Writing, require
from desk.citizens import blocking, record_history, wishes
from desk.schemas.citizens import CitizenView
from desk.schemas.identity import (
    AddressInput,
    BlockedView,
    BlockInput,
    DoNotContactInput,
    RecordChange,
    RepresentsInput,
    SplitInput,
)
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["citizens"])

Reader = Annotated[Actor, Depends(require(Permission.CITIZENS_READ))]
Editor = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE, Permission.CITIZENS_MERGE))]
Merger = Annotated[Actor, Depends(require(Permission.CITIZENS_MERGE))]
Blocker = Annotated[Actor, Depends(require(Permission.QUARANTINE))]


@routes.put("/citizens/{citizen_id}/do-not-contact")
async def set_do_not_contact(who: Editor, uow: Writing, citizen_id: str, body: DoNotContactInput) -> CitizenView:
    return await wishes.forbid(uow, who, citizen_id, body)


@routes.post("/citizens/{citizen_id}/represents")
async def add_represented(who: Editor, uow: Writing, citizen_id: str, body: RepresentsInput) -> CitizenView:
    return await wishes.represent(uow, who, citizen_id, body)


@routes.delete("/citizens/{citizen_id}/represents/{other_id}")
async def remove_represented(who: Editor, uow: Writing, citizen_id: str, other_id: str) -> CitizenView:
    return await wishes.part(uow, who, citizen_id, other_id)


@routes.patch("/citizens/{citizen_id}/addresses/{address_id}")
async def share_address(who: Merger, uow: Writing, citizen_id: str, address_id: str, body: AddressInput) -> CitizenView:
    return await wishes.share(uow, who, citizen_id, address_id, shared=body.shared)


@routes.post("/citizens/{citizen_id}/split")
async def split_citizen(who: Merger, uow: Writing, citizen_id: str, body: SplitInput) -> CitizenView:
    return await record_history.split(uow, who, citizen_id, body)


@routes.post("/splits/{split_id}/undo", status_code=204)
async def undo_split(who: Merger, uow: Writing, split_id: str) -> None:
    await record_history.undo_split(uow, who, split_id)


@routes.get("/citizens/{citizen_id}/record-history")
async def read_record_history(who: Reader, uow: Reading, citizen_id: str) -> list[RecordChange]:
    return await record_history.history(uow, who, citizen_id)


@routes.get("/blocked-addresses")
async def list_blocked(who: Blocker, uow: Reading) -> list[BlockedView]:
    return await blocking.blocked(uow)


@routes.post("/blocked-addresses", status_code=201)
async def block_address(who: Blocker, uow: Writing, body: BlockInput) -> BlockedView:
    return await blocking.block(uow, who, body)


@routes.delete("/blocked-addresses/{blocked_id}", status_code=204)
async def unblock_address(who: Blocker, uow: Writing, blocked_id: str) -> None:
    await blocking.unblock(uow, blocked_id)
