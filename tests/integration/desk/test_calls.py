"""An agent's telephone in the page: what the desk asks of the switchboard, and who may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from desk.access import COOKIE
from kit.access import Access
from kit.commands import Commands
from kit.errors import Conflict
from kit.leases import acquire
from kit.redis import make_redis
from kit.tasks import stop
from records.staff.tables import AccountRow, AuditRow
from router.contact import ContactStatus
from telephony.embedded.page_wire import LEASE, MOST_FRAMES, PageTeller
from telephony.phones import IceServer, PhoneSettings
from tests.support.asgi_socket import connected
from tests.support.inbox import Inbox

TURN = IceServer(urls=["turn:turn.example"], username="u", credential="p")
CALL: dict[str, Any] = {
    "agent_id": None,
    "consult": None,
    "parties": 2,
    "recording": True,
    "supervised": {},
    "flow": "main",
}


class Gateway:
    """The process that holds the lease of calls: writes down what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refuses = False

    async def handle(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((name, arguments))
        if self.refuses:
            raise Conflict("You do not have this call.", code="no_such_call")
        return {"contact_id": arguments["contact_id"], **CALL} if name == "call" else {}


@asynccontextmanager
async def serving(office: Inbox, redis_url: str) -> AsyncIterator[Gateway]:
    server, client = make_redis(redis_url), make_redis(redis_url)
    desk, gateway = office.desk, Gateway()
    async with desk.database.unit_of_work(Access.platform()) as uow:
        await acquire(uow, LEASE, "gateway", 3600)
    desk.services.commands = Commands(client, desk.database, "web")
    desk.services.phones = PhoneSettings(ice_servers=(TURN,))
    task = asyncio.create_task(Commands(server, desk.database, "gateway").serve(gateway.handle))
    try:
        yield gateway
    finally:
        await stop([task])
        await server.aclose()
        await client.aclose()


@pytest.fixture
async def gateway(office: Inbox, redis_url: str) -> AsyncIterator[Gateway]:
    async with serving(office, redis_url) as gateway:
        yield gateway


@pytest.fixture
async def agent(office: Inbox) -> AccountRow:
    return await office.desk.account("registrar")


@pytest.fixture
async def client(office: Inbox, agent: AccountRow) -> AsyncClient:
    return await office.desk.browser_of(agent.id)


@pytest.fixture
async def contact_id(office: Inbox, agent: AccountRow) -> str:
    return await office.contact("来电", channel="voice", status=ContactStatus.ACTIVE, agent_id=agent.id)


async def test_each_act_reaches_the_switchboard_with_who_asked(
    gateway: Gateway, client: AsyncClient, agent: AccountRow, contact_id: str
) -> None:
    acts: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
        ("hold", {"on": True}, "hold", {"on": True}),
        ("digits", {"digits": "18#"}, "digits", {"digits": "18#"}),
        ("consult", {"to": "agent:a2"}, "consult", {"to": "agent:a2"}),
        ("end-consult", {}, "end_consult", {}),
        ("conference", {}, "conference", {}),
        ("complete-transfer", {}, "complete_transfer", {}),
        ("transfer", {"to": " 6203 "}, "transfer", {"to": "6203"}),
        ("send-back", {"node": "satisfaction"}, "send_back", {"node": "satisfaction"}),
    ]
    for path, body, _, _ in acts:
        answer = await client.post(f"calls/{contact_id}/{path}", json=body)
        assert answer.status_code == 204, answer.text
    common = {"contact_id": contact_id, "agent_id": agent.id}
    assert gateway.asked == [(name, {**common, **more}) for _, _, name, more in acts]
    told = await client.get(f"calls/{contact_id}")
    assert told.json() == {"contact_id": contact_id, **CALL}


