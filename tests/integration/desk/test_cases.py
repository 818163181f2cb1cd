"""Cases: opened from a contact with number and PIN, found, linked, urged, moved on, and told to the citizen."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from kit.access import Access
from records.cases import store
from records.citizens import receipts
from records.citizens.tables import ReceiptRow
from records.messages.tables import OutboxRow
from tests.support.inbox import Inbox

CASE = {"kind": "consult", "category": "funding", "title": "张三丰申报经费 13800000001", "summary": "进度如何"}


@pytest.fixture
async def agent_id(office: Inbox) -> str:
    return (await office.desk.account("registrar")).id


@pytest.fixture
async def agent(office: Inbox, agent_id: str) -> AsyncClient:
    return await office.desk.browser_of(agent_id)


async def open_case(browser: AsyncClient, contact: str, **more: object) -> dict[str, Any]:
    answer = await browser.post("cases", json={**CASE, "contact_id": contact, **more})
    assert answer.status_code == 201, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


async def change(browser: AsyncClient, case: dict[str, Any], **what: object) -> Any:
    version = (await browser.get(f"cases/{case['id']}")).json()["version"]
    return await browser.patch(f"cases/{case['id']}", json={"version": version, **what})


async def test_number_and_pin_open_the_status_and_go_out_by_the_contacts_channel(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    citizen = await office.citizen("张三丰")
    contact = await office.contact(citizen_id=citizen, agent_id=agent_id)
    opened = await open_case(agent, contact)
    case = opened["case"]
    assert (case["title"], case["status"], case["urged"]) == ("张**申报经费 138****0001", "registered", 0)
    assert (case["due_on"], case["workdays_left"]) == ("2026-12-01", 5)
    assert opened["receipt_sent"] is True
    access = Access.system(office.desk.workspace_id)
    verdict = await receipts.check(office.desk.database, access, case["number"], opened["pin"], "1.2.3.4")
    assert verdict.receipt is not None
    assert verdict.receipt.case_id == case["id"]
    assert (await agent.get(f"cases/{case['id']}")).json().keys() >= {"summary", "events"}
    assert opened["pin"] not in (await agent.get(f"cases/{case['id']}")).text
    async with office.desk.work() as uow:
        sent = (await uow.session.scalars(select(OutboxRow))).one()
        assert opened["pin"] not in str(sent.envelope)
    shown = (await agent.get(f"contacts/{contact}")).json()
    assert (shown["case_id"], shown["case_number"]) == (case["id"], case["number"])
    thread = (await agent.get(f"contacts/{contact}/thread")).json()["items"]
    assert "case_opened" in [item["event"] for item in thread]


async def test_a_contact_with_a_receipt_keeps_its_number(office: Inbox, agent: AsyncClient, agent_id: str) -> None:
    contact = await office.contact(agent_id=agent_id)
    pin = await receipts.new_pin()
    async with office.desk.work() as uow:
        issued = await receipts.issue(uow, pin, uow.now.date(), contact_id=contact)
    first, second = await open_case(agent, contact), await open_case(agent, contact)
    assert (first["case"]["number"], first["pin"], first["receipt_sent"]) == (issued.number, "", True)
    assert second["case"]["number"] != issued.number
    assert second["pin"]
    async with office.desk.work() as uow:
        bound = {row.number: row.case_id for row in await uow.session.scalars(select(ReceiptRow))}
    assert bound == {issued.number: first["case"]["id"], second["case"]["number"]: second["case"]["id"]}


async def test_open_cases_come_first_and_are_linked_or_urged_once(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    citizen = await office.citizen("张三丰")
    case = (await open_case(agent, await office.contact(citizen_id=citizen, agent_id=agent_id)))["case"]
    again = await office.contact("怎么还没消息", citizen_id=citizen, agent_id=agent_id)
    assert [one["id"] for one in (await agent.get(f"citizens/{citizen}")).json()["open_cases"]] == [case["id"]]
    for _ in range(2):
        linked = await agent.post(f"cases/{case['id']}/link", json={"contact_id": again})
        urged = await agent.post(f"cases/{case['id']}/urge", json={"contact_id": again, "note": "很急"})
    assert again in linked.json()["contact_ids"]
    assert urged.json()["urged"] == 1
    lines = [(event["kind"], event["public"], event["text"]) for event in urged.json()["events"]]
    assert lines == [("opened", True, ""), ("linked", False, ""), ("urged", True, ""), ("note", False, "很急")]
    assert (await agent.get(f"contacts/{again}")).json()["case_number"] == case["number"]


async def test_waiting_for_the_citizen_stops_the_clock(office: Inbox, agent: AsyncClient, agent_id: str) -> None:
    case = (await open_case(agent, await office.contact(agent_id=agent_id)))["case"]
    waiting = (await change(agent, case, status="waiting_for_citizen", public_note="请补充材料")).json()
    assert waiting["workdays_left"] is None
    office.desk.clock.advance(7 * 86_400)
    agent = await office.desk.browser_of(agent_id)
    resumed = (await change(agent, case, status="in_progress")).json()
    assert (case["due_on"], resumed["due_on"], resumed["workdays_left"]) == ("2026-12-01", "2026-12-08", 5)


async def test_nobody_is_left_untold(office: Inbox, agent: AsyncClient, agent_id: str) -> None:
    case = (await open_case(agent, await office.contact(agent_id=agent_id)))["case"]
    silent = await change(agent, case, status="answered")
    assert (silent.status_code, silent.json()["code"]) == (422, "public_note_required")
    early = await change(agent, case, status="closed")
    assert (early.status_code, early.json()["code"]) == (409, "case_status")
    assert (await change(agent, case, status="answered", public_note="经费已下达。")).status_code == 200
    closed = (await change(agent, case, status="closed")).json()
    assert closed["status"] == "closed"
    async with office.desk.work() as uow:
        told = [event.text for event in await store.events(uow, case["id"], public_only=True)]
    assert "经费已下达。" in told
    urged = await agent.post(f"cases/{case['id']}/urge", json={"contact_id": closed["contact_ids"][0]})
    assert (urged.status_code, urged.json()["code"]) == (409, "case_ended")


async def test_a_change_over_another_is_refused_with_the_present_version(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    case = (await open_case(agent, await office.contact(agent_id=agent_id), department_id=None))["case"]
    assert (await change(agent, case, title="新的标题", due_on=None)).json()["due_on"] is None
    stale = await agent.patch(f"cases/{case['id']}", json={"version": case["version"], "title": "旧的"})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (409, "version", 2)
    for body, code in (
        ({"kind": "gossip"}, "unknown_kind"),
        ({"category": "gossip"}, "unknown_category"),
        ({"department_id": "nowhere"}, "unknown_department"),
        ({"due_on": "soon"}, "bad_date"),
        ({"status": "gone"}, "unknown_status"),
    ):
        refused = await change(agent, case, **body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_a_confidential_case_hides_who_asks_from_its_handlers(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    citizen = await office.citizen("张三丰")
    contact = await office.contact(citizen_id=citizen, agent_id=agent_id)
    case = (await open_case(agent, contact, confidential=True, summary="张三丰反映,电话13800000001"))["case"]
    assert case["citizen_id"] == citizen
    handler = await office.desk.signed_in("handler")
    seen = (await handler.get(f"cases/{case['id']}")).json()
    assert (seen["citizen_id"], seen["contact_ids"], seen["summary"]) == (None, [], "张**反映,电话138****0001")
    assert (await handler.get(f"citizens/{citizen}")).json()["open_cases"] == []
    assert (await handler.get("cases", params={"citizen_id": citizen})).json() == []
    assert [one["citizen_id"] for one in (await handler.get("cases")).json()] == [None]


async def test_cases_are_found_by_number_words_and_status(office: Inbox, agent: AsyncClient, agent_id: str) -> None:
    first = (await open_case(agent, await office.contact(agent_id=agent_id), summary="高企认定材料"))["case"]
    second = (await open_case(agent, await office.contact(agent_id=agent_id), urgency="urgent"))["case"]
    assert [one["id"] for one in (await agent.get("cases")).json()] == [second["id"], first["id"]], "soonest due first"
    spoken = f"{first['number'][:8]} {first['number'][8:]}"
    for query in ("高企认定", first["number"], spoken):
        assert [one["id"] for one in (await agent.get("cases", params={"q": query})).json()] == [first["id"]]
    await change(agent, second, status="withdrawn")
    assert [one["id"] for one in (await agent.get("cases", params={"status": "open"})).json()] == [first["id"]]
    assert [one["id"] for one in (await agent.get("cases", params={"status": "withdrawn"})).json()] == [second["id"]]
    hits = (await agent.get("search", params={"q": "高企认定"})).json()["hits"]
    assert [(hit["entity"], hit["id"], hit["subtitle"]) for hit in hits] == [("case", first["id"], first["number"])]


async def test_an_answer_is_told_by_telephone_where_it_was_asked_for_or_an_agent_wants_it(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    citizen = await office.citizen("张三丰")
    kinds = {}
    for reply in ("phone", "self"):
        contact = await office.contact(
            citizen_id=citizen, agent_id=agent_id, sender_kind="phone", sender="+8613800000001", hints={"reply": reply}
        )
        case = (await open_case(agent, contact))["case"]
        early = await agent.post(f"cases/{case['id']}/tell-by-telephone")
        assert (early.status_code, early.json()["code"]) == (409, "nothing_to_tell")
        await change(agent, case, status="in_progress")
        answered = (await change(agent, case, status="answered", public_note="已拨付。")).json()
        kinds[reply] = [event["kind"] for event in answered["events"]].count("call_ordered")
    assert kinds == {"phone": 1, "self": 0}
    for _ in range(2):
        told = await agent.post(f"cases/{case['id']}/tell-by-telephone")
        assert [event["kind"] for event in told.json()["events"]].count("call_ordered") == 1
