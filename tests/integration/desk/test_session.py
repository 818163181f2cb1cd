"""Signing in: throttled, revocable, with a password of one's own."""

import asyncio

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from desk.access import COOKIE, CSRF_HEADER
from records.staff import passwords
from records.staff.tables import AccountRow, AuditRow, LoginFailureRow, SessionRow, TelephonePinRow
from records.staff.throttle import MOST_BY_LOGIN_AND_SOURCE, MOST_BY_SOURCE
from telephony.phones import PhoneSettings
from tests.support.desk import Desk

FIRST, OWN = "first-password-1", "an-own-password-2"


@pytest.fixture(scope="module")
def first_hash() -> str:
    return asyncio.run(passwords.hash_password(FIRST))


async def log_in(browser: AsyncClient, login: str, password: str) -> int:
    answer = await browser.post("login", json={"login": login, "password": password})
    if answer.is_success:
        browser.headers[CSRF_HEADER] = answer.json()["csrf_token"]
    return answer.status_code


async def actions(desk: Desk) -> list[str]:
    async with desk.work() as uow:
        return list(await uow.session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


async def test_the_cookie_is_kept_from_scripts_and_other_sites(desk: Desk, first_hash: str) -> None:
    await desk.account("registrar", login="sumin", password_hash=first_hash)
    answer = await desk.client().post("login", json={"login": " SuMin ", "password": FIRST})
    assert answer.status_code == 200
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert answer.json()["account"]["roles"] == ["registrar"]
    assert "citizens.merge" in answer.json()["permissions"]
    async with desk.work() as uow:
        stored = (await uow.session.scalars(select(SessionRow.token_hash))).one()
    assert stored not in answer.headers["set-cookie"]


async def test_until_a_password_is_chosen_nothing_else_answers(desk: Desk, first_hash: str) -> None:
    await desk.account("administrator", login="admin", password_hash=first_hash, chosen=False)
    browser, other = desk.client(), desk.client()
    assert await log_in(browser, "admin", FIRST) == 200
    assert await log_in(other, "admin", FIRST) == 200
    assert (await browser.get("session")).json()["account"]["must_change_password"] is True
    refused = await browser.get("sessions")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_change_required")
    for new, code in ((FIRST, "same_password"), ("aaaaaaaaaaaa", "weak_password"), ("my-admin-word", "weak_password")):
        answer = await browser.post("password", json={"current": FIRST, "new": new})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    wrong = await browser.post("password", json={"current": "another", "new": OWN})
    assert wrong.json()["code"] == "wrong_password"
    assert (await browser.post("password", json={"current": FIRST, "new": OWN})).status_code == 204
    assert len((await browser.get("sessions")).json()) == 1
    assert (await other.get("session")).status_code == 401
    assert await log_in(desk.client(), "admin", FIRST) == 401
    assert await log_in(desk.client(), "admin", OWN) == 200
    assert "password.changed" in await actions(desk)


async def test_writing_needs_the_token_of_the_page(desk: Desk) -> None:
    browser = await desk.signed_in("registrar")
    token = browser.headers.pop(CSRF_HEADER)
    refused = await browser.post("logout")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert (await browser.post("logout", headers={CSRF_HEADER: token})).status_code == 204
    assert (await browser.get("session")).status_code == 401


async def test_guessing_is_slowed_down_by_login_whether_it_exists_or_not(desk: Desk, first_hash: str) -> None:
    await desk.account("registrar", login="sumin", password_hash=first_hash)
    for login in ("sumin", "nobody"):
        browser = desk.client()
        assert {await log_in(browser, login, "wrong") for _ in range(MOST_BY_LOGIN_AND_SOURCE)} == {401}
        refused = await browser.post("login", json={"login": login, "password": FIRST})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_logins")
        assert 0 < refused.json()["retry_after_s"] <= 901
    desk.clock.advance(901)
    assert await log_in(desk.client(), "sumin", FIRST) == 200
    assert (await actions(desk)).count("session.refused") == MOST_BY_LOGIN_AND_SOURCE


async def test_guessing_is_slowed_down_by_source(desk: Desk, first_hash: str) -> None:
    await desk.account("registrar", login="sumin", password_hash=first_hash)
    async with desk.work() as uow:
        uow.session.add_all(
            LoginFailureRow(login=f"other{number}", source="127.0.0.1", failed_at=uow.now)
            for number in range(MOST_BY_SOURCE)
        )
    assert await log_in(desk.client(), "sumin", FIRST) == 429


async def test_a_right_password_forgives_the_wrong_ones(desk: Desk, first_hash: str) -> None:
    await desk.account("registrar", login="sumin", password_hash=first_hash)
    for password in ("wrong", "wrong", FIRST):
        await log_in(desk.client(), "sumin", password)
    async with desk.work() as uow:
        assert (await uow.session.scalars(select(LoginFailureRow))).all() == []


async def test_sessions_end_by_hand_by_idling_and_with_the_account(desk: Desk) -> None:
    account = await desk.account("registrar")
    one, two = await desk.browser_of(account.id), await desk.browser_of(account.id)
    listed = (await one.get("sessions")).json()
    assert [entry["current"] for entry in listed].count(True) == 1
    (other,) = (entry["id"] for entry in listed if not entry["current"])
    assert (await one.delete(f"sessions/{other}")).status_code == 204
    assert (await two.get("session")).status_code == 401
    stranger = await desk.signed_in("registrar")
    (mine,) = (entry["id"] for entry in (await one.get("sessions")).json())
    assert (await stranger.delete(f"sessions/{mine}")).status_code == 404
    desk.clock.advance(11 * 3600)
    assert (await one.get("session")).status_code == 200
    desk.clock.advance(11 * 3600)
    assert (await one.get("session")).status_code == 200, "use keeps a session alive"
    desk.clock.advance(13 * 3600)
    assert (await one.get("session")).status_code == 401
    again = await desk.browser_of(account.id)
    async with desk.work() as uow:
        await uow.session.execute(update(AccountRow).where(AccountRow.id == account.id).values(disabled=True))
    assert (await again.get("session")).status_code == 401


async def test_a_made_up_cookie_is_nobody(desk: Desk) -> None:
    browser = desk.client()
    browser.cookies.set(COOKIE, "made-up")
    assert (await browser.get("session")).json()["code"] == "unauthenticated"


async def test_audit_rows_are_only_ever_added(desk: Desk) -> None:
    await desk.account("registrar")
    for statement in (update(AuditRow).values(action="x"), delete(AuditRow)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with desk.work() as uow:
                await uow.session.execute(statement)


async def test_a_supervisor_chooses_a_pin_for_the_telephone(desk: Desk, first_hash: str) -> None:
    desk.services.phones = PhoneSettings(supervision_number="8000")
    boss = await desk.browser_of((await desk.account("supervisor", password_hash=first_hash)).id)
    assert (await boss.get("telephone-pin")).json() == {"number": "8000", "set_at": None}
    for password, pin, code in (("wrong", "593182", "wrong_password"), (FIRST, "123456", "weak_pin")):
        answer = await boss.put("telephone-pin", json={"password": password, "pin": pin})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    chosen = await boss.put("telephone-pin", json={"password": FIRST, "pin": "593182"})
    assert chosen.json()["set_at"]
    async with desk.work() as uow:
        kept = (await uow.session.scalars(select(TelephonePinRow.pin_hash))).one()
    assert kept.startswith("$argon2id$")
    assert (await boss.delete("telephone-pin")).status_code == 204
    assert (await boss.get("telephone-pin")).json()["set_at"] is None
    assert [action for action in await actions(desk) if action.startswith("telephone")] == [
        "telephone_pin.set",
        "telephone_pin.removed",
    ]
    agent = await desk.browser_of((await desk.account("registrar")).id)
    assert (await agent.get("telephone-pin")).status_code == 403
