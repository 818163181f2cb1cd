"""One citizen over channels at the desk: ways to answer, wishes, enterprises, shared numbers, splits, and the tally."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update

from channels.sms.tables import SmsAccountRow
from kit.ids import new_id
from records.citizens.tables import AddressRow, CitizenRow, SatisfactionRow
from records.messages.tables import MessageRow, OutboxRow
from records.staff.tables import AuditRow
from router.contact import ContactStatus
from router.tables import ChoiceRow, ContactRow
from tests.support.inbox import Inbox

CODE = "91110000600037341L"
PHONE = "+8613800000001"
MAIL = "zhang@zhigukeji.cn"


@pytest.fixture
async def agent_id(office: Inbox) -> str:
    return (await office.desk.account("registrar")).id


@pytest.fixture
async def agent(office: Inbox, agent_id: str) -> AsyncClient:
    return await office.desk.browser_of(agent_id)


async def texting(office: Inbox) -> None:
    """An SMS account that can send."""
    async with office.desk.work() as uow:
        uow.session.add(
            SmsAccountRow(
                name="短信",
                kind="generic",
                number="10690000",
                sign="科技局",
                settings={},
                secret="",
                throughput=10,
                enabled=True,
                revision=1,
                version=1,
                state="new",
                last_error="",
                created_at=uow.now,
            )
        )


async def mail_contact(office: Inbox, agent_id: str, citizen: str, **values: Any) -> str:
    given = {"channel": "mail", "sender_kind": "mail", "sender": MAIL, "subject": "申报", **values}
    return await office.contact(citizen_id=citizen, agent_id=agent_id, **given)


async def address_id(office: Inbox, value: str) -> str:
    async with office.desk.work() as uow:
        found: str | None = await uow.session.scalar(select(AddressRow.id).where(AddressRow.value == value))
    assert found is not None
    return found


def reply(text: str, **values: Any) -> dict[str, Any]:
    return {"client_id": new_id(), "kind": "reply", "text": text, **values}


async def test_a_mail_is_answered_by_text_message_in_the_same_contact_and_thread(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    citizen = await office.citizen("张三丰", phone=PHONE, mail=MAIL)
    contact = await mail_contact(office, agent_id, citizen)
    assert [one["channel"] for one in (await agent.get(f"contacts/{contact}")).json()["reply_ways"]] == ["mail"]
    await texting(office)
    ways = (await agent.get(f"contacts/{contact}")).json()["reply_ways"]
    assert [(one["channel"], one["address"], one["proven"]) for one in ways] == [
        ("mail", "z***@zhigu****.cn", True),
        ("sms", "138****0001", True),
    ]
    before = await row_of(office, contact)
    chosen = {"channel": "sms", "address_id": ways[1]["address_id"]}
    said = await agent.post(f"contacts/{contact}/messages", json=reply("请看短信", **chosen))
    assert (said.status_code, said.json()["channel"]) == (201, "sms")
    async with office.desk.work() as uow:
        outbox = (await uow.session.scalars(select(OutboxRow))).one()
        message = await uow.session.get_one(MessageRow, said.json()["id"])
    after = await row_of(office, contact)
    assert (outbox.channel, outbox.recipient) == ("sms", PHONE)
    assert (message.thread_id, after.queued_at, after.agent_id) == (before.thread_id, before.queued_at, agent_id)


async def row_of(office: Inbox, contact_id: str) -> ContactRow:
    async with office.desk.work() as uow:
        return await uow.session.get_one(ContactRow, contact_id)


async def test_an_address_of_nobody_knows_whom_is_no_way(office: Inbox, agent: AsyncClient, agent_id: str) -> None:
    other = await office.citizen("李四", phone="+8613900000002")
    citizen = await office.citizen("张三丰", mail=MAIL)
    contact = await mail_contact(office, agent_id, citizen)
    await texting(office)
    stolen = {"channel": "sms", "address_id": await address_id(office, "+8613900000002")}
    refused = await agent.post(f"contacts/{contact}/messages", json=reply("给别人", **stolen))
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_way")
    assert other != citizen


async def test_do_not_contact_is_shown_and_closes_the_way_but_not_the_citizens_own(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    citizen = await office.citizen("张三丰", phone=PHONE, mail=MAIL)
    contact = await mail_contact(office, agent_id, citizen)
    await texting(office)
    card = await agent.put(
        f"citizens/{citizen}/do-not-contact", json={"channels": ["sms", "mail"], "reason": "来电要求"}
    )
    assert {(one["channel"], one["reason"]) for one in card.json()["do_not_contact"]} == {
        ("mail", "来电要求"),
        ("sms", "来电要求"),
    }
    ways = (await agent.get(f"contacts/{contact}")).json()["reply_ways"]
    assert [(one["channel"], one["forbidden"]) for one in ways] == [("mail", False), ("sms", True)]
    refused = await agent.post(f"contacts/{contact}/messages", json=reply("短信", channel="sms"))
    assert (refused.status_code, refused.json()["code"]) == (422, "do_not_contact")
    assert (await agent.post(f"contacts/{contact}/messages", json=reply("答复"))).status_code == 201
    lifted = await agent.put(f"citizens/{citizen}/do-not-contact", json={"channels": []})
    assert lifted.json()["do_not_contact"] == []
    handler = await office.desk.signed_in("handler")
    assert (await handler.put(f"citizens/{citizen}/do-not-contact", json={"channels": ["*"]})).status_code == 403


async def test_an_enterprise_is_known_by_its_code_and_has_several_representatives(
    office: Inbox, agent: AsyncClient
) -> None:
    people = [await office.citizen("张三丰", phone=PHONE), await office.citizen("李四", mail=MAIL)]
    for person, role in zip(people, ("法定代表人", "经办人"), strict=True):
        body = {"credit_code": CODE.lower(), "name": "智谷科技", "role": role}
        card = (await agent.post(f"citizens/{person}/represents", json=body)).json()
        assert [(one["name"], one["role"]) for one in card["spokesmen"]] == [("智谷科技", role)]
    firm = card["spokesmen"][0]["citizen_id"]
    card = (await agent.get(f"citizens/{firm}")).json()
    assert (card["kind"], card["name"], card["credit_code"]) == ("enterprise", "智谷科技", "9111****341L")
    assert [(one["name"], one["role"]) for one in card["spokesmen"]] == [("张**", "法定代表人"), ("李**", "经办人")]
    wrong = await agent.post(f"citizens/{people[0]}/represents", json={"credit_code": "91110000600037341X"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "credit_code")
    left = (await agent.delete(f"citizens/{firm}/represents/{people[0]}")).json()
    assert [one["name"] for one in left["spokesmen"]] == ["李**"]


async def test_classes_are_words_of_the_workspace(office: Inbox, agent: AsyncClient) -> None:
    citizen = await office.citizen("张三丰")
    unknown = await agent.patch(f"citizens/{citizen}", json={"version": 1, "class_key": "researcher"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "no_such_class")
    async with office.desk.work() as uow:
        uow.session.add(ChoiceRow(list="citizen_class", key="researcher", label="科研人员", label_en="Researcher"))
    card = (await agent.patch(f"citizens/{citizen}", json={"version": 1, "class_key": "researcher"})).json()
    assert card["class_key"] == "researcher"
    card = (await agent.patch(f"citizens/{citizen}", json={"version": 2, "class_key": None})).json()
    assert card["class_key"] is None


async def test_a_shared_number_alone_merges_nobody_without_a_second_look(office: Inbox, agent: AsyncClient) -> None:
    one = await office.citizen("张三丰", phone=PHONE)
    card = await agent.patch(f"citizens/{one}/addresses/{await address_id(office, PHONE)}", json={"shared": True})
    assert [address["shared"] for address in card.json()["addresses"]] == [True]
    async with office.desk.work() as uow:
        other = CitizenRow(name="李四", created_at=uow.now)
        uow.session.add(other)
        await uow.session.flush()
        uow.session.add(AddressRow(citizen_id=other.id, kind="phone", value=PHONE, shared=True, created_at=uow.now))
    (match,) = (await agent.get(f"citizens/{one}/matches")).json()
    assert (match["reasons"], match["needs_confirmation"]) == (["shared_phone"], True)
    body = {"other_id": other.id, "reason": "同一位"}
    refused = await agent.post(f"citizens/{one}/merge", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "needs_confirmation")
    assert (await agent.post(f"citizens/{one}/merge", json={**body, "confirmed": True})).status_code == 200


async def test_a_split_takes_along_what_came_from_the_address_and_is_undone(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    citizen = await office.citizen("张三丰", phone=PHONE, mail=MAIL)
    called = await office.contact("电话来询", citizen_id=citizen, sender_kind="phone", sender=PHONE, agent_id=agent_id)
    wrote = await mail_contact(office, agent_id, citizen)
    secret = await office.contact(
        "举报", citizen_id=citizen, sender_kind="mail", sender=MAIL.upper(), sealed=True, status=ContactStatus.CLOSED
    )
    mail = await address_id(office, MAIL)
    everything = {"address_ids": [mail, await address_id(office, PHONE)], "reason": "都不是"}
    refused = await agent.post(f"citizens/{citizen}/split", json=everything)
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_to_split")
    body = {"address_ids": [mail], "reason": "是他妻子的邮箱"}
    fresh = (await agent.post(f"citizens/{citizen}/split", json=body)).json()
    assert {one["id"] for one in fresh["history"]} == {wrote}, "what is sealed moved along unseen"
    assert (await row_of(office, secret)).citizen_id == fresh["id"]
    assert (await row_of(office, called)).citizen_id == citizen
    thread = (await agent.get(f"contacts/{called}/thread")).json()["items"]
    assert {item["contact_id"] for item in thread} == {called}
    (line,) = (await agent.get(f"citizens/{citizen}/record-history")).json()
    assert (line["kind"], line["other_id"], line["reason"]) == ("split", fresh["id"], "是他妻子的邮箱")
    assert (await agent.post(f"splits/{line['id']}/undo")).status_code == 204
    assert (await agent.get(f"citizens/{fresh['id']}")).json()["id"] == citizen
    assert {(await row_of(office, one)).citizen_id for one in (called, wrote, secret)} == {citizen}
    again = await agent.post(f"splits/{line['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")
    (line,) = (await agent.get(f"citizens/{citizen}/record-history")).json()
    assert line["undone_by"] is not None
    async with office.desk.work() as uow:
        actions = set(await uow.session.scalars(select(AuditRow.action)))
    assert {"citizen.split", "citizen.unsplit"} <= actions


async def test_suggestions_name_no_confidential_record_that_was_not_opened(office: Inbox) -> None:
    ours = (await office.desk.account("discipline")).id
    discipline = await office.desk.browser_of(ours)
    opened = await office.citizen("王五", phone=PHONE, sealed=True)
    contact = await office.contact("举报", citizen_id=opened, sealed=True)
    async with office.desk.work() as uow:
        other = CitizenRow(name="王五", organisation="智谷科技", created_at=uow.now, sealed=True)
        uow.session.add(other)
        await uow.session.flush()
        uow.session.add(
            AddressRow(citizen_id=other.id, kind="phone", value=PHONE, stated=True, created_at=uow.now, sealed=True)
        )
    await office.contact("另一件举报", citizen_id=other.id, sealed=True)
    await discipline.post(f"contacts/{contact}/open", json={"reason": "承办"})
    assert (await discipline.get(f"citizens/{opened}/matches")).json() == []
    agent = await office.desk.signed_in("registrar")
    for path in ("matches", "record-history"):
        assert (await agent.get(f"citizens/{opened}/{path}")).status_code == 404


async def rated(office: Inbox, service: int | None, result: int | None, **values: Any) -> str:
    """A served contact that has closed, asked and perhaps answered."""
    contact = await office.contact(agent_id=(await office.desk.account("registrar")).id, **values)
    async with office.desk.work() as uow:
        served = {"status": ContactStatus.CLOSED, "accepted_at": uow.now, "closed_at": uow.now}
        await uow.session.execute(update(ContactRow).where(ContactRow.id == contact).values(served))
        uow.session.add(
            SatisfactionRow(
                contact_id=contact,
                channel="mail",
                recipient=MAIL,
                language="zh-CN",
                asked_at=uow.now,
                service=service,
                result=result,
                comment="打 13800000001 找我" if service == 5 else "",
                answered_at=uow.now if service else None,
                sealed=bool(values.get("sealed", False)),
            )
        )
    return contact


async def test_the_tally_says_of_how_many_and_counts_no_report(office: Inbox) -> None:
    for service, result in ((1, 2), (3, 4), (5, 5), (2, None), (None, None)):
        await rated(office, service, result)
    unasked = await office.contact(agent_id=(await office.desk.account("registrar")).id)
    async with office.desk.work() as uow:
        served = {"status": ContactStatus.CLOSED, "accepted_at": uow.now, "closed_at": uow.now}
        await uow.session.execute(update(ContactRow).where(ContactRow.id == unasked).values(served))
    await rated(office, 5, 5, sealed=True)
    await rated(office, 5, 5, queue="restricted")
    for role in ("supervisor", "statistician"):
        found = (await (await office.desk.signed_in(role)).get("satisfaction")).json()
        total = found["total"]
        assert total["closed"] == 6
        assert [(total[part]["numerator"], total[part]["of"]) for part in ("asked", "answered")] == [(5, 6), (4, 6)]
        assert total["service"]["counts"] == [1, 1, 1, 0, 1]
        assert total["service"]["satisfied"] == {"value": 0.75, "numerator": 3, "of": 4, "age_s": 0.0}
        assert total["result"]["satisfied"]["of"] == 3
        assert [line["name"] for line in found["queues"]] == ["在线咨询"]
        assert [one["text"] for one in found["comments"]] == ["打 138****0001 找我"]
    office.desk.clock.advance(timedelta(days=8).total_seconds())
    week = (await (await office.desk.signed_in("supervisor")).get("satisfaction?days=7")).json()
    assert (week["total"]["closed"], week["total"]["service"]["satisfied"]["value"]) == (0, None)
    sealed_eyes = await office.desk.signed_in("supervisor", "discipline")
    assert (await sealed_eyes.get("satisfaction")).json()["total"]["closed"] == 6
    assert (await (await office.desk.signed_in("registrar")).get("satisfaction")).status_code == 403


async def test_own_words_are_checked_kept_and_taken_back(office: Inbox) -> None:
    keeper = await office.desk.signed_in("administrator")
    texts = (await keeper.get("automatic-texts")).json()
    receipt = next(one for one in texts if (one["key"], one["channel"]) == ("receipt", "sms"))
    address = f"automatic-texts/receipt/sms/{receipt['language']}"
    for wrong, unknown, missing in (
        ("编号{number}密码{pin}{due.year}", ["due.year"], []),
        ("编号{number}", [], ["pin"]),
    ):
        refused = await keeper.put(address, json={"version": 0, "text": wrong})
        assert (refused.status_code, refused.json()["unknown"], refused.json()["missing"]) == (422, unknown, missing)
    kept = (await keeper.put(address, json={"version": 0, "text": "编号{number}，密码{pin}"})).json()
    assert (kept["text"], kept["version"]) == ("编号{number}，密码{pin}", 1)
    stale = await keeper.put(address, json={"version": 0, "text": "编号{number}，密码{pin}。"})
    assert (stale.status_code, stale.json()["code"]) == (409, "version")
    assert (await keeper.delete(address)).json()["text"] == receipt["built_in_text"]
    assert (await keeper.delete("automatic-texts/nothing/sms/en")).status_code == 404
    assert (await (await office.desk.signed_in("registrar")).get("automatic-texts")).status_code == 403


async def test_every_text_can_be_looked_at_as_a_citizen_reads_it(office: Inbox) -> None:
    keeper = await office.desk.signed_in("administrator")
    for one in (await keeper.get("automatic-texts")).json():
        address = f"automatic-texts/{one['key']}/{one['channel']}/{one['language']}/preview"
        body = {"version": one["version"], "subject": one["built_in_subject"], "text": one["built_in_text"]}
        shown = await keeper.post(address, json=body)
        assert (shown.status_code, "{" in shown.text.removeprefix("{")) == (200, False), shown.text
    english = await keeper.post(
        "automatic-texts/status/*/en/preview", json={"version": 0, "text": "{number} is {state}, {name}"}
    )
    words = english.json()["text"]
    assert words == "20260101000015 is Received, waiting to be taken up, Yunzhou Science and Technology Bureau"
    refused = await keeper.post("automatic-texts/status/*/en/preview", json={"version": 0, "text": "{number}"})
    assert (refused.status_code, refused.json()["missing"]) == (422, ["state"])


async def test_blocking_is_for_supervisors_and_masked(office: Inbox) -> None:
    supervisor = await office.desk.signed_in("supervisor")
    body = {"kind": "phone", "value": "138 0000 0001", "reason": "骚扰"}
    made = await supervisor.post("blocked-addresses", json=body)
    assert (made.status_code, made.json()["value"]) == (201, "138****0001")
    assert [one["id"] for one in (await supervisor.get("blocked-addresses")).json()] == [made.json()["id"]]
    refused = await supervisor.post("blocked-addresses", json={**body, "kind": "chat"})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_address")
    assert (await supervisor.delete(f"blocked-addresses/{made.json()['id']}")).status_code == 204
    assert (await supervisor.get("blocked-addresses")).json() == []
    agent = await office.desk.signed_in("registrar")
    assert (await agent.post("blocked-addresses", json=body)).status_code == 403


async def test_mail_text_message_chat_and_telegram_are_one_thread_and_one_history(
    office: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    came = (
        ("mail", "mail", MAIL),
        ("sms", "phone", PHONE),
        ("chat", "chat", "session-1"),
        ("telegram", "telegram", "4711"),
    )
    people, contacts = [], []
    for channel, kind, value in came:
        async with office.desk.work() as uow:
            citizen = CitizenRow(name="张三丰", organisation="智谷科技", created_at=uow.now)
            uow.session.add(citizen)
            await uow.session.flush()
            uow.session.add(AddressRow(citizen_id=citizen.id, kind=kind, value=value, created_at=uow.now))
        office.desk.clock.advance(60)
        status = ContactStatus.ACTIVE if channel == "telegram" else ContactStatus.CLOSED
        values = {"sender_kind": kind, "sender": value, "status": status, "agent_id": agent_id}
        contacts.append(await office.contact(f"来自{channel}", citizen_id=citizen.id, channel=channel, **values))
        people.append(citizen.id)
    matches = (await agent.get(f"citizens/{people[0]}/matches")).json()
    assert {match["citizen_id"] for match in matches} == set(people[1:])
    for other in people[1:]:
        merged = await agent.post(f"citizens/{people[0]}/merge", json={"other_id": other, "reason": "同一位"})
    card = merged.json()
    assert [past["channel"] for past in card["history"]] == ["telegram", "chat", "sms", "mail"]
    assert {address["kind"] for address in card["addresses"]} == {"mail", "phone", "telegram"}
    for contact in contacts:
        thread = (await agent.get(f"contacts/{contact}/thread")).json()["items"]
        assert [item["text"] for item in thread] == ["来自mail", "来自sms", "来自chat", "来自telegram"]
    history = (await agent.get(f"citizens/{people[3]}/record-history")).json()
    assert [line["kind"] for line in history] == ["merge"] * 3


async def test_when_to_ask_is_the_administrators_choice(office: Inbox) -> None:
    keeper = await office.desk.signed_in("administrator")
    assert (await keeper.get("satisfaction-settings")).json() == {"ask": True, "after_minutes": 5}
    kept = await keeper.put("satisfaction-settings", json={"ask": False, "after_minutes": 30})
    assert kept.json() == (await keeper.get("satisfaction-settings")).json() == {"ask": False, "after_minutes": 30}
    assert (await keeper.put("satisfaction-settings", json={"ask": True, "after_minutes": -1})).status_code == 422
    agent = await office.desk.signed_in("registrar")
    assert (await agent.put("satisfaction-settings", json={"ask": False, "after_minutes": 0})).status_code == 403
