"""Confidential reports from outside: without the right they do not exist, with it they open for a stated reason."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from records.citizens import receipts
from records.citizens.tables import ReceiptRow
from records.staff.tables import AuditRow, GrantRow
from router.tables import ContactRow
from tests.integration.desk.test_cases import CASE, open_case
from tests.support.inbox import Inbox

SECRET = "李科长收受礼品"


@pytest.fixture
async def registrar(office: Inbox) -> AsyncClient:
    return await office.desk.signed_in("registrar", "supervisor", "director", "administrator")


@pytest.fixture
async def discipline(office: Inbox) -> AsyncClient:
    return await office.desk.signed_in("discipline", "supervisor", "administrator")


async def sealed_case(office: Inbox, discipline: AsyncClient) -> tuple[str, dict[str, Any]]:
    """A report, opened with a reason, and the case made from it; its contact's id and the case."""
    citizen = await office.citizen("王五", phone="+8613900000009", sealed=True)
    contact = await office.contact(SECRET, citizen_id=citizen, sealed=True)
    assert (await discipline.post(f"contacts/{contact}/open", json={"reason": "核查举报"})).status_code == 200
    case = (await open_case(discipline, contact, kind="report", summary=SECRET, title=SECRET))["case"]
    return contact, case


async def test_without_the_right_nothing_of_it_exists(
    office: Inbox, registrar: AsyncClient, discipline: AsyncClient
) -> None:
    contact, case = await sealed_case(office, discipline)
    ordinary = await office.contact("普通咨询")
    citizen = case["citizen_id"]
    for path in (f"cases/{case['id']}", f"citizens/{citizen}", f"citizens/{citizen}/matches", f"contacts/{contact}"):
        assert (path, (await registrar.get(path)).status_code) == (path, 404)
    for path, body in (
        (f"cases/{case['id']}/link", {"contact_id": ordinary}),
        (f"cases/{case['id']}/urge", {"contact_id": ordinary}),
        (f"citizens/{citizen}/reveal", {"field": "name"}),
        ("cases", {**CASE, "contact_id": contact}),
    ):
        assert (path, (await registrar.post(path, json=body)).status_code) == (path, 404)
    assert (await registrar.patch(f"cases/{case['id']}", json={"version": 1})).status_code == 404
    assert (await registrar.get("cases")).json() == []
    for query in (SECRET, case["number"], "13900000009", "王五"):
        assert (await registrar.get("search", params={"q": query})).json()["hits"] == []
        assert (await registrar.get("cases", params={"q": query})).json() == []
    trail = (await registrar.get("audit")).text
    assert case["id"] not in trail
    assert contact not in trail


async def test_with_the_right_it_opens_for_a_reason_and_each_reading_is_on_record(
    office: Inbox, discipline: AsyncClient
) -> None:
    contact, case = await sealed_case(office, discipline)
    assert (await discipline.get(f"cases/{case['id']}")).json()["summary"] == SECRET
    other = await office.desk.signed_in("discipline", "supervisor")
    closed = await other.get(f"cases/{case['id']}")
    assert (closed.status_code, closed.json()["code"], closed.json()["contact_id"]) == (
        403,
        "sealed_not_opened",
        contact,
    )
    assert (await other.get(f"citizens/{case['citizen_id']}")).json()["code"] == "sealed_not_opened"
    (listed,) = (await other.get("cases")).json()
    assert (listed["title"], listed["category"], listed["citizen_id"], listed["sealed"]) == ("", "", None, True)
    assert (await other.get("search", params={"q": SECRET})).json()["hits"] == []
    refused = await other.patch(f"cases/{case['id']}", json={"version": 1, "title": "x"})
    assert refused.json()["code"] == "sealed_not_opened"
    assert (await other.post(f"contacts/{contact}/open", json={"reason": "复核"})).status_code == 200
    assert (await other.get(f"cases/{case['id']}")).status_code == 200
    assert {hit["entity"] for hit in (await other.get("search", params={"q": SECRET})).json()["hits"]} == {
        "contact",
        "case",
    }
    async with office.desk.work() as uow:
        rows = (
            await uow.session.scalars(select(AuditRow).where(AuditRow.action.in_(["case.read", "sealed.opened"])))
        ).all()
    assert sorted(row.action for row in rows) == ["case.read", "case.read", "sealed.opened", "sealed.opened"]
    assert all(row.sealed for row in rows)
    assert {row.reason for row in rows} == {"核查举报", "复核", ""}


