"""Trunks and phones: list, add, change, remove; a phone's secret is told once, and renewed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from desk.access import Actor, Reading, Writing, require, services_of
from desk.lines import service
from desk.schemas.lines import HousePhoneView, PhoneInput, PhoneSecretView, TrunkInput, TrunkView
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["lines"])

Keeper = Annotated[Actor, Depends(require(Permission.CHANNELS_WRITE))]


@routes.get("/trunks")
async def list_trunks(who: Keeper, uow: Reading) -> list[TrunkView]:
    return await service.trunks(uow)


@routes.post("/trunks", status_code=201)
async def create_trunk(who: Keeper, uow: Writing, request: Request, body: TrunkInput) -> TrunkView:
    bag = services_of(request)
    return await service.create_trunk(uow, bag.secret_box, bag.waker, body)


@routes.put("/trunks/{trunk_id}")
async def change_trunk(who: Keeper, uow: Writing, request: Request, trunk_id: str, body: TrunkInput) -> TrunkView:
    bag = services_of(request)
    return await service.change_trunk(uow, bag.secret_box, bag.waker, trunk_id, body)


@routes.delete("/trunks/{trunk_id}", status_code=204)
async def remove_trunk(who: Keeper, uow: Writing, request: Request, trunk_id: str) -> None:
    await service.remove_trunk(uow, services_of(request).waker, trunk_id)


@routes.get("/phones")
async def list_phones(who: Keeper, uow: Reading) -> list[HousePhoneView]:
    return await service.phones(uow)


@routes.post("/phones", status_code=201)
async def create_phone(who: Keeper, uow: Writing, request: Request, body: PhoneInput) -> PhoneSecretView:
    bag = services_of(request)
    return await service.create_phone(uow, bag.secret_box, bag.waker, body)


@routes.post("/phones/{phone_id}/secret")
async def renew_phone_secret(who: Keeper, uow: Writing, request: Request, phone_id: str) -> PhoneSecretView:
    bag = services_of(request)
    return await service.renew_secret(uow, bag.secret_box, bag.waker, phone_id)


@routes.delete("/phones/{phone_id}", status_code=204)
async def remove_phone(who: Keeper, uow: Writing, request: Request, phone_id: str) -> None:
    await service.remove_phone(uow, services_of(request).waker, phone_id)
