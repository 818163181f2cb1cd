"""Signed-in browsers: opened, found by their token, ended."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from kit.errors import NotFound
from kit.ids import new_id, new_token
from kit.unit_of_work import UnitOfWork
from records.staff.tables import AccountRoleRow, AccountRow, RoleRow, SessionRow

LIFETIME = timedelta(days=7)
IDLE_LIMIT = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """`token` goes into the browser's cookie and is kept nowhere else."""

    session_id: str
    token: str
    csrf_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who a token stands for, and what their roles allow together."""

    session: SessionRow
    account: AccountRow
    permissions: frozenset[str]


def open_session(uow: UnitOfWork, account_id: str, *, user_agent: str, source: str) -> OpenedSession:
    """Sign an account in on one browser, for at most seven days and twelve idle hours."""
    opened = OpenedSession(
        session_id=new_id(), token=new_token(), csrf_token=new_token(), expires_at=uow.now + LIFETIME
    )
    uow.session.add(
        SessionRow(
            id=opened.session_id,
            account_id=account_id,
            token_hash=_hash(opened.token),
            csrf_token=opened.csrf_token,
            user_agent=user_agent[:200],
            source=source[:64],
            created_at=uow.now,
            last_seen_at=uow.now,
            expires_at=opened.expires_at,
        )
    )
    return opened


async def find(uow: UnitOfWork, token: str) -> SignedIn | None:
    """The account behind a token that is neither ended, expired nor idle for too long, in one query."""
    rows = (
        await uow.session.execute(
            select(SessionRow, AccountRow, RoleRow.permissions)
            .join(AccountRow, AccountRow.id == SessionRow.account_id)
            .outerjoin(AccountRoleRow, AccountRoleRow.account_id == AccountRow.id)
            .outerjoin(RoleRow, RoleRow.id == AccountRoleRow.role_id)
            .where(SessionRow.token_hash == _hash(token), _alive(uow.now), AccountRow.disabled.is_(False))
        )
    ).all()
    if not rows:
        return None
    session, account, _ = rows[0]
    granted = frozenset(permission for row in rows for permission in row[2] or ())
    return SignedIn(session=session, account=account, permissions=granted)


async def touch(uow: UnitOfWork, session_id: str) -> None:
    await uow.session.execute(update(SessionRow).where(SessionRow.id == session_id).values(last_seen_at=uow.now))


async def open_sessions(uow: UnitOfWork, account_id: str) -> list[SessionRow]:
    """The account's sessions that still answer, newest first."""
    found = await uow.session.scalars(
        select(SessionRow)
        .where(SessionRow.account_id == account_id, _alive(uow.now))
        .order_by(SessionRow.created_at.desc())
    )
    return list(found)


async def revoke(uow: UnitOfWork, account_id: str, session_id: str) -> None:
    """End one session of the account. Idempotent; raises `NotFound` for a session of somebody else."""
    ended = await uow.session.execute(
        update(SessionRow)
        .where(SessionRow.id == session_id, SessionRow.account_id == account_id)
        .values(revoked_at=uow.now)
        .returning(SessionRow.id)
    )
    if ended.scalar_one_or_none() is None:
        raise NotFound("There is no such session.")


async def revoke_all(uow: UnitOfWork, account_id: str, *, but: str | None = None) -> None:
    """End every session of the account, except the one with id `but`."""
    statement = update(SessionRow).where(SessionRow.account_id == account_id, SessionRow.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(SessionRow.id != but)
    await uow.session.execute(statement.values(revoked_at=uow.now))


def _alive(now: datetime) -> ColumnElement[bool]:
    return (
        SessionRow.revoked_at.is_(None) & (SessionRow.expires_at > now) & (SessionRow.last_seen_at > now - IDLE_LIMIT)
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
