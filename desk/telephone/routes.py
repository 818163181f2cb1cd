"""Flows and items: draft, look through, publish, roll back; write."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from desk.access import Actor, Reading, Writing, require
from desk.schemas.telephone import (
    FlowDetailView,
    FlowInput,
    FlowPublishInput,
    FlowVersionView,
    FlowView,
    KnowledgeItemInput,
    KnowledgeItemView,
    PathCountView,
)
from desk.telephone import service
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk/telephone", tags=["telephone"])

Keeper = Annotated[Actor, Depends(require(Permission.CHANNELS_WRITE))]
KEY, LANGUAGE = r"^[a-z][a-z0-9_]{0,39}$", r"^[a-z]{2}(-[A-Z]{2})?$"
Key = Annotated[str, Path(pattern=KEY)]
Language = Annotated[str, Path(pattern=LANGUAGE)]


@routes.get("/flows")
async def list_flows(who: Keeper, uow: Reading) -> list[FlowView]:
    return await service.flow_list(uow)


@routes.get("/flows/{key}")
async def read_flow(who: Keeper, uow: Reading, key: Key) -> FlowDetailView:
    return await service.flow(uow, key)


@routes.put("/flows/{key}")
async def save_flow(who: Keeper, uow: Writing, key: Key, body: FlowInput) -> FlowDetailView:
    return await service.save_flow(uow, key, body)


@routes.post("/flows/{key}/publish")
async def publish_flow(who: Keeper, uow: Writing, key: Key, body: FlowPublishInput) -> FlowView:
    return await service.publish_flow(uow, key, body.note)


@routes.get("/flows/{key}/versions")
async def list_flow_versions(who: Keeper, uow: Reading, key: Key) -> list[FlowVersionView]:
    return await service.flow_versions(uow, key)


@routes.post("/flows/{key}/versions/{number}/restore")
async def restore_flow(who: Keeper, uow: Writing, key: Key, number: int) -> FlowView:
    return await service.roll_back_flow(uow, key, number)


@routes.get("/flows/{key}/counts")
async def count_paths(who: Keeper, uow: Reading, key: Key) -> Sequence[PathCountView]:
    return await service.path_counts(uow, key)


@routes.get("/items")
async def list_items(who: Keeper, uow: Reading) -> list[KnowledgeItemView]:
    return await service.item_list(uow)


@routes.put("/items/{key}/{language}")
async def save_item(
    who: Keeper, uow: Writing, key: Key, language: Language, body: KnowledgeItemInput
) -> KnowledgeItemView:
    return await service.save_item(uow, key, language, body)


@routes.get("/polls/{poll}/{question}")
async def read_tally(who: Keeper, uow: Reading, poll: Key, question: int) -> dict[str, int]:
    return await service.tally(uow, poll, question)