async def test_the_right_to_a_reason_ends(office: Inbox, discipline: AsyncClient) -> None:
    _, case = await sealed_case(office, discipline)
    office.desk.clock.advance(9 * 3600)
    assert (await discipline.get(f"cases/{case['id']}")).json()["code"] == "sealed_not_opened"


async def test_who_may_not_read_reports_cannot_register_one_and_is_told_where_to(
    office: Inbox, registrar: AsyncClient
) -> None:
    contact = await office.contact("我要举报")
    refused = await registrar.post("cases", json={**CASE, "contact_id": contact, "kind": "report", "summary": SECRET})
    assert (refused.status_code, refused.json()["code"]) == (403, "report_needs_transfer")
    assert (await registrar.get("cases")).json() == []
    assert (await registrar.get(f"contacts/{contact}")).json()["sealed"] is False


async def test_a_report_registered_from_an_ordinary_contact_seals_it_and_stays_open_to_who_did(
    office: Inbox, registrar: AsyncClient, discipline: AsyncClient
) -> None:
    contact = await office.contact("我要举报")
    pin = await receipts.new_pin()
    async with office.desk.work() as uow:
        await receipts.issue(uow, pin, uow.now.date(), contact_id=contact)
    opened = await open_case(discipline, contact, kind="report", title=SECRET, summary=SECRET)
    assert opened["case"]["sealed"] is True
    shown = (await discipline.get(f"contacts/{contact}")).json()
    assert (shown["sealed"], shown["opened"], shown["case_number"]) == (True, True, opened["case"]["number"])
    assert "case_opened" in (await discipline.get(f"contacts/{contact}/thread")).text
    for path in (f"contacts/{contact}", f"contacts/{contact}/thread", f"cases/{opened['case']['id']}"):
        assert (await registrar.get(path)).status_code == 404
    assert (await registrar.get("search", params={"q": "我要举报"})).json()["hits"] == []
    async with office.desk.work() as uow:
        assert (await uow.session.scalars(select(ReceiptRow.sealed))).all() == [True]
        grant = (await uow.session.scalars(select(GrantRow))).one()
        trail = (await uow.session.scalars(select(AuditRow).where(AuditRow.action == "record.sealed"))).all()
    assert (grant.entity_id, grant.reason) == (contact, "登记为举报")
    assert {(row.entity, row.reason, row.sealed, row.actor_id) for row in trail} == {
        (entity, "登记为举报", True, grant.account_id) for entity in ("contact", "citizen")
    }


async def test_a_case_that_turns_out_to_be_a_report_is_sealed_with_all_that_belongs_to_it(
    office: Inbox, registrar: AsyncClient, discipline: AsyncClient
) -> None:
    contact = await office.contact("普通咨询")
    case = (await open_case(registrar, contact, summary=SECRET))["case"]
    as_report = {"version": case["version"], "kind": "report"}
    refused = await registrar.patch(f"cases/{case['id']}", json=as_report)
    assert (refused.status_code, refused.json()["code"]) == (403, "report_needs_transfer")
    await office.change(contact, status="closed")
    assert (await registrar.patch(f"cases/{case['id']}", json=as_report)).status_code == 200
    for path in (f"cases/{case['id']}", f"contacts/{contact}", f"citizens/{case['citizen_id']}"):
        assert (path, (await registrar.get(path)).status_code) == (path, 404)
    for query in (SECRET, "普通咨询", case["number"]):
        assert (await registrar.get("search", params={"q": query})).json()["hits"] == []
    administrator = await office.desk.signed_in("administrator")
    trail = (await administrator.get("audit")).text
    assert all(one not in trail for one in (case["id"], contact, case["citizen_id"]))
    assert [one["sealed"] for one in (await discipline.get("cases")).json()] == [True]


async def test_confidential_contacts_stay_out_of_ordinary_cases(
    office: Inbox, registrar: AsyncClient, discipline: AsyncClient
) -> None:
    contact, sealed = await sealed_case(office, discipline)
    ordinary = (await open_case(registrar, await office.contact("普通咨询")))["case"]
    refused = await discipline.post(f"cases/{ordinary['id']}/link", json={"contact_id": contact})
    assert (refused.status_code, refused.json()["code"]) == (422, "sealed_mix")
    told = await office.contact("我来补充")
    assert (await discipline.post(f"cases/{sealed['id']}/link", json={"contact_id": told})).status_code == 200
    async with office.desk.work() as uow:
        linked = await uow.session.get_one(ContactRow, told)
    assert linked.case_id is None, "an ordinary contact does not show the confidential case it belongs to"
