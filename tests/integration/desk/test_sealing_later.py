"""A contact turns out to be a confidential report while ordinary eyes are on it: then it is not there for them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update

from channels.acknowledgements import Acknowledgements
from kit.access import Sealable
from kit.event_row import NewEvent
from kit.ids import new_id
from kit.search import SearchRow
from kit.tables import Base
from records.citizens import receipts
from records.citizens.tables import AddressRow, CitizenRow, ReceiptRow
from records.messages.tables import Direction, MessageRow, ThreadRow
from records.staff.tables import AuditRow
from router.tables import ContactRow, InteractionRow, QueueRow, SkillRow
from server.app import DESK_ROUTES
from tests.integration.desk.test_cases import CASE
from tests.integration.desk.test_handling import REPORTS, accept, offer_to, reply
from tests.support.actors import actor_of
from tests.support.desk_page import Page
from tests.support.inbox import ROUTES, Inbox, open_inbox
from tests.support.waiting import wait_until
from webchat.tables import ChatSessionRow

SECRET, NAME = "李科长收受礼品", "欧阳举"
WHY = "来电人举报,转专席"
EVERYONE = ("registrar", "supervisor", "director", "administrator")


@pytest.fixture
async def house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(database_url, redis_url, tmp_path / "blobs", routed=True) as opened:
        bag = opened.desk.services
        bag.acknowledgements = Acknowledgements("http://axd.example/status", bag.secret_box)
        for routes in DESK_ROUTES:
            if routes not in ROUTES:
                opened.desk.app.include_router(routes)
        yield opened


async def report_desk(client: AsyncClient) -> str:
    """The queue that an agent without the right knows only the name of."""
    queues = (await client.get("reference")).json()["queues"]
    (target,) = [queue for queue in queues if queue["transfer_only"]]
    assert target["name"] == "举报专席（保密）"
    queue_id: str = target["id"]
    return queue_id


async def pass_on(client: AsyncClient, contact: str) -> None:
    body = {"to": "queue", "target_id": await report_desk(client), "note": WHY}
    done = await client.post(f"contacts/{contact}/transfer", json=body)
    assert done.status_code == 204, done.text


async def page_of(house: Inbox, client: AsyncClient, account_id: str) -> Page:
    """An open page of the account, with what it holds."""
    page = Page(account_id)
    page.load((await client.get("snapshot")).json())
    await page.connect(house.feeds, await actor_of(house.desk, account_id))
    return page


async def worked_on(house: Inbox, agent: AsyncClient, text: str = SECRET) -> str:
    """A mail contact in the agent's hands with all that can hang on one: receipt, answer, file, note, draft."""
    contact = await house.arrives(text, "mail", citizen_name=NAME)
    await accept(agent, contact)
    files = {"file": (f"{SECRET}.txt", SECRET.encode(), "text/plain")}
    upload = (await agent.post("uploads", files=files)).json()
    sent = await agent.post(f"contacts/{contact}/messages", json={**reply("收到"), "attachment_ids": [upload["id"]]})
    assert sent.status_code == 201, sent.text
    await agent.put(f"contacts/{contact}/drafts/reply", json={"version": 0, "body": {"text": SECRET}})
    return contact


async def unsealed(house: Inbox) -> list[str]:
    """Tables with rows that everybody can see; queues and the rows of chat sessions aside."""
    kinds: list[Any] = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Sealable)]
    async with house.desk.work() as uow:
        return [
            kind.__tablename__
            for kind in kinds
            if kind not in (QueueRow, AuditRow, ChatSessionRow)
            and await uow.session.scalar(select(kind.sealed).where(kind.sealed.is_(False)).limit(1)) is not None
        ]


async def test_passed_on_to_the_report_desk_everything_of_it_is_sealed_at_once(house: Inbox) -> None:
    agent_id = await house.agent()
    agent = await house.desk.browser_of(agent_id)
    contact = await worked_on(house, agent)
    assert "messages" in await unsealed(house)
    await pass_on(agent, contact)
    assert await unsealed(house) == []
    async with house.desk.work() as uow:
        row = await uow.session.get_one(ContactRow, contact)
        skill = (await uow.session.scalars(select(SkillRow.id).where(SkillRow.name == REPORTS))).one()
        (done,) = (await uow.session.scalars(select(InteractionRow))).all()
        trail = (await uow.session.scalars(select(AuditRow).where(AuditRow.action == "record.sealed"))).all()
    assert (row.status, row.agent_id, row.queue_id) == ("queued", None, house.queues["reports"])
    assert row.requirements == {skill: 1}
    assert (done.agent_id, done.ended_by, done.note) == (agent_id, "transferred", WHY)
    assert {(one.entity, one.actor_id, one.reason, one.sealed) for one in trail} == {
        (entity, agent_id, WHY, True) for entity in ("contact", "citizen")
    }


