"""The directory of departments: who keeps it, what agents see, and calls that come of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from desk.calls.routes import routes as calls
from desk.cases.routes import routes as cases
from desk.lines.routes_departments import routes as departments
from kit.access import Access
from kit.commands import Commands
from kit.leases import acquire
from kit.redis import make_redis
from kit.tasks import stop
from records.cases.tables import CaseEventRow
from records.staff.tables import AuditRow
from telephony.embedded.page_wire import LEASE
from telephony.guard import DialGuard, GuardSettings
from telephony.phones import PhoneSettings
from telephony.tables import CallbackRow
from tests.support.inbox import Inbox, open_inbox

LAW: dict[str, Any] = {
    "name": "政策法规处",
    "duties": "解释科技政策，办理行政复议",
    "number": "6203",
    "deputy": "王宁",
    "deputy_number": "0755 8812 3401",
    "based_on": 0,
}


@pytest.fixture
async def office(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(sqlite_url, redis_url, tmp_path / "blobs", routed=True) as opened:
        for routes in (calls, cases, departments):
            opened.desk.app.include_router(routes)
        opened.desk.services.dial_guard = DialGuard(GuardSettings())
        opened.desk.services.phones = PhoneSettings(engine="asterisk")
        yield opened


@pytest.fixture
async def keeper(office: Inbox) -> AsyncClient:
    return await office.desk.signed_in("administrator")


async def made(keeper: AsyncClient, **values: Any) -> dict[str, Any]:
    answer = await keeper.post("departments", json={**LAW, **values})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def audited(office: Inbox, kind: str) -> list[tuple[str, dict[str, Any]]]:
    async with office.desk.work() as uow:
        rows = await uow.session.scalars(select(AuditRow).where(AuditRow.action.like(kind)).order_by(AuditRow.id))
        return [(row.action, row.detail) for row in rows]


async def test_the_directory_is_kept_by_those_who_may_and_each_change_is_audited(
    office: Inbox, keeper: AsyncClient
) -> None:
    law = await made(keeper)
    changed = await keeper.put(f"departments/{law['id']}", json={**LAW, "number": "6204", "based_on": law["version"]})
    assert (changed.json()["number"], changed.json()["version"]) == ("6204", law["version"] + 1)
    late = await keeper.put(f"departments/{law['id']}", json={**LAW, "based_on": law["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "department_changed")
    for wrong in ({"number": "call me"}, {"opens": "09:00"}, {"opens": "9:00", "closes": "17:00"}, {"name": " "}):
        assert (await keeper.post("departments", json={**LAW, **wrong})).status_code == 422
    agent = await office.desk.signed_in("registrar")
    assert [one["name"] for one in (await agent.get("departments")).json()][-1] == LAW["name"]
    assert (await agent.post("departments", json=LAW)).status_code == 403
    gone = await keeper.delete(f"departments/{law['id']}", params={"based_on": law["version"] + 1})
    assert gone.status_code == 204
    assert law["id"] not in {one["id"] for one in (await agent.get("departments")).json()}
    assert await audited(office, "department.%") == [
        ("department.created", {}),
        ("department.changed", {"fields": ["number"]}),
        ("department.removed", {}),
    ]


async def test_whether_a_department_is_open_goes_by_its_hours_workdays_and_holidays(
    office: Inbox, keeper: AsyncClient
) -> None:
    await made(keeper, name="office hours")
    await made(keeper, name="mornings", opens="08:00", closes="12:00")
    await made(keeper, name="always", every_day=True)
    await made(keeper, name="every night", every_day=True, opens="18:00", closes="08:00")
    hours = {
        datetime(2026, 3, 4, 2, 0, tzinfo=UTC): {"office hours", "mornings", "always"},  # Wednesday, 10:00 in Shanghai
        datetime(2026, 3, 4, 6, 0, tzinfo=UTC): {"office hours", "always"},
        datetime(2026, 3, 7, 2, 0, tzinfo=UTC): {"always"},  # Saturday
        datetime(2026, 10, 1, 17, 0, tzinfo=UTC): {"always", "every night"},  # 01:00 in the National Day holidays
    }
    for moment, expected in hours.items():
        office.desk.clock.set(moment)
        keeper = await office.desk.signed_in("administrator")
        found = (await keeper.get("departments")).json()
        assert {one["name"] for one in found if one["open_now"] and one["number"]} == expected, moment


async def test_a_department_with_accounts_or_cases_stays(office: Inbox, keeper: AsyncClient) -> None:
    law = await made(keeper)
    agent_id = await office.agent()
    agent = await office.desk.browser_of(agent_id)
    contact_id = await office.contact(queue="phone", agent_id=agent_id)
    body = {
        "contact_id": contact_id,
        "kind": "inquiry",
        "category": "funding",
        "title": "政策",
        "summary": "问政策",
        "notify": False,
        "department_id": law["id"],
    }
    opened = await agent.post("cases", json=body)
    assert opened.status_code == 201, opened.text
    kept = await keeper.delete(f"departments/{law['id']}", params={"based_on": law["version"]})
    assert (kept.status_code, kept.json()["code"]) == (409, "department_in_use")


async def test_a_call_to_a_department_stands_in_thread_and_case(office: Inbox, keeper: AsyncClient) -> None:
    law, mute = await made(keeper), await made(keeper, name="无号处", number="", deputy_number="")
    agent_id = await office.agent()
    agent = await office.desk.browser_of(agent_id)
    contact_id = await office.contact(queue="phone", agent_id=agent_id)
    body = {
        "contact_id": contact_id,
        "kind": "inquiry",
        "category": "funding",
        "title": "政策",
        "summary": "问政策",
        "notify": False,
    }
    opened = await agent.post("cases", json=body)
    assert opened.status_code == 201, opened.text
    none = await agent.post(f"calls/{contact_id}/dial", json={"department": f"department:{mute['id']}"})
    assert (none.status_code, none.json()["code"]) == (409, "no_number")
    dialled = await agent.post(f"calls/{contact_id}/dial", json={"department": f"department:{law['id']}"})
    assert dialled.status_code == 201, dialled.text
    async with office.desk.work() as uow:
        promised = await uow.session.scalar(select(CallbackRow.number))
        line = await uow.session.scalar(select(CaseEventRow).where(CaseEventRow.kind == "department_called"))
    assert promised == "6203"
    assert line is not None
    assert (line.text, line.public, line.actor_id) == ("政策法规处", False, agent_id)
    thread = (await agent.get(f"contacts/{contact_id}/thread")).json()["items"]
    assert [one["detail"]["department"] for one in thread if one["event"] == "department_called"] == ["政策法规处"]


async def test_a_citizen_is_passed_on_to_a_department_or_its_deputy(
    office: Inbox, keeper: AsyncClient, redis_url: str
) -> None:
    law = await made(keeper)
    account = await office.desk.account("registrar")
    agent = await office.desk.browser_of(account.id)
    contact_id = await office.contact("来电", queue="phone", channel="voice", agent_id=account.id)
    asked: list[tuple[str, str]] = []

    async def switchboard(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        asked.append((name, arguments["to"]))
        return {}

    server, client = make_redis(redis_url), make_redis(redis_url)
    async with office.desk.database.unit_of_work(Access.platform()) as uow:
        await acquire(uow, LEASE, "gateway", 3600)
    office.desk.services.commands = Commands(client, office.desk.database, "web")
    task = asyncio.create_task(Commands(server, office.desk.database, "gateway").serve(switchboard))
    try:
        for path, to in (("consult", f"deputy:{law['id']}"), ("transfer", f"department:{law['id']}")):
            assert (await agent.post(f"calls/{contact_id}/{path}", json={"to": to})).status_code == 204
    finally:
        await stop([task])
        await server.aclose()
        await client.aclose()
    assert asked == [("consult", "0755 8812 3401"), ("transfer", "6203")]
    thread = (await agent.get(f"contacts/{contact_id}/thread")).json()["items"]
    events = [(one["event"], one["detail"]["department"]) for one in thread if one["event"]]
    assert events == [("department_asked", "政策法规处（王宁）"), ("department_given", "政策法规处")]
