"""Telegram bots: list, add, change, remove, try."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from desk.access import Actor, Reading, Writing, require, services_of
from desk.bots import service
from desk.schemas.administration import CheckView
from desk.schemas.bots import BotInput, BotView
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk/bots", tags=["bots"])

Keeper = Annotated[Actor, Depends(require(Permission.CHANNELS_WRITE))]


@routes.get("")
async def list_bots(who: Keeper, uow: Reading) -> list[BotView]:
    return await service.listed(uow)


@routes.post("", status_code=201)
async def create_bot(who: Keeper, uow: Writing, request: Request, body: BotInput) -> BotView:
    bag = services_of(request)
    return await service.create(uow, bag.secret_box, bag.waker, body)


@routes.patch("/{bot_id}")
async def change_bot(who: Keeper, uow: Writing, request: Request, bot_id: str, body: BotInput) -> BotView:
    bag = services_of(request)
    return await service.change(uow, bag.secret_box, bag.waker, bot_id, body)


@routes.delete("/{bot_id}", status_code=204)
async def remove_bot(who: Keeper, uow: Writing, request: Request, bot_id: str) -> None:
    await service.remove(uow, services_of(request).waker, bot_id)


@routes.post("/{bot_id}/check")
async def check_bot(who: Keeper, request: Request, bot_id: str) -> CheckView:
    return await service.check(services_of(request).telegram, who, bot_id)