async def test_the_places_of_the_flow_that_a_citizen_can_be_sent_to(
    office: Inbox, gateway: Gateway, client: AsyncClient, contact_id: str
) -> None:
    offered = (await client.get(f"calls/{contact_id}/menus")).json()
    assert (offered[0]["key"], offered[0]["text"]) == ("satisfaction", "请对本次服务作出评价。")
    keys = {item["key"] for item in offered}
    assert keys >= {"welcome", "automatic", "query_number", "information", "item_policies"}
    # Without what an earlier node would have asked, and where the caller only waits or leaves, nobody begins.
    assert not keys & {"query_pin", "query", "result", "human", "bye"}


async def test_whom_a_call_was_passed_to_is_audited_without_the_number(
    office: Inbox, gateway: Gateway, client: AsyncClient, contact_id: str
) -> None:
    await client.post(f"calls/{contact_id}/transfer", json={"to": "13800138000"})
    await client.post(f"calls/{contact_id}/consult", json={"to": "agent:a2"})
    async with office.desk.work() as uow:
        rows = await uow.session.scalars(select(AuditRow).where(AuditRow.action.like("call.%")).order_by(AuditRow.id))
        assert [(row.action, row.detail) for row in rows] == [
            ("call.transfer", {"to": "number"}),
            ("call.consult", {"to": "agent:a2"}),
        ]


async def test_a_call_of_somebody_else_does_not_exist(office: Inbox, gateway: Gateway, contact_id: str) -> None:
    other = await office.desk.signed_in("registrar")
    assert (await other.post(f"calls/{contact_id}/hold", json={"on": True})).status_code == 404
    assert gateway.asked == []


async def test_the_refusal_of_the_switchboard_comes_back_with_its_code(
    gateway: Gateway, client: AsyncClient, contact_id: str
) -> None:
    gateway.refuses = True
    answer = await client.post(f"calls/{contact_id}/hold", json={"on": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_such_call")


async def test_a_page_is_told_of_the_way_and_of_its_own_calls_only(
    office: Inbox, gateway: Gateway, client: AsyncClient, agent: AccountRow
) -> None:
    desk = office.desk
    assert (await client.get("calls/phone")).json() == {
        "engine": "embedded",
        "ice_servers": [TURN.as_json()],
        "sip": None,
    }
    tell = PageTeller(office.event_log, desk.workspace_id)
    desk.services.events = office.feeds._events
    async with connected(desk.app, "/api/desk/calls/line", cookies=f"{COOKIE}={client.cookies[COOKIE]}") as page:
        assert (await page.hears("welcome"))["ice_servers"] == [TURN.as_json()]
        await tell("agent:somebody", {"type": "ring", "leg_id": "theirs"})
        await tell(f"agent:{agent.id}", {"type": "ring", "leg_id": "mine"})
        assert (await page.hears("ring"))["leg_id"] == "mine"
        page.say({"type": "digit", "page": "p1", "leg_id": "mine", "value": "5"})
        page.say({"type": "call", "page": "p1", "offer": "v=0"})
        assert (await page.hears("error"))["code"] == "not_supported"
    [(name, said)] = gateway.asked
    assert (name, said["party"]) == ("phone.frame", f"agent:{agent.id}")
    assert said["frame"] == {"type": "digit", "page": "p1", "leg_id": "mine", "value": "5"}


async def test_a_page_that_speaks_without_end_is_cut_off(office: Inbox, gateway: Gateway, client: AsyncClient) -> None:
    desk = office.desk
    desk.services.events = office.feeds._events
    async with connected(desk.app, "/api/desk/calls/line", cookies=f"{COOKIE}={client.cookies[COOKIE]}") as page:
        await page.hears("welcome")
        for _ in range(MOST_FRAMES + 1):
            page.say({"type": "hello", "page": "p1"})
        assert await page.closes() == 1013


async def test_without_a_session_or_the_right_there_is_no_line(office: Inbox, gateway: Gateway) -> None:
    desk = office.desk
    clerk = await desk.signed_in("statistician")
    for cookies in ("", f"{COOKIE}={clerk.cookies[COOKIE]}"):
        async with connected(desk.app, "/api/desk/calls/line", cookies=cookies) as page:
            assert await page.closes() in (4401, 4403)
