"""Text messages: accounts and templates to look after, and what the composer may write."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from desk.access import Actor, Reading, Writing, require, services_of
from desk.schemas.administration import CheckView
from desk.schemas.sms import (
    SmsAccountInput,
    SmsAccountView,
    SmsComposingView,
    SmsTemplateInput,
    SmsTemplateView,
)
from desk.sms import service
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk/sms", tags=["sms"])

Keeper = Annotated[Actor, Depends(require(Permission.CHANNELS_WRITE))]
Writer = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE))]


@routes.get("/accounts")
async def list_sms_accounts(who: Keeper, uow: Reading, request: Request) -> list[SmsAccountView]:
    return await service.listed(uow, services_of(request).sms)


@routes.post("/accounts", status_code=201)
async def create_sms_account(who: Keeper, uow: Writing, request: Request, body: SmsAccountInput) -> SmsAccountView:
    bag = services_of(request)
    return await service.create(uow, bag.sms, bag.secret_box, bag.waker, body)


@routes.patch("/accounts/{account_id}")
async def change_sms_account(
    who: Keeper, uow: Writing, request: Request, account_id: str, body: SmsAccountInput
) -> SmsAccountView:
    bag = services_of(request)
    return await service.change(uow, bag.sms, bag.secret_box, bag.waker, account_id, body)


@routes.delete("/accounts/{account_id}", status_code=204)
async def remove_sms_account(who: Keeper, uow: Writing, request: Request, account_id: str) -> None:
    await service.remove(uow, services_of(request).waker, account_id)


@routes.post("/accounts/{account_id}/check")
async def check_sms_account(who: Keeper, request: Request, account_id: str) -> CheckView:
    return await service.check(services_of(request).sms, who, account_id)


@routes.get("/accounts/{account_id}/templates")
async def list_sms_templates(who: Keeper, uow: Reading, account_id: str) -> list[SmsTemplateView]:
    return await service.templates(uow, account_id)


@routes.post("/accounts/{account_id}/templates", status_code=201)
async def create_sms_template(who: Keeper, uow: Writing, account_id: str, body: SmsTemplateInput) -> SmsTemplateView:
    return await service.create_template(uow, account_id, body)


@routes.patch("/templates/{template_id}")
async def change_sms_template(who: Keeper, uow: Writing, template_id: str, body: SmsTemplateInput) -> SmsTemplateView:
    return await service.change_template(uow, template_id, body)


@routes.delete("/templates/{template_id}", status_code=204)
async def remove_sms_template(who: Keeper, uow: Writing, template_id: str) -> None:
    await service.remove_template(uow, template_id)


@routes.get("/composing/{contact_id}")
async def compose_sms(who: Writer, uow: Reading, contact_id: str) -> SmsComposingView:
    return await service.composing(uow, who, contact_id)
