"""Signing in and out, and the password of one's own. Hashing happens between transactions, never inside one."""

from sqlalchemy import select

from desk.access import Actor
from desk.schemas.session import AccountView, OpenSessionView, SessionView, WorkspaceView
from kit.access import Access
from kit.errors import Invalid, Unauthenticated, Unavailable
from kit.unit_of_work import Database, UnitOfWork
from records.staff import audit, passwords, service, sessions, store, throttle
from records.staff.sessions import OpenedSession
from records.staff.tables import AccountRow
from router.tables import AgentRow


async def log_in(database: Database, login: str, password: str, *, source: str, user_agent: str) -> OpenedSession:
    """Open a session. An unknown login costs the same work as a wrong password.

    Raises `Unauthenticated` (code `wrong_login`), `TooMany` (code `too_many_logins`, `retry_after_s`), `Unavailable`
    before the first start.
    """
    login = login.strip().lower()
    access = Access(workspace_id=await _workspace_id(database))
    async with database.unit_of_work(access) as uow:
        await throttle.count_attempt(uow, login, source)
        account = await store.account_by_login(uow, login)
    known = account is not None and not account.disabled
    right = await passwords.matches(account.password_hash if account and known else passwords.UNKNOWN, password)
    if account is None or not known or not right:
        await _note_failure(database, access, account, source)
        raise Unauthenticated("Login or password is wrong.", code="wrong_login")
    async with database.unit_of_work(access) as uow:
        await throttle.forgive(uow, login, source)
        opened = sessions.open_session(uow, account.id, user_agent=user_agent, source=source)
        audit.record(uow, "session.opened", "account", account.id, actor_id=account.id, source=source)
    return opened


async def log_out(uow: UnitOfWork, who: Actor) -> None:
    await sessions.revoke(uow, who.account_id, who.session_id)
    audit.record(uow, "session.closed", "account", who.account_id)


async def change_password(database: Database, who: Actor, current: str, new: str, *, source: str) -> None:
    """Choose a password; every other session of the account ends.

    Raises `Invalid` (codes `wrong_password`, `same_password`, `weak_password`) and, after many tries, `TooMany`.
    """
    async with database.unit_of_work(who.access) as uow:
        account = await store.account(uow, who.account_id)
        await throttle.count_attempt(uow, account.login, source)
    if not await passwords.matches(account.password_hash, current):
        raise Invalid("The present password is another.", code="wrong_password")
    if new == current:
        raise Invalid("Choose another password than the present one.", code="same_password")
    passwords.require_strength(new, account.login)
    password_hash = await passwords.hash_password(new)
    async with database.unit_of_work(who.access) as uow:
        await throttle.forgive(uow, account.login, source)
        await service.set_own_password(uow, who.account_id, password_hash, who.session_id)


async def end_session(uow: UnitOfWork, who: Actor, session_id: str) -> None:
    """End one of one's own sessions, on this browser or another."""
    await sessions.revoke(uow, who.account_id, session_id)
    audit.record(uow, "session.revoked", "account", who.account_id)


async def session_view(uow: UnitOfWork, who: Actor) -> SessionView:
    account = await store.account(uow, who.account_id)
    workspace = await store.workspace(uow)
    roles = await store.role_keys_of(uow, [account.id])
    is_agent = await uow.session.scalar(select(AgentRow.id).where(AgentRow.id == account.id)) is not None
    return SessionView(
        account=account_view(account, roles[account.id]),
        permissions=sorted(who.permissions),
        workspace=WorkspaceView(
            id=workspace.id,
            name=workspace.name,
            name_en=workspace.name_en,
            short_name=workspace.short_name,
            timezone=workspace.timezone,
        ),
        csrf_token=who.csrf,
        is_agent=is_agent,
    )


async def open_sessions(uow: UnitOfWork, who: Actor) -> list[OpenSessionView]:
    return [
        OpenSessionView(
            id=row.id,
            user_agent=row.user_agent,
            source=row.source,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            current=row.id == who.session_id,
        )
        for row in await sessions.open_sessions(uow, who.account_id)
    ]


def account_view(row: AccountRow, roles: list[str]) -> AccountView:
    return AccountView(
        id=row.id,
        login=row.login,
        display_name=row.display_name,
        staff_number=row.staff_number,
        language=row.language,
        department_id=row.department_id,
        must_change_password=row.must_change_password,
        disabled=row.disabled,
        roles=roles,
    )


async def _workspace_id(database: Database) -> str:
    async with database.unit_of_work(Access.platform(), read_only=True) as uow:
        workspace = await store.first_workspace(uow)
    if workspace is None:
        raise Unavailable("The platform has not been started for the first time yet.")
    return workspace.id


async def _note_failure(database: Database, access: Access, account: AccountRow | None, source: str) -> None:
    # What was typed as an unknown login may be a password: it is written nowhere but in the throttle.
    if account is None:
        return
    async with database.unit_of_work(access) as uow:
        audit.record(uow, "session.refused", "account", account.id, source=source)
