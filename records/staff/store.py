"""Queries over workspaces, accounts, roles and departments."""

from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from kit.errors import NotFound
from kit.unit_of_work import UnitOfWork
from records.staff.tables import AccountRoleRow, AccountRow, DepartmentRow, RoleRow, WorkspaceRow


async def first_workspace(uow: UnitOfWork) -> WorkspaceRow | None:
    """The workspace that this installation serves; None before the first start."""
    found: WorkspaceRow | None = await uow.session.scalar(select(WorkspaceRow).order_by(WorkspaceRow.id).limit(1))
    return found


async def workspace(uow: UnitOfWork) -> WorkspaceRow:
    """The workspace of the access."""
    found = await uow.session.get(WorkspaceRow, uow.workspace_id)
    if found is None:
        raise NotFound("There is no such workspace.")
    return found


async def zone(uow: UnitOfWork) -> ZoneInfo:
    """Of the workspace: its days and what people read are in it."""
    return ZoneInfo((await workspace(uow)).timezone)


async def account_by_login(uow: UnitOfWork, login: str) -> AccountRow | None:
    found: AccountRow | None = await uow.session.scalar(select(AccountRow).where(AccountRow.login == login))
    return found


async def account(uow: UnitOfWork, account_id: str) -> AccountRow:
    """Raises `NotFound`."""
    found: AccountRow | None = await uow.session.scalar(select(AccountRow).where(AccountRow.id == account_id))
    if found is None:
        raise NotFound("There is no such account.")
    return found


async def accounts(uow: UnitOfWork) -> list[AccountRow]:
    return list(await uow.session.scalars(select(AccountRow).order_by(AccountRow.staff_number)))


async def names_of(uow: UnitOfWork, account_ids: Iterable[str | None]) -> dict[str, str]:
    """Display names by account id, of those that exist."""
    wanted = {account_id for account_id in account_ids if account_id}
    if not wanted:
        return {}
    rows = await uow.session.execute(select(AccountRow.id, AccountRow.display_name).where(AccountRow.id.in_(wanted)))
    return dict(iter(rows))


async def role_keys_of(uow: UnitOfWork, account_ids: Collection[str]) -> dict[str, list[str]]:
    """The keys of each account's roles, in the order of the roles."""
    found: dict[str, list[str]] = {account_id: [] for account_id in account_ids}
    rows = await uow.session.execute(
        select(AccountRoleRow.account_id, RoleRow.key)
        .join(RoleRow, RoleRow.id == AccountRoleRow.role_id)
        .where(AccountRoleRow.account_id.in_(account_ids))
        .order_by(RoleRow.position)
    )
    for account_id, key in rows:
        found[account_id].append(key)
    return found


async def permissions_of(uow: UnitOfWork, account_id: str) -> frozenset[str]:
    """What the roles of the account allow together."""
    rows = await uow.session.scalars(
        select(RoleRow.permissions)
        .join(AccountRoleRow, AccountRoleRow.role_id == RoleRow.id)
        .where(AccountRoleRow.account_id == account_id)
    )
    return frozenset(permission for permissions in rows for permission in permissions)


async def roles(uow: UnitOfWork) -> list[RoleRow]:
    return list(await uow.session.scalars(select(RoleRow).order_by(RoleRow.position)))


async def role(uow: UnitOfWork, key: str) -> RoleRow:
    """Raises `NotFound`."""
    found: RoleRow | None = await uow.session.scalar(select(RoleRow).where(RoleRow.key == key))
    if found is None:
        raise NotFound("There is no such role.")
    return found


async def set_roles(uow: UnitOfWork, account_id: str, role_ids: Iterable[str]) -> None:
    """The account has exactly these roles from now on."""
    await uow.session.execute(delete(AccountRoleRow).where(AccountRoleRow.account_id == account_id))
    uow.session.add_all(AccountRoleRow(account_id=account_id, role_id=role_id) for role_id in role_ids)


async def departments(uow: UnitOfWork) -> list[DepartmentRow]:
    return list(await uow.session.scalars(select(DepartmentRow).order_by(DepartmentRow.position)))
