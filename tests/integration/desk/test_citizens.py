"""The citizen card: masked, unmasked on the record, merged and taken apart again."""

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from records.staff.tables import AuditRow
from tests.support.inbox import Inbox


@pytest.fixture
async def agent(office: Inbox) -> AsyncClient:
    return await office.desk.signed_in("registrar")


async def audited(office: Inbox, action: str) -> list[AuditRow]:
    async with office.desk.work() as uow:
        return list(await uow.session.scalars(select(AuditRow).where(AuditRow.action == action)))


async def test_the_card_is_masked_and_each_look_behind_it_is_on_record(office: Inbox, agent: AsyncClient) -> None:
    citizen = await office.citizen("张三丰", phone="+8613800000001", mail="zhang@zhigukeji.cn")
    card = (await agent.get(f"citizens/{citizen}")).json()
    assert card["name"] == "张**"
    assert [one["masked"] for one in card["addresses"]] == ["138****0001", "z***@zhigu****.cn"]
    assert "张三丰" not in str(card)
    phone = card["addresses"][0]["id"]
    for field, value in (("name", "张三丰"), (phone, "+8613800000001")):
        answer = await agent.post(f"citizens/{citizen}/reveal", json={"field": field, "reason": "回电"})
        assert answer.json() == {"value": value}
    rows = await audited(office, "citizen.revealed")
    assert [(row.entity_id, row.reason, row.detail) for row in rows] == [
        (citizen, "回电", {"field": "name"}),
        (citizen, "回电", {"field": "address.phone"}),
    ]
    other = (await agent.get(f"citizens/{await office.citizen('李四', phone='+8613900000002')}")).json()
    refused = await agent.post(f"citizens/{citizen}/reveal", json={"field": other["addresses"][0]["id"]})
    assert refused.status_code == 404
    handler = await office.desk.signed_in("handler")
    assert (await handler.post(f"citizens/{citizen}/reveal", json={"field": "name"})).status_code == 403


async def test_a_masked_value_that_comes_back_is_no_change(office: Inbox, agent: AsyncClient) -> None:
    citizen = await office.citizen("张三丰", phone="+8613800000001")
    body = {"version": 1, "name": "张**", "honorific": "先生", "organisation": "智谷科技", "note": "来电多次"}
    card = (await agent.patch(f"citizens/{citizen}", json=body)).json()
    assert (card["name"], card["honorific"], card["organisation"], card["version"]) == ("张**", "先生", "智谷科技", 2)
    stale = await agent.patch(f"citizens/{citizen}", json={"version": 1, "note": "x"})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (409, "version", 2)
    wrong = await agent.patch(f"citizens/{citizen}", json={"version": 2, "credit_code": "91440300MA5F12347X"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "credit_code")
    revealed = await agent.post(f"citizens/{citizen}/reveal", json={"field": "name"})
    assert revealed.json()["value"] == "张三丰"


async def test_merging_brings_the_history_together_and_undoing_takes_it_apart(
    office: Inbox, agent: AsyncClient
) -> None:
    one = await office.citizen("张三丰", phone="+8613800000001")
    two = await office.citizen("张三丰", mail="zhang@zhigukeji.cn")
    for citizen in (one, two):
        card = (await agent.get(f"citizens/{citizen}")).json()
        await agent.patch(f"citizens/{citizen}", json={"version": card["version"], "organisation": "智谷科技"})
    called = await office.contact("电话来询", citizen_id=one, status="closed", channel="voice")
    wrote = await office.contact("邮件来询", citizen_id=two, status="queued", channel="mail", subject="张三丰的申报")
    (match,) = (await agent.get(f"citizens/{one}/matches")).json()
    assert (match["citizen_id"], match["reasons"]) == (two, ["same_name_and_organisation"])
    assert (match["name"], match["addresses"]) == ("张**", ["z***@zhigu****.cn"])
    merged = (await agent.post(f"citizens/{one}/merge", json={"other_id": two, "reason": "同名同单位"})).json()
    assert {past["id"] for past in merged["history"]} == {called, wrote}
    assert [past["subject"] for past in merged["history"] if past["id"] == wrote] == ["张**的申报"]
    assert (len(merged["addresses"]), merged["history_count"]) == (2, 2)
    assert (await agent.get(f"citizens/{two}")).json()["id"] == one
    (merge,) = merged["merges"]
    assert (merge["merged_id"], merge["merged_name"], merge["reason"]) == (two, "张**", "同名同单位")
    again = await agent.post(f"citizens/{two}/merge", json={"other_id": one, "reason": "again"})
    assert (again.status_code, again.json()["code"]) == (409, "already_merged")
    assert (await agent.post(f"merges/{merge['id']}/undo")).status_code == 204
    apart = (await agent.get(f"citizens/{two}")).json()
    assert (apart["id"], len(apart["addresses"]), apart["history_count"]) == (two, 1, 1)
    assert (await agent.post(f"citizens/{one}/dismiss-match", json={"other_id": two})).status_code == 204
    assert (await agent.get(f"citizens/{one}/matches")).json() == []
    assert len(await audited(office, "citizen.merged")) == len(await audited(office, "citizen.unmerged")) == 1


async def test_the_history_leaves_out_what_one_may_not_read(office: Inbox, agent: AsyncClient) -> None:
    citizen = await office.citizen("张三丰")
    await office.contact("给局长", citizen_id=citizen, queue="restricted", status="closed")
    elsewhere = (await office.desk.account("registrar")).id
    await office.contact("别人正在办", citizen_id=citizen, agent_id=elsewhere)
    past = await office.contact("早先来过", citizen_id=citizen, status="closed")
    card = (await agent.get(f"citizens/{citizen}")).json()
    assert ([one["id"] for one in card["history"]], card["history_count"]) == ([past], 1)
    director = await office.desk.signed_in("director", "registrar")
    assert (await director.get(f"citizens/{citizen}")).json()["history_count"] == 3


async def test_a_change_of_name_reaches_the_open_contacts(office: Inbox, agent: AsyncClient) -> None:
    citizen = await office.citizen("")
    contact = await office.contact(citizen_id=citizen)
    before = (await agent.get(f"contacts/{contact}")).json()
    await agent.patch(f"citizens/{citizen}", json={"version": 1, "name": "王五"})
    after = (await agent.get(f"contacts/{contact}")).json()
    assert (before["citizen_name"], after["citizen_name"]) == ("", "王**")
    assert after["version"] > before["version"]
