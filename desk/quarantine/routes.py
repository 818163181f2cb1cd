"""What could not be read: list, look, try again, turn into a contact, set aside."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from desk.access import Actor, Reading, Writing, require, services_of
from desk.quarantine import service
from desk.schemas.administration import QuarantineContactInput, QuarantineView, RawView
from desk.schemas.inbox import ReasonInput
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk/quarantine", tags=["quarantine"])

Keeper = Annotated[Actor, Depends(require(Permission.QUARANTINE))]


@routes.get("")
async def list_items(who: Keeper, uow: Reading, request: Request) -> list[QuarantineView]:
    return await service.listed(uow, services_of(request).blobs)


@routes.get("/{item_id}/raw")
async def read_raw(who: Keeper, request: Request, item_id: str) -> RawView:
    bag = services_of(request)
    return await service.raw(bag.database, bag.blobs, who, item_id)


@routes.post("/{item_id}/parse", status_code=204)
async def parse_again(who: Keeper, uow: Writing, request: Request, item_id: str) -> None:
    await service.parse_again(uow, services_of(request).waker, item_id)


@routes.post("/{item_id}/contact", status_code=204)
async def make_contact(who: Keeper, request: Request, item_id: str, body: QuarantineContactInput) -> None:
    bag = services_of(request)
    await service.make_contact(bag.database, bag.blobs, bag.arrivals, who, item_id, body)


@routes.post("/{item_id}/discard", status_code=204)
async def discard(who: Keeper, uow: Writing, item_id: str, body: ReasonInput) -> None:
    await service.discard(uow, item_id, body.reason)
