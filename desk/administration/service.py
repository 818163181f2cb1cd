"""Accounts, roles and the audit trail, for administrators."""

from sqlalchemy import select

from desk.access import Actor
from desk.schemas.administration import AccountChange, AccountCreated, AccountInput, AuditView, RolesView, RoleView
from desk.schemas.session import AccountView
from desk.session.service import account_view
from kit.unit_of_work import Database, UnitOfWork
from records.staff import audit, passwords, service, store
from records.staff.permissions import Permission
from records.staff.service import AccountEdit, NewAccount
from router.service import Router
from router.tables import AgentRow


async def accounts(uow: UnitOfWork) -> list[AccountView]:
    rows = await store.accounts(uow)
    roles = await store.role_keys_of(uow, [row.id for row in rows])
    return [account_view(row, roles[row.id]) for row in rows]


async def create_account(database: Database, router: Router, who: Actor, body: AccountInput) -> AccountCreated:
    """The one-time password is in the answer only and must be changed at the first login."""
    password = passwords.one_time_password()
    password_hash = await passwords.hash_password(password)
    async with database.unit_of_work(who.access) as uow:
        row = await service.create_account(
            uow, NewAccount(password_hash=password_hash, **body.model_dump(exclude={"is_agent"}))
        )
        if body.is_agent:
            await router.register_agent(uow, row.id)
    return AccountCreated(account=account_view(row, body.roles), password=password)


async def change_account(
    database: Database, router: Router, who: Actor, account_id: str, body: AccountChange
) -> AccountCreated:
    """Change, disable or enable an account, or give it a new one-time password. A disabled agent is logged out: their
    contacts go back to the queue.
    """
    password = passwords.one_time_password() if body.reset_password else None
    edit = AccountEdit(
        password_hash=await passwords.hash_password(password) if password else None,
        **body.model_dump(exclude={"reset_password"}),
    )
    async with database.unit_of_work(who.access) as uow:
        row = await service.change_account(uow, account_id, edit)
        roles = await store.role_keys_of(uow, [row.id])
        is_agent = await uow.session.scalar(select(AgentRow.id).where(AgentRow.id == row.id)) is not None
    if body.disabled and is_agent:
        await router.force_logout(row.workspace_id, row.id, by=who.account_id)
    return AccountCreated(account=account_view(row, roles[row.id]), password=password)


async def roles(uow: UnitOfWork) -> RolesView:
    """The permission matrix."""
    rows = await store.roles(uow)
    return RolesView(
        permissions=[str(permission) for permission in Permission],
        roles=[RoleView(key=row.key, permissions=row.permissions) for row in rows],
    )


async def change_role(uow: UnitOfWork, who: Actor, key: str, permissions: list[str]) -> RolesView:
    held = await store.role_keys_of(uow, [who.account_id])
    await service.change_role(uow, key, permissions, holds=key in held[who.account_id])
    return await roles(uow)


async def audit_rows(uow: UnitOfWork, query: str) -> list[AuditView]:
    """The newest two hundred; those about sealed records only for those who may see sealed ones."""
    rows = await audit.latest(uow, query.strip())
    names = await store.names_of(uow, {row.actor_id for row in rows})
    return [
        AuditView(
            id=row.id,
            at=row.at,
            actor_name=names.get(row.actor_id or ""),
            action=row.action,
            entity=row.entity,
            entity_id=row.entity_id,
            reason=row.reason,
            detail=row.detail,
        )
        for row in rows
    ]
