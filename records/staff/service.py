"""Accounts and roles: made, changed, disabled, always audited. Nobody gives rights to themselves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kit.errors import Conflict, Forbidden, Invalid
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.staff import audit, sessions, store
from records.staff.permissions import DEFAULT_ROLES, Permission
from records.staff.tables import AccountRoleRow, AccountRow, DepartmentRow, RoleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """`password_hash` is that of a one-time password: the account must choose its own at first."""

    login: str
    display_name: str
    staff_number: str
    language: str
    department_id: str | None
    roles: Sequence[str]
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEdit:
    """What is None stays as it is. `password_hash` is that of a new one-time password."""

    display_name: str | None = None
    department_id: str | None = None
    language: str | None = None
    roles: Sequence[str] | None = None
    disabled: bool | None = None
    password_hash: str | None = None


async def create_account(uow: UnitOfWork, new: NewAccount) -> AccountRow:
    """Raises `Conflict` for a login or staff number in use, `Invalid` for an unknown role or department."""
    await _require_department(uow, new.department_id)
    row = AccountRow(
        id=new_id(),
        login=new.login,
        display_name=new.display_name,
        staff_number=new.staff_number,
        password_hash=new.password_hash,
        must_change_password=True,
        disabled=False,
        language=new.language,
        department_id=new.department_id,
        created_at=uow.now,
        version=1,
    )
    uow.session.add(row)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        raise Conflict("This login or staff number is in use.", code="login_taken") from error
    await store.set_roles(uow, row.id, await _role_ids(uow, new.roles))
    audit.record(uow, "account.created", "account", row.id, detail={"roles": list(new.roles)})
    return row


async def change_account(uow: UnitOfWork, account_id: str, edit: AccountEdit) -> AccountRow:
    """Change an account. Disabling it or giving it a new password ends its sessions.

    Raises `Forbidden` (code `own_rights`) for one's own roles or disabling oneself, `Conflict` (code
    `last_administrator`) when nobody could manage accounts afterwards.
    """
    row = await store.account(uow, account_id)
    if account_id == uow.access.actor_id and (edit.roles is not None or edit.disabled):
        raise Forbidden("Your own rights are changed by somebody else.", code="own_rights")
    await _require_department(uow, edit.department_id)
    for name in ("display_name", "department_id", "language", "disabled", "password_hash"):
        value = getattr(edit, name)
        if value is not None:
            setattr(row, name, value)
    if edit.password_hash is not None:
        row.must_change_password = True
    if edit.roles is not None:
        await store.set_roles(uow, row.id, await _role_ids(uow, edit.roles))
    row.version += 1
    await uow.session.flush()
    await _require_administrator(uow)
    if edit.disabled or edit.password_hash is not None:
        await sessions.revoke_all(uow, row.id)
    audit.record(uow, "account.changed", "account", row.id, detail=_told(edit))
    return row


async def set_own_password(uow: UnitOfWork, account_id: str, password_hash: str, session_id: str) -> None:
    """The account chose a password; all its other sessions end."""
    row = await store.account(uow, account_id)
    row.password_hash = password_hash
    row.must_change_password = False
    row.version += 1
    await sessions.revoke_all(uow, account_id, but=session_id)
    audit.record(uow, "password.changed", "account", account_id)


async def create_default_roles(uow: UnitOfWork) -> None:
    """The roles that a workspace begins with."""
    uow.session.add_all(
        RoleRow(key=key, permissions=sorted(permissions), position=position)
        for position, (key, permissions) in enumerate(DEFAULT_ROLES.items())
    )
    await uow.session.flush()


async def change_role(uow: UnitOfWork, key: str, permissions: Collection[str], *, holds: bool) -> RoleRow:
    """Give a role exactly these permissions. `holds`: the one who changes it has this role.

    Raises `Invalid` for an unknown permission, `Forbidden` (code `own_rights`) for adding to a role one holds,
    `Conflict` (code `last_administrator`) when nobody could manage accounts afterwards.
    """
    unknown = set(permissions) - set(Permission)
    if unknown:
        raise Invalid("There is no such permission.", code="unknown_permission", unknown=sorted(unknown))
    row = await store.role(uow, key)
    before, after = set(row.permissions), set(permissions)
    if holds and after - before:
        raise Forbidden("Your own rights are changed by somebody else.", code="own_rights")
    row.permissions = sorted(after)
    await uow.session.flush()
    await _require_administrator(uow)
    detail = {"added": sorted(after - before), "removed": sorted(before - after)}
    audit.record(uow, "role.changed", "role", row.id, detail={"key": key, **detail})
    return row


async def _require_administrator(uow: UnitOfWork) -> None:
    held = await uow.session.scalars(
        select(RoleRow.permissions)
        .join(AccountRoleRow, AccountRoleRow.role_id == RoleRow.id)
        .join(AccountRow, AccountRow.id == AccountRoleRow.account_id)
        .where(AccountRow.disabled.is_(False))
    )
    if not any(Permission.ACCOUNTS_WRITE in permissions for permissions in held):
        raise Conflict("Somebody must be able to manage accounts.", code="last_administrator")


async def _require_department(uow: UnitOfWork, department_id: str | None) -> None:
    if department_id is None:
        return
    if await uow.session.scalar(select(DepartmentRow.id).where(DepartmentRow.id == department_id)) is None:
        raise Invalid("There is no such department.", code="unknown_department")


async def _role_ids(uow: UnitOfWork, keys: Sequence[str]) -> list[str]:
    by_key = {row.key: row.id for row in await store.roles(uow)}
    unknown = set(keys) - set(by_key)
    if unknown:
        raise Invalid("There is no such role.", code="unknown_role", unknown=sorted(unknown))
    return [by_key[key] for key in dict.fromkeys(keys)]


def _told(edit: AccountEdit) -> dict[str, object]:
    """What the audit row says of a change: names of fields, roles in full, no secret."""
    told: dict[str, object] = {
        "fields": [name for name in edit.__dataclass_fields__ if getattr(edit, name) is not None]
    }
    if edit.roles is not None:
        told["roles"] = list(edit.roles)
    return told
