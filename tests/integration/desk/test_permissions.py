"""Denied by default: each route of the desk names its right, and each role gets exactly what it has."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from desk import access
from desk.access import CSRF_HEADER, Requirement
from records.staff.permissions import DEFAULT_ROLES, Permission, RoleKey
from server.app import DESK_ROUTES
from tests.support.inbox import Inbox

# Who is not signed in yet; who has no password of their own yet; who is signed in, whatever their roles.
PUBLIC = {("POST", "/login")}
BEFORE_PASSWORD = {("POST", "/logout"), ("GET", "/session"), ("POST", "/password")}
ANYBODY = {("GET", "/sessions"), ("DELETE", "/sessions/{session_id}"), ("GET", "/reference"), ("GET", "/snapshot")}
# Each contact decides for itself who sees it (desk.inbox.visibility); to others it does not exist.
BY_CONTACT = {
    ("GET", "/contacts/{contact_id}"),
    ("GET", "/contacts/{contact_id}/thread"),
    ("GET", "/contacts/{contact_id}/why"),
    ("GET", "/attachments/{attachment_id}"),
    ("GET", "/attachments/{attachment_id}/preview"),
}


@dataclass(frozen=True)
class Entrance:
    """One method of one route, and the rights of which one is needed."""

    method: str
    path: str
    permissions: frozenset[Permission]
    calls: frozenset[object]

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path

    @property
    def address(self) -> str:
        return re.sub(r"{\w+}", "x", self.path).lstrip("/")


def dependencies(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from dependencies(inner)


def entrances() -> list[Entrance]:
    found = []
    for routes in DESK_ROUTES:
        for route in routes.routes:
            if not isinstance(route, APIRoute):
                continue
            calls = frozenset(dependencies(route.dependant))
            needed = frozenset().union(*(call.permissions for call in calls if isinstance(call, Requirement)))
            path = route.path.removeprefix("/api/desk")
            found += [Entrance(method, path, needed, calls) for method in sorted(route.methods or ())]
    return found


ENTRANCES = entrances()


def test_each_route_names_its_right_or_stands_in_a_short_list() -> None:
    assert len(ENTRANCES) > 50
    open_to_all = {one.key for one in ENTRANCES if not one.permissions}
    assert open_to_all == PUBLIC | BEFORE_PASSWORD | ANYBODY | BY_CONTACT
    for one in ENTRANCES:
        assert access.signed_in in one.calls or one.key in PUBLIC
        assert access.actor in one.calls or one.key in PUBLIC | BEFORE_PASSWORD


@pytest.mark.parametrize("role", list(RoleKey))
async def test_a_role_is_denied_what_it_does_not_have(office: Inbox, role: RoleKey) -> None:
    browser = await office.desk.signed_in(role)
    denied = [one for one in ENTRANCES if one.permissions and not one.permissions & DEFAULT_ROLES[role]]
    assert denied
    for one in denied:
        answer = await browser.request(one.method, one.address)
        assert (one.key, answer.status_code, answer.json()["code"]) == (one.key, 403, "forbidden")


async def test_a_contact_shows_itself_to_those_only_who_may_see_it(office: Inbox) -> None:
    contact = await office.contact(agent_id=(await office.desk.account("registrar")).id)
    outsiders = {RoleKey.STATISTICIAN, RoleKey.ADMINISTRATOR, RoleKey.HANDLER, RoleKey.REGISTRAR}
    for role in RoleKey:
        browser = await office.desk.signed_in(role)
        for path in ("", "/thread", "/why"):
            expected = 200 if Permission.CONTACTS_SEE_ALL in DEFAULT_ROLES[role] else 404
            assert (role, (await browser.get(f"contacts/{contact}{path}")).status_code) == (role, expected)
        assert role not in outsiders or expected == 404


async def test_nobody_gets_in_without_signing_in_or_with_a_strange_page(office: Inbox) -> None:
    stranger, staff = office.desk.client(), await office.desk.signed_in(*RoleKey)
    del staff.headers[CSRF_HEADER]
    for one in ENTRANCES:
        if one.key in PUBLIC:
            continue
        assert (await stranger.request(one.method, one.address)).status_code == 401
        if one.method != "GET":
            answer = await staff.request(one.method, one.address)
            assert (one.key, answer.status_code, answer.json()["code"]) == (one.key, 403, "csrf")


async def test_a_first_password_opens_nothing_but_its_own_change(office: Inbox) -> None:
    account = await office.desk.account(*RoleKey, chosen=False)
    browser = await office.desk.browser_of(account.id)
    for one in ENTRANCES:
        if one.key not in PUBLIC | BEFORE_PASSWORD:
            answer = await browser.request(one.method, one.address)
            assert (one.key, answer.json()["code"]) == (one.key, "password_change_required")
