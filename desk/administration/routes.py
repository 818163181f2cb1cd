"""Accounts, the permission matrix and the audit trail."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from desk.access import Actor, Reading, Writing, require, services_of
from desk.administration import service
from desk.schemas.administration import (
    AccountChange,
    AccountCreated,
    AccountInput,
    AuditView,
    RoleInput,
    RolesView,
)
from desk.schemas.session import AccountView
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["administration"])

Administrator = Annotated[Actor, Depends(require(Permission.ACCOUNTS_WRITE))]
Auditor = Annotated[Actor, Depends(require(Permission.AUDIT_READ))]


@routes.get("/accounts")
async def list_accounts(who: Administrator, uow: Reading) -> list[AccountView]:
    return await service.accounts(uow)


@routes.post("/accounts", status_code=201)
async def create_account(who: Administrator, request: Request, body: AccountInput) -> AccountCreated:
    bag = services_of(request)
    return await service.create_account(bag.database, bag.router, who, body)


@routes.patch("/accounts/{account_id}")
async def change_account(who: Administrator, request: Request, account_id: str, body: AccountChange) -> AccountCreated:
    bag = services_of(request)
    return await service.change_account(bag.database, bag.router, who, account_id, body)


@routes.get("/roles")
async def list_roles(who: Administrator, uow: Reading) -> RolesView:
    return await service.roles(uow)


@routes.put("/roles/{key}")
async def change_role(who: Administrator, uow: Writing, key: str, body: RoleInput) -> RolesView:
    return await service.change_role(uow, who, key, body.permissions)


@routes.get("/audit")
async def list_audit(who: Auditor, uow: Reading, q: Annotated[str, Query(max_length=100)] = "") -> list[AuditView]:
    return await service.audit_rows(uow, q)
