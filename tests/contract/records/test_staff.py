"""Accounts, sessions, throttle and audit keep their word on both databases."""

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from kit.errors import Conflict, Forbidden, TooMany
from records.staff import audit, grants, service, sessions, store, throttle
from records.staff.service import AccountEdit, NewAccount
from records.staff.tables import AuditRow
from tests.contract.records.conftest import Work
from tests.support.clock import ManualClock


def new(login: str, *roles: str) -> NewAccount:
    return NewAccount(
        login=login,
        display_name=login,
        staff_number=login,
        language="zh-CN",
        department_id=None,
        roles=roles,
        password_hash="-",
    )


async def account(work: Work, login: str, *roles: str) -> str:
    async with work() as uow:
        if not await store.roles(uow):
            await service.create_default_roles(uow)
        return (await service.create_account(uow, new(login, *roles))).id


async def test_a_token_stands_for_its_account_until_the_session_ends(work: Work, clock: ManualClock) -> None:
    one = await account(work, "sumin", "registrar", "discipline")
    async with work() as uow:
        opened = sessions.open_session(uow, one, user_agent="browser", source="1.2.3.4")
    async with work() as uow:
        found = await sessions.find(uow, opened.token)
        assert found is not None
        assert (found.account.id, found.session.csrf_token) == (one, opened.csrf_token)
        assert {"sealed.read", "citizens.merge"} <= found.permissions
        assert await sessions.find(uow, "another") is None
    clock.advance(13 * 3600)
    async with work() as uow:
        assert await sessions.find(uow, opened.token) is None, "idle for too long"
        again = sessions.open_session(uow, one, user_agent="", source="")
    await account(work, "admin", "administrator")
    async with work() as uow:
        await service.change_account(uow, one, AccountEdit(disabled=True))
    async with work() as uow:
        assert await sessions.find(uow, again.token) is None


async def test_two_accounts_never_share_a_login(work: Work) -> None:
    await account(work, "sumin", "registrar")
    with pytest.raises(Conflict):
        await account(work, "sumin", "registrar")


async def attempts(work: Work, login: str, source: str, count: int = 1) -> None:
    for _ in range(count):
        async with work() as uow:
            await throttle.count_attempt(uow, login, source)


async def test_attempts_are_counted_and_forgotten(work: Work, clock: ManualClock) -> None:
    await attempts(work, "sumin", "1.2.3.4", throttle.MOST_BY_LOGIN_AND_SOURCE)
    clock.advance(60)
    with pytest.raises(TooMany) as refused:
        await attempts(work, "sumin", "1.2.3.4")
    assert refused.value.extras == {"retry_after_s": 14 * 60 + 1}
    await attempts(work, "heyun", "1.2.3.4")
    async with work() as uow:
        await throttle.forgive(uow, "sumin", "1.2.3.4")
        await throttle.count_attempt(uow, "sumin", "1.2.3.4")


async def test_a_stranger_keeps_nobody_out_and_is_not_forgiven_with_them(work: Work) -> None:
    await attempts(work, "sumin", "6.6.6.6", throttle.MOST_BY_LOGIN_AND_SOURCE)
    await attempts(work, "sumin", "1.2.3.4")
    async with work() as uow:
        await throttle.forgive(uow, "sumin", "1.2.3.4")
    with pytest.raises(TooMany):
        await attempts(work, "sumin", "6.6.6.6")


async def test_many_sources_together_are_slowed_down_too(work: Work) -> None:
    for number in range(throttle.MOST_BY_LOGIN):
        await attempts(work, "sumin", f"10.0.0.{number}")
    with pytest.raises(TooMany):
        await attempts(work, "sumin", "1.2.3.4")


async def test_the_trail_cannot_be_rewritten(work: Work) -> None:
    async with work() as uow:
        audit.record(uow, "thing.done", "thing", "1", "because", {"field": "name"})
        audit.record(uow, "secret.done", "thing", "2", sealed=True)
    async with work(sees_sealed=False) as uow:
        assert [row.action for row in await audit.latest(uow)] == ["thing.done"]
        assert [row.reason for row in await audit.latest(uow, "because")] == ["because"]
        assert await audit.latest(uow, "nothing") == []
    for statement in (update(AuditRow).values(reason=""), delete(AuditRow)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with work() as uow:
                await uow.session.execute(statement)


async def test_a_reason_opens_one_record_for_one_account_for_a_while(work: Work, clock: ManualClock) -> None:
    one, other = await account(work, "heyun", "discipline"), await account(work, "other", "discipline")
    async with work(actor_id=one) as uow:
        grants.grant(uow, "contact", "one", "checking")
    async with work(actor_id=one) as uow:
        assert await grants.granted(uow, "contact", ["one", "two"]) == {"one"}
        assert await grants.granted(uow, "case", ["one"]) == set()
    async with work(actor_id=other) as uow:
        assert await grants.granted(uow, "contact", ["one"]) == set()
    with pytest.raises(Forbidden):
        async with work(actor_id=one, sees_sealed=False) as uow:
            grants.grant(uow, "contact", "two", "checking")
    clock.advance(grants.LASTS.total_seconds() + 1)
    async with work(actor_id=one) as uow:
        assert await grants.granted(uow, "contact", ["one"]) == set()
