"""Accounts, roles and the trail: nobody gives themselves rights, somebody can always manage accounts."""

from dataclasses import dataclass, field

import pytest
from httpx import AsyncClient

from records.staff.permissions import DEFAULT_ROLES, RoleKey
from tests.support.inbox import Inbox, NoRouting

NEW = {"login": "newcomer", "display_name": "新人", "staff_number": "2001", "roles": ["registrar"]}


@dataclass
class Agents(NoRouting):
    registered: list[str] = field(default_factory=list)
    logged_out: list[tuple[str, str]] = field(default_factory=list)

    async def register_agent(self, _uow: object, account_id: str, *, group_name: str = "") -> None:
        self.registered.append(account_id)

    async def force_logout(self, _workspace_id: str, agent_id: str, *, by: str, after_contact: bool = False) -> None:
        self.logged_out.append((agent_id, by))


@pytest.fixture
def agents(office: Inbox) -> Agents:
    office.desk.services.router = agents = Agents()
    return agents


@pytest.fixture
async def admin_id(office: Inbox) -> str:
    return (await office.desk.account("administrator", login="admin")).id


@pytest.fixture
async def admin(office: Inbox, admin_id: str) -> AsyncClient:
    return await office.desk.browser_of(admin_id)


async def test_a_new_account_signs_in_with_a_password_that_is_shown_once(
    office: Inbox, admin: AsyncClient, agents: Agents
) -> None:
    created = (await admin.post("accounts", json=NEW)).json()
    assert agents.registered == [created["account"]["id"]]
    browser = office.desk.client()
    signed_in = await browser.post("login", json={"login": "newcomer", "password": created["password"]})
    assert signed_in.json()["account"]["must_change_password"] is True
    listed = await admin.get("accounts")
    assert created["password"] not in listed.text
    assert {one["login"]: one["roles"] for one in listed.json()}["newcomer"] == ["registrar"]
    for taken in ({**NEW, "staff_number": "2002"}, {**NEW, "login": "another"}):
        again = await admin.post("accounts", json=taken)
        assert (again.status_code, again.json()["code"]) == (409, "login_taken")
    for bad, code in (({"roles": ["king"]}, "unknown_role"), ({"department_id": "nowhere"}, "unknown_department")):
        refused = await admin.post("accounts", json={**NEW, "login": "other", "staff_number": "3", **bad})
        assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_disabling_and_a_new_password_end_all_sessions(
    office: Inbox, admin: AsyncClient, admin_id: str, agents: Agents
) -> None:
    account = (await admin.post("accounts", json={**NEW, "is_agent": False})).json()["account"]["id"]
    assert agents.registered == []
    browser = await office.desk.browser_of(account)
    reset = (await admin.patch(f"accounts/{account}", json={"reset_password": True})).json()
    assert reset["password"]
    assert reset["account"]["must_change_password"] is True
    assert (await browser.get("session")).status_code == 401
    browser = await office.desk.browser_of(account)
    assert (await admin.patch(f"accounts/{account}", json={"disabled": True})).json()["password"] is None
    assert (await browser.get("session")).status_code == 401
    refused = await office.desk.client().post("login", json={"login": "newcomer", "password": reset["password"]})
    assert refused.json()["code"] == "wrong_login"
    assert agents.logged_out == [], "an account that is no agent has nothing to leave"


async def test_nobody_gives_themselves_rights(office: Inbox, admin: AsyncClient, admin_id: str) -> None:
    own = await admin.patch(f"accounts/{admin_id}", json={"roles": ["administrator", "discipline"]})
    assert (own.status_code, own.json()["code"]) == (403, "own_rights")
    held = [*DEFAULT_ROLES[RoleKey.ADMINISTRATOR], "sealed.read"]
    wider = await admin.put("roles/administrator", json={"permissions": held})
    assert (wider.status_code, wider.json()["code"]) == (403, "own_rights")
    unknown = await admin.put("roles/manager", json={"permissions": ["everything"]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_permission")


async def test_somebody_can_always_manage_accounts(office: Inbox, admin: AsyncClient, admin_id: str) -> None:
    left = await admin.put("roles/administrator", json={"permissions": ["audit.read"]})
    assert (left.status_code, left.json()["code"]) == (409, "last_administrator")
    second = await office.desk.account("administrator")
    deputy = await office.desk.browser_of(second.id)
    assert (await deputy.patch(f"accounts/{admin_id}", json={"disabled": True})).status_code == 200
    alone = await deputy.patch(f"accounts/{second.id}", json={"disabled": True})
    assert alone.json()["code"] == "own_rights"


async def test_a_changed_role_counts_at_once_and_is_on_record(office: Inbox, admin: AsyncClient) -> None:
    manager = await office.desk.signed_in("manager")
    assert (await manager.get("cases")).status_code == 200
    answer = await admin.put("roles/manager", json={"permissions": ["board.read"]})
    assert {role["key"]: role["permissions"] for role in answer.json()["roles"]}["manager"] == ["board.read"]
    assert (await manager.get("cases")).status_code == 403
    (row,) = (await admin.get("audit", params={"q": "role.changed"})).json()
    assert (row["actor_name"], row["detail"]["key"], row["detail"]["added"]) == ("Staff admin", "manager", [])
    assert row["detail"]["removed"] == ["cases.read", "contacts.see_all"]
