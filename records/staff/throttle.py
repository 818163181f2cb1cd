"""Guessing passwords is slowed down. An attempt counts before its password is looked at.

Login and source count together, so that a stranger who knows a login cannot keep its owner out; either alone counts
too, with room enough for an office behind one address.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select

from kit.errors import TooMany
from kit.unit_of_work import UnitOfWork
from records.staff.tables import LoginFailureRow

WINDOW = timedelta(minutes=15)
MOST_BY_LOGIN_AND_SOURCE = 8
MOST_BY_LOGIN = 200
MOST_BY_SOURCE = 40


async def count_attempt(uow: UnitOfWork, login: str, source: str) -> None:
    """Write an attempt down; `forgive` takes it back when it succeeds.

    Raises `TooMany` (code `too_many_logins`, `retry_after_s`) when there were too many of late, whether the login
    exists or not.
    """
    await uow.session.execute(delete(LoginFailureRow).where(LoginFailureRow.failed_at <= uow.now - WINDOW))
    by_login, by_source = LoginFailureRow.login == login, LoginFailureRow.source == source
    waits = [
        await _wait_until(uow, whose, most)
        for whose, most in (
            (by_login & by_source, MOST_BY_LOGIN_AND_SOURCE),
            (by_login, MOST_BY_LOGIN),
            (by_source, MOST_BY_SOURCE),
        )
    ]
    until = max(wait or uow.now for wait in waits)
    if until > uow.now:
        seconds = int((until - uow.now).total_seconds()) + 1
        raise TooMany(f"Too many attempts; try again in {seconds} s.", code="too_many_logins", retry_after_s=seconds)
    uow.session.add(LoginFailureRow(login=login, source=source, failed_at=uow.now))


async def forgive(uow: UnitOfWork, login: str, source: str) -> None:
    """Take back what this source tried; what others tried at the same login stays counted."""
    theirs = (LoginFailureRow.login == login) & (LoginFailureRow.source == source)
    await uow.session.execute(delete(LoginFailureRow).where(theirs))


async def _wait_until(uow: UnitOfWork, whose: ColumnElement[bool], most: int) -> datetime | None:
    """When the oldest of the `most` last attempts leaves the window; None while there are fewer."""
    oldest: datetime | None = await uow.session.scalar(
        select(LoginFailureRow.failed_at)
        .where(whose)
        .order_by(LoginFailureRow.failed_at.desc())
        .offset(most - 1)
        .limit(1)
    )
    return None if oldest is None else oldest + WINDOW