async def test_the_officer_gets_it_with_all_that_was_said(house: Inbox) -> None:
    agent = await house.desk.browser_of(await house.agent())
    contact = await worked_on(house, agent)
    await pass_on(agent, contact)
    officer = await house.desk.browser_of(await house.agent("discipline", **{REPORTS: 5}))
    assert (await offer_to(officer, contact))["contact"]["preview"] == ""
    detail = await accept(officer, contact)
    assert (detail["sealed"], detail["opened"], detail["citizen_name"]) == (True, True, "欧阳**")
    items = (await officer.get(f"contacts/{contact}/thread")).json()["items"]
    assert {item["text"] for item in items} >= {SECRET, "收到", WHY}
    assert {item["event"] for item in items} >= {"accepted", "transferred"}
    assert (await officer.get(f"contacts/{contact}/drafts/reply")).json()["body"] == {"text": SECRET}
    sent = await officer.post(f"contacts/{contact}/messages", json=reply("我来办理"))
    assert sent.status_code == 201, sent.text


async def test_without_the_right_no_route_nor_count_nor_search_knows_of_it(house: Inbox) -> None:
    agent = await house.desk.browser_of(await house.agent())
    contact = await worked_on(house, agent)
    detail = (await agent.get(f"contacts/{contact}")).json()
    items = (await agent.get(f"contacts/{contact}/thread")).json()["items"]
    (file,) = [one["id"] for item in items for one in item["attachments"]]
    number = next(item["detail"]["receipt"] for item in items if item["detail"].get("receipt"))
    await pass_on(agent, contact)
    plain = await house.arrives("普通咨询", "mail")
    secrets = (contact, SECRET, "欧阳", number, detail["citizen_id"], *(item["id"] for item in items))
    stranger = await house.desk.signed_in(*EVERYONE)
    for client in (agent, stranger):
        for path in (f"contacts/{contact}", f"citizens/{detail['citizen_id']}", f"attachments/{file}"):
            assert (path, (await client.get(path)).status_code) == (path, 404)
        for rest in ("/thread", "/why", "/drafts/reply"):
            assert (await client.get(f"contacts/{contact}{rest}")).status_code == 404
        paths = ["snapshot", "contacts?scope=mine", "contacts?scope=waiting", "contacts?scope=all", "cases", "audit"]
        paths += [f"search?q={word}" for word in (SECRET, NAME, number, f"{SECRET}.txt")]
        paths += ["board", "skills", "quarantine", f"contacts?scope=all&queue_id={house.queues['reports']}"]
        for path in paths:
            text = (await client.get(path)).text
            assert [one for one in secrets if one in text] == [], path
        body = {**reply("x"), "reason": "看看", "fence": "1", "disposition": "answered"}
        for act in ("accept", "read", "messages", "finish", "disposition", "resume", "spam"):
            assert (act, (await client.post(f"contacts/{contact}/{act}", json=body)).status_code) == (act, 404)
        assert (await client.post("cases", json={**CASE, "contact_id": contact})).status_code == 404
    board = (await stranger.get("board")).json()
    assert (board["waiting"]["value"], board["answered_today"]["value"]) == (1, 0), "the ordinary one alone"
    assert plain in (await stranger.get("contacts?scope=all")).text
    assert (await agent.get("snapshot")).json()["done_today"] == 0


