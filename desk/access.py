"""Who uses the desk and what they may: from the session cookie to an `Actor`, denied by default.

A route names its right in its signature:

    async def routes_thing(who: Annotated[Actor, Depends(require(Permission.CASES_READ))], uow: Reading) -> ...
"""

import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Response, WebSocketException
from starlette.requests import HTTPConnection

from kit.access import Access
from kit.errors import AppError, Forbidden, Unauthenticated
from kit.unit_of_work import UnitOfWork
from records.staff import sessions
from records.staff.permissions import Permission
from records.staff.sessions import OpenedSession, SignedIn

if TYPE_CHECKING:
    from desk.ports import Services

COOKIE = "axd_session"
CSRF_HEADER = "x-csrf-token"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_CLOSED_BY_POLICY = 1008


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in account. `access` sees sealed rows if, and only if, the account has the right to."""

    access: Access
    account_id: str
    session_id: str
    permissions: frozenset[str]
    language: str
    csrf: str
    must_change_password: bool

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


async def signed_in(connection: HTTPConnection) -> Actor:
    """The account behind the cookie, even one that must choose a password first. Writing ones need the CSRF token.

    Raises `Unauthenticated` or `Forbidden` (code `csrf`); a socket is refused with 1008 instead.
    """
    try:
        return await _actor_of(connection)
    except AppError as error:
        raise _as_refusal(connection, error) from error


async def actor(connection: HTTPConnection, who: Annotated[Actor, Depends(signed_in)]) -> Actor:
    """The same, once a password of their own is chosen; before, raises `Forbidden` (`password_change_required`)."""
    if who.must_change_password:
        error = Forbidden("Choose a password of your own first.", code="password_change_required")
        raise _as_refusal(connection, error)
    return who


class Requirement:
    """A dependency that lets pass who has one of `permissions`."""

    def __init__(self, permissions: frozenset[Permission]) -> None:
        self.permissions = permissions

    async def __call__(self, connection: HTTPConnection, who: Annotated[Actor, Depends(actor)]) -> Actor:
        if not self.permissions & who.permissions:
            raise _as_refusal(connection, Forbidden("Your roles do not allow this."))
        return who


def require(*permissions: Permission) -> Requirement:
    """Use as `Depends(require(...))`: one of `permissions` is needed, else 403."""
    return Requirement(frozenset(permissions))


async def _reading(connection: HTTPConnection, who: Annotated[Actor, Depends(actor)]) -> AsyncIterator[UnitOfWork]:
    async with services_of(connection).database.unit_of_work(who.access, read_only=True) as uow:
        yield uow


async def _writing(connection: HTTPConnection, who: Annotated[Actor, Depends(actor)]) -> AsyncIterator[UnitOfWork]:
    async with services_of(connection).database.unit_of_work(who.access) as uow:
        yield uow


# Committed before the answer leaves: a failed commit must not follow an already sent 201.
Reading = Annotated[UnitOfWork, Depends(_reading, scope="function")]
Writing = Annotated[UnitOfWork, Depends(_writing, scope="function")]


def services_of(connection: HTTPConnection) -> "Services":
    return cast("Services", connection.app.state.services)


def set_cookie(response: Response, opened: OpenedSession, *, secure: bool) -> None:
    response.set_cookie(
        COOKIE, opened.token, expires=opened.expires_at, path="/", httponly=True, samesite="strict", secure=secure
    )


def clear_cookie(response: Response, *, secure: bool) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=secure)


async def _actor_of(connection: HTTPConnection) -> Actor:
    token = connection.cookies.get(COOKIE)
    if not token:
        raise Unauthenticated
    who = await actor_of_token(connection, token)
    if connection.scope.get("method", "GET") not in _READING:
        given = connection.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), who.csrf.encode()):
            raise Forbidden("The page is out of date; load it again.", code="csrf")
    return who


async def actor_of_token(connection: HTTPConnection, token: str) -> Actor:
    """Who a session's token stands for. Raises `Unauthenticated`."""
    database = services_of(connection).database
    async with database.unit_of_work(Access.platform(), read_only=True) as uow:
        found = await sessions.find(uow, token)
    if found is None:
        raise Unauthenticated("The session has ended; sign in again.")
    if uow.now - found.session.last_seen_at > sessions.SEEN_EVERY:
        async with database.unit_of_work(Access.platform()) as uow:
            await sessions.touch(uow, found.session.id)
    return _as_actor(found)


def _as_actor(found: SignedIn) -> Actor:
    account = found.account
    return Actor(
        access=Access(
            workspace_id=account.workspace_id,
            actor_id=account.id,
            sees_sealed=Permission.SEALED_READ in found.permissions,
        ),
        account_id=account.id,
        session_id=found.session.id,
        permissions=found.permissions,
        language=account.language,
        csrf=found.session.csrf_token,
        must_change_password=account.must_change_password,
    )


def _as_refusal(connection: HTTPConnection, error: AppError) -> Exception:
    """A socket cannot carry a problem document; it is closed with the code as its reason."""
    return error if connection.scope["type"] == "http" else WebSocketException(_CLOSED_BY_POLICY, error.code)
