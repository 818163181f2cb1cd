"""Mailboxes: list, add, change, remove, try, read now."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from desk.access import Actor, Reading, Writing, require, services_of
from desk.mailboxes import service
from desk.schemas.administration import CheckView, MailboxInput, MailboxView
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk/mailboxes", tags=["mailboxes"])

Keeper = Annotated[Actor, Depends(require(Permission.CHANNELS_WRITE))]


@routes.get("")
async def list_mailboxes(who: Keeper, uow: Reading) -> list[MailboxView]:
    return await service.listed(uow)


@routes.post("", status_code=201)
async def create_mailbox(who: Keeper, uow: Writing, request: Request, body: MailboxInput) -> MailboxView:
    bag = services_of(request)
    return await service.create(uow, bag.secret_box, bag.waker, body)


@routes.patch("/{mailbox_id}")
async def change_mailbox(
    who: Keeper, uow: Writing, request: Request, mailbox_id: str, body: MailboxInput
) -> MailboxView:
    bag = services_of(request)
    return await service.change(uow, bag.secret_box, bag.waker, mailbox_id, body)


@routes.delete("/{mailbox_id}", status_code=204)
async def remove_mailbox(who: Keeper, uow: Writing, request: Request, mailbox_id: str) -> None:
    await service.remove(uow, services_of(request).waker, mailbox_id)


@routes.post("/{mailbox_id}/check")
async def check_mailbox(who: Keeper, request: Request, mailbox_id: str) -> CheckView:
    return await service.check(services_of(request).mail, who, mailbox_id)


@routes.post("/{mailbox_id}/fetch", status_code=204)
async def fetch_mailbox(who: Keeper, uow: Writing, request: Request, mailbox_id: str) -> None:
    await service.fetch(uow, services_of(request).waker, mailbox_id)