async def test_open_pages_lose_it_and_a_page_that_comes_back_hears_nothing_it_said(house: Inbox) -> None:
    agent_id = await house.agent()
    agent = await house.desk.browser_of(agent_id)
    supervisor = await house.desk.account("supervisor")
    looking = await house.desk.browser_of(supervisor.id)
    contact = await house.arrives("您好")
    mine, theirs = await page_of(house, agent, agent_id), await page_of(house, looking, supervisor.id)
    late = await page_of(house, looking, supervisor.id)
    await late.cut()
    await accept(agent, contact)
    await house.say(contact, SECRET)

    def shows(*pages: Page) -> bool:
        for page in pages:
            page.read()
        return all(any(item["text"] == SECRET for item in page.all("message")) for page in pages)

    await wait_until(lambda: shows(mine, theirs), "both pages show what was said")
    await pass_on(agent, contact)

    def is_gone(*pages: Page) -> bool:
        for page in pages:
            page.read()
        return all(contact not in [row["id"] for row in page.all("contact")] for page in pages)

    await wait_until(lambda: is_gone(mine, theirs), "both pages lose it")
    await late.connect(house.feeds, await actor_of(house.desk, supervisor.id))
    late.read()
    assert is_gone(late)
    assert late.all("message") == []
    assert not late.snapshot_required
    assert contact not in (await looking.get("snapshot")).text


async def test_what_its_events_carried_goes_to_nobody_however_late_it_comes(house: Inbox) -> None:
    agent_id = await house.agent()
    agent = await house.desk.browser_of(agent_id)
    officer = await house.desk.account("discipline", "supervisor")
    supervisor = await house.desk.account("supervisor")
    contact = await house.arrives("您好")
    await accept(agent, contact)
    browsers = [await house.desk.browser_of(one.id) for one in (officer, supervisor)]
    pages = [await page_of(house, client, one.id) for client, one in zip(browsers, (officer, supervisor), strict=True)]
    said = await house.say(contact, "普通的话")

    def heard() -> bool:
        for page in pages:
            page.read()
        return all(any(item["id"] == said.id for item in page.all("message")) for page in pages)

    await wait_until(heard, "the feed knows the contact and passes its messages on")
    await pass_on(agent, contact)
    data = {"contact_id": contact, "thread_id": said.thread_id, "seq": 99, "direction": Direction.IN, "channel": "chat"}
    data |= {"author_kind": "citizen", "author_id": None, "client_id": None, "subject": "", "text": SECRET}
    data |= {"detail": {}, "created_at": said.created_at.isoformat(), "citizen_id": None}
    late = NewEvent(
        workspace_id=house.desk.workspace_id,
        family="desk",
        topic="",
        entity="message",
        entity_id=new_id(),
        version=1,
        data=data,
    )
    await house.event_log.publish([late])
    marker = await house.arrives("下一位")

    def arrived() -> bool:
        for page in pages:
            page.read()
        return all(any(one["id"] == marker for one in page.all("contact")) for page in pages)

    await wait_until(arrived, "what came after it arrives")
    for page in pages:
        assert SECRET not in json.dumps([page.others, *page.all("message")], ensure_ascii=False)


async def test_who_looked_at_it_does_not_learn_who_looks_now(house: Inbox) -> None:
    agent = await house.desk.browser_of(await house.agent())
    supervisor = await house.desk.account("supervisor")
    contact = await house.arrives("您好")
    await accept(agent, contact)
    page = await house.feeds.join(await actor_of(house.desk, supervisor.id), "")
    await house.feeds.look_at(page, contact, "班长")
    await pass_on(agent, contact)
    await wait_until(lambda: page.viewing is None, "the page looks at nothing any more")
    await house.feeds.leave(page)


async def test_what_else_is_known_of_the_citizen_stays_ordinary(house: Inbox) -> None:
    agent = await house.desk.browser_of(await house.agent())
    thread = new_id()
    before = await house.arrives("怎么申报?", thread_key=thread, citizen_name=NAME)
    citizen = (await accept(agent, before))["citizen_id"]
    assert (await agent.post(f"contacts/{before}/disposition", json={"disposition": "answered"})).status_code == 204
    contact = await house.arrives(SECRET, thread_key=thread)
    await accept(agent, contact)
    await pass_on(agent, contact)
    card = (await agent.get(f"citizens/{citizen}")).json()
    assert ([one["id"] for one in card["history"]], card["history_count"]) == ([before], 1)
    texts = {item["text"] for item in (await agent.get(f"contacts/{before}/thread")).json()["items"]}
    assert "怎么申报?" in texts
    assert not texts & {SECRET, WHY}
    async with house.desk.work() as uow:
        assert (await uow.session.get_one(CitizenRow, citizen)).sealed is False
        assert (await uow.session.scalars(select(ThreadRow.sealed).where(ThreadRow.key == thread))).one() is False
        assert set(await uow.session.scalars(select(AddressRow.sealed))) == {False}
        await uow.session.execute(update(ContactRow).where(ContactRow.id == contact).values(status="closed"))
    again = await house.arrives("我再补充", thread_key=thread)
    assert again != contact
    assert (await agent.get(f"contacts/{again}")).status_code == 404
    async with house.desk.work() as uow:
        row = await uow.session.get_one(ContactRow, again)
    assert (row.sealed, row.queue_id, row.preferred_agent_id) == (True, house.queues["reports"], None)


