"""Beside the flows: the names that nodes may use, a draft thrown away, polls with their tallies."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from desk.access import Actor, Reading, Writing, require
from desk.schemas.telephone import FlowDetailView, FlowDiscardInput, FlowNamesView, PollView
from desk.telephone import editing, service
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk/telephone", tags=["telephone"])

Keeper = Annotated[Actor, Depends(require(Permission.CHANNELS_WRITE))]
Key = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


@routes.get("/flow-names")
async def list_flow_names(who: Keeper, uow: Reading) -> FlowNamesView:
    return await editing.names(uow)


@routes.post("/flows/{key}/discard")
async def discard_draft(who: Keeper, uow: Writing, key: Key, body: FlowDiscardInput) -> FlowDetailView:
    """The draft is the published version again."""
    return await service.discard_draft(uow, key, body.based_on)


@routes.get("/polls")
async def list_polls(who: Keeper, uow: Reading) -> list[PollView]:
    return await editing.polls(uow)