async def test_who_reported_in_confidence_before_is_the_same_citizen(house: Inbox) -> None:
    thread = new_id()
    first = await house.arrives("先前的举报", "mail", thread_key=thread, kind="report")
    async with house.desk.work() as uow:
        known = (await uow.session.get_one(ContactRow, first)).citizen_id
        await uow.session.execute(update(ContactRow).values(status="closed"))
        (await uow.session.scalars(select(ThreadRow))).one().key = new_id()
    agent = await house.desk.browser_of(await house.agent())
    second = await house.arrives(SECRET, "mail", thread_key=thread)
    await accept(agent, second)
    await pass_on(agent, second)
    async with house.desk.work() as uow:
        row = await uow.session.get_one(ContactRow, second)
        citizen = await uow.session.get_one(CitizenRow, row.citizen_id)
        addresses = (await uow.session.scalars(select(AddressRow))).all()
    assert (citizen.sealed, citizen.merged_into_id) == (True, known)
    assert [(one.citizen_id, one.sealed) for one in addresses] == [(known, True)]


async def test_the_receipt_still_opens_the_matter_and_does_not_say_what_it_is(house: Inbox) -> None:
    agent = await house.desk.browser_of(await house.agent())
    contact = await worked_on(house, agent)
    await pass_on(agent, contact)
    pin = await receipts.new_pin()
    async with house.desk.work() as uow:
        receipt = (await uow.session.scalars(select(ReceiptRow))).one()
        await receipts.change_pin(uow, receipt.id, pin)
        told = await uow.session.scalars(select(MessageRow).where(MessageRow.author_kind == "system"))
        words = [row.text for row in told if row.direction == Direction.OUT]
    verdict = await receipts.check(house.desk.database, house.desk.access, receipt.number, pin.value, "9.9.9.9")
    assert verdict.receipt is not None
    assert verdict.receipt.contact_id == contact
    assert words
    assert "举报" not in "".join(words)


async def test_sealing_again_changes_nothing(house: Inbox) -> None:
    agent = await house.desk.browser_of(await house.agent())
    contact = await worked_on(house, agent)

    async def seal() -> bool:
        async with house.desk.work() as uow:
            done: bool = await house.desk.services.router.seal(uow, contact, "核实")
            return done

    async def version() -> Any:
        async with house.desk.work() as uow:
            return (await uow.session.get_one(ContactRow, contact)).version

    assert await seal()
    before = await version()
    assert not await seal()
    assert await version() == before
    async with house.desk.work() as uow:
        trail = await uow.session.scalars(select(AuditRow).where(AuditRow.entity_id == contact))
        assert [row.action for row in trail.all()] == ["record.sealed"]
        assert set(await uow.session.scalars(select(SearchRow.sealed))) == {True}


async def test_an_offer_that_rings_is_taken_back_from_who_may_not_see_it(house: Inbox) -> None:
    agent = await house.desk.browser_of(await house.agent())
    contact = await house.arrives("您好")
    await offer_to(agent, contact)
    async with house.desk.work() as uow:
        await house.desk.services.router.seal(uow, contact, "核实")
    snapshot = (await agent.get("snapshot")).json()
    assert (snapshot["offers"], snapshot["waiting"], snapshot["me"]["state"]) == ([], [], "ready")
    officer = await house.desk.browser_of(await house.agent("discipline", **{REPORTS: 5}))
    assert (await accept(officer, contact))["status"] == "active"


async def test_who_does_not_have_it_cannot_make_it_vanish(house: Inbox) -> None:
    first, second = [await house.desk.browser_of(await house.agent()) for _ in range(2)]
    contact = await house.arrives("您好")
    body = {"to": "queue", "target_id": await report_desk(first)}
    for client in (first, second):
        refused = await client.post(f"contacts/{contact}/transfer", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_yours")
    async with house.desk.work() as uow:
        assert (await uow.session.get_one(ContactRow, contact)).sealed is False
