"""The inbox from outside: what an agent reads and writes, and what nobody without the right ever sees."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from desk.inbox import store
from desk.inbox.visibility import sees, sees_clause
from kit.due_work import DueWorkRow
from kit.ids import new_id
from records.citizens.tables import CitizenRow
from records.messages.tables import AttachmentRow, MessageRow, OutboxRow, OutboxState
from records.staff.permissions import DEFAULT_ROLES
from records.staff.tables import AuditRow
from router.tables import ContactRow
from tests.support.actors import actor
from tests.support.inbox import Inbox, open_inbox


@pytest.fixture
async def inbox(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(sqlite_url, redis_url, tmp_path / "blobs") as opened:
        yield opened


@pytest.fixture
async def agent_id(inbox: Inbox) -> str:
    return (await inbox.desk.account("registrar")).id


@pytest.fixture
async def agent(inbox: Inbox, agent_id: str) -> AsyncClient:
    return await inbox.desk.browser_of(agent_id)


def reply(text: str, **more: object) -> dict[str, object]:
    return {"client_id": new_id(), "kind": "reply", "text": text, **more}


async def test_a_reply_is_in_the_thread_and_on_its_way_once(inbox: Inbox, agent: AsyncClient, agent_id: str) -> None:
    citizen = await inbox.citizen("张三丰", mail="zhang@zhigukeji.cn")
    contact = await inbox.contact(
        citizen_id=citizen, agent_id=agent_id, channel="mail", sender_kind="mail", sender="zhang@zhigukeji.cn",
        subject="张三丰咨询 13800000001", recipient="bureau@axd.example",
    )  # fmt: skip
    body = reply("请看附件。")
    first, again = [await agent.post(f"contacts/{contact}/messages", json=body) for _ in range(2)]
    assert (first.status_code, first.json()["id"]) == (201, again.json()["id"])
    assert first.json()["delivery"] == "queued"
    thread = (await agent.get(f"contacts/{contact}/thread")).json()
    assert [item["text"] for item in thread["items"]] == ["请问怎么申报?", "请看附件。"]
    assert thread["items"][0]["author_name"] == "张**"
    async with inbox.desk.work() as uow:
        row = (await uow.session.scalars(select(OutboxRow))).one()
    assert (row.recipient, row.envelope["account"]) == ("zhang@zhigukeji.cn", "bureau@axd.example")
    summary = (await agent.get("contacts")).json()[0]
    assert summary["subject"] == "张**咨询 138****0001"
    assert (summary["sender"], summary["citizen_name"]) == ("z***@zhigu****.cn", "张**")
    assert (summary["unread"], summary["preview"]) == (0, "请看附件。")


async def test_who_does_not_have_the_contact_cannot_answer_it(inbox: Inbox, agent: AsyncClient) -> None:
    other = await inbox.desk.account("registrar")
    contact = await inbox.contact(agent_id=other.id)
    assert (await agent.get(f"contacts/{contact}")).status_code == 404
    supervisor = await inbox.desk.signed_in("supervisor")
    assert (await supervisor.get(f"contacts/{contact}")).json()["agent_name"] == other.display_name
    refused = await supervisor.post(f"contacts/{contact}/messages", json=reply("我来"))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_yours")
    note = await supervisor.post(f"contacts/{contact}/messages", json={**reply("请尽快"), "kind": "note"})
    assert note.json()["direction"] == "note"


async def test_the_thread_holds_all_channels_of_merged_citizens_page_by_page(
    inbox: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    one, other = await inbox.citizen("李四"), await inbox.citizen("李四")
    async with inbox.desk.work() as uow:
        (await uow.session.get_one(CitizenRow, other)).merged_into_id = one
    past = await inbox.contact("邮件里说过", citizen_id=other, channel="mail", status="closed")
    contact = await inbox.contact("现在在线", citizen_id=one, agent_id=agent_id)
    for number in range(70):
        await inbox.say(contact, f"第{number}句")
    page = (await agent.get(f"contacts/{contact}/thread")).json()
    earlier = (await agent.get(f"contacts/{contact}/thread", params={"before": page["before"]})).json()
    texts = [item["text"] for item in earlier["items"] + page["items"]]
    assert texts == ["邮件里说过", "现在在线", *(f"第{number}句" for number in range(70))]
    assert earlier["before"] is None
    assert {item["channel"] for item in earlier["items"]} == {"mail", "chat"}
    assert past != contact


async def test_a_draft_is_never_overwritten_unseen(inbox: Inbox, agent: AsyncClient, agent_id: str) -> None:
    contact = await inbox.contact(agent_id=agent_id)
    path = f"contacts/{contact}/drafts/reply"
    assert (await agent.get(path)).json() is None
    saved = (await agent.put(path, json={"version": 0, "body": {"text": "您好"}})).json()
    assert saved["version"] == 1
    assert (await agent.get("contacts")).json()[0]["has_draft"] is True
    late = await agent.put(path, json={"version": 0, "body": {"text": "另一处"}})
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (409, "draft_changed", 1)
    await agent.post(f"contacts/{contact}/messages", json=reply("您好!"))
    assert (await agent.get(path)).json()["body"] == {}
    assert (await agent.get("contacts")).json()[0]["has_draft"] is False
    ghost = await agent.put(path, json={"version": 1, "body": {"text": "您好"}})
    assert ghost.status_code == 409
    assert (await agent.put(path, json={"version": 0, "body": {"text": "下一句"}})).json()["version"] == 3


async def test_a_reply_is_given_up_only_by_who_writes_it(inbox: Inbox, agent: AsyncClient, agent_id: str) -> None:
    contact = await inbox.contact(agent_id=agent_id)
    path = f"contacts/{contact}/drafts/reply"
    await agent.put(path, json={"version": 0, "body": {"text": "写到一半"}})
    colleague = await inbox.desk.signed_in("supervisor")
    refused = await colleague.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_yours")
    assert (await agent.get(path)).json()["body"] == {"text": "写到一半"}
    assert (await agent.delete(path)).status_code == 204


async def test_a_failed_message_is_tried_again_only_when_it_failed(
    inbox: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    contact = await inbox.contact(agent_id=agent_id)
    sent = (await agent.post(f"contacts/{contact}/messages", json=reply("您好"))).json()
    assert (await agent.post(f"messages/{sent['id']}/retry")).json()["code"] == "not_failed"
    async with inbox.desk.work() as uow:
        row = (await uow.session.scalars(select(OutboxRow))).one()
        row.state, row.last_error = OutboxState.FAILED, "mailbox full"
    shown = (await agent.get(f"contacts/{contact}/thread")).json()["items"][-1]
    assert (shown["delivery"], shown["delivery_error"]) == ("failed", "mailbox full")
    again = (await agent.post(f"messages/{sent['id']}/retry")).json()
    assert (again["delivery"], again["version"]) == ("queued", sent["version"] + 1)


async def test_files_go_with_their_message_and_come_back_as_downloads(
    inbox: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    contact = await inbox.contact(agent_id=agent_id)
    page = b"<html><script>alert(1)</script></html>"
    upload = (await agent.post("uploads", files={"file": ("../../a.html", page, "image/png")})).json()
    assert upload["filename"] == "a.html"
    stranger = await inbox.desk.signed_in("registrar")
    assert (await stranger.get(f"attachments/{upload['id']}")).status_code == 404
    body = reply("", attachment_ids=[upload["id"]])
    sent = (await agent.post(f"contacts/{contact}/messages", json=body)).json()
    assert [one["filename"] for one in sent["attachments"]] == ["a.html"]
    twice = await agent.post(f"contacts/{contact}/messages", json=reply("", attachment_ids=[upload["id"]]))
    assert twice.json()["code"] == "attachment_gone"
    file = await agent.get(f"attachments/{upload['id']}")
    assert file.content == page
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]
    assert (await agent.get(f"attachments/{upload['id']}/preview")).status_code == 404


async def test_pictures_are_drawn_by_a_worker_and_others_are_not(
    inbox: Inbox, agent: AsyncClient, agent_id: str
) -> None:
    contact = await inbox.contact(agent_id=agent_id)
    png = b"\x89PNG\r\n\x1a\n" + bytes(32)
    given = [("a.png", png), ("b.txt", "说明".encode())]
    files = [(await agent.post("uploads", files={"file": pair})).json() for pair in given]
    await agent.post(f"contacts/{contact}/messages", json=reply("", attachment_ids=[file["id"] for file in files]))
    async with inbox.desk.work() as uow:
        ordered = [row.payload for row in await uow.session.scalars(select(DueWorkRow))]
    assert ordered == [{"attachment_id": files[0]["id"]}]


async def test_too_large_a_file_is_refused_before_it_is_read(inbox: Inbox, agent: AsyncClient) -> None:
    small = inbox.desk.services.desk.__class__(origins=frozenset(), max_upload_bytes=1000)
    inbox.desk.services.desk = small
    assert (await agent.post("uploads", files={"file": ("a.txt", b"x" * 1001)})).status_code == 413
    declared = await agent.post("uploads", files={"file": ("a.txt", b"x" * 100_000)})
    assert (declared.status_code, declared.json()["max_bytes"]) == (413, 1000)


async def test_lists_hold_what_is_mine_and_what_waits(inbox: Inbox, agent: AsyncClient, agent_id: str) -> None:
    mine = await inbox.contact("我的", agent_id=agent_id)
    waiting = await inbox.contact("等着的")
    director = await inbox.contact("致局长", queue="restricted")
    other = await inbox.contact("别人的", agent_id=new_id())
    lists = {scope: await ids(agent, scope) for scope in ("mine", "waiting", "all")}
    assert lists == {"mine": [mine], "waiting": [waiting], "all": [waiting, mine]}
    supervisor = await inbox.desk.signed_in("supervisor")
    assert set(await ids(supervisor, "all")) == {mine, waiting, other}
    boss = await inbox.desk.signed_in("director")
    assert set(await ids(boss, "all")) == {mine, waiting, other, director}
    assert await ids(agent, "all", q="等着") == [waiting]
    assert await ids(agent, "waiting", queue_id=inbox.queues["restricted"]) == []


async def ids(client: AsyncClient, scope: str, **query: str) -> list[str]:
    answer = await client.get("contacts", params={"scope": scope, **query})
    return [row["id"] for row in answer.json()]


async def test_reading_clears_what_was_unread(inbox: Inbox, agent: AsyncClient, agent_id: str) -> None:
    contact = await inbox.contact(agent_id=agent_id)
    await inbox.say(contact, "在吗")
    assert (await agent.get(f"contacts/{contact}")).json()["unread"] == 1
    assert (await agent.post(f"contacts/{contact}/read")).status_code == 204
    assert (await agent.get(f"contacts/{contact}")).json()["unread"] == 0


async def test_a_sealed_contact_is_silent_until_a_reason_is_given(inbox: Inbox) -> None:
    contact = await inbox.contact("某人收钱", sealed=True, subject="举报某人")
    officer_id = (await inbox.desk.account("discipline")).id
    officer = await inbox.desk.browser_of(officer_id)
    shown = (await officer.get("contacts", params={"scope": "waiting"})).json()[0]
    assert (shown["subject"], shown["preview"], shown["citizen_id"], shown["opened"]) == ("", "", None, False)
    assert (await officer.get(f"contacts/{contact}/thread")).json()["code"] == "sealed_not_opened"
    assert await ids(officer, "all", q="收钱") == []
    opened = await officer.post(f"contacts/{contact}/open", json={"reason": "核查线索"})
    assert (opened.json()["subject"], opened.json()["opened"]) == ("举报某人", True)
    assert (await officer.get(f"contacts/{contact}/thread")).json()["items"][0]["text"] == "某人收钱"
    colleague = await inbox.desk.signed_in("discipline")
    assert (await colleague.get(f"contacts/{contact}/thread")).status_code == 403
    async with inbox.desk.work() as uow:
        audit = (await uow.session.scalars(select(AuditRow).where(AuditRow.action == "sealed.opened"))).one()
    assert (audit.actor_id, audit.entity_id, audit.reason, audit.sealed) == (officer_id, contact, "核查线索", True)


@pytest.mark.parametrize("role", ["registrar", "supervisor", "director", "administrator"])
async def test_nothing_of_a_sealed_contact_reaches_an_account_without_the_right(inbox: Inbox, role: str) -> None:
    citizen = await inbox.citizen("王五")
    account = await inbox.desk.account(role)
    client = await inbox.desk.browser_of(account.id)
    contact = await inbox.contact("机密内容", sealed=True, citizen_id=citizen, agent_id=account.id)
    plain = await inbox.contact("普通内容", citizen_id=citizen, agent_id=account.id)
    attachment = await attach(inbox, contact)
    paths = ["snapshot", "reference", "contacts?scope=mine", "contacts?scope=waiting", "contacts?scope=all&q=机密内容"]
    paths += [f"contacts/{plain}", f"contacts/{plain}/thread", f"contacts/{plain}/why"]
    paths += [f"contacts/{contact}{rest}" for rest in ("", "/thread", "/why", "/drafts/reply")]
    paths += [f"attachments/{attachment}", f"attachments/{attachment}/preview", f"citizens/{citizen}"]
    for path in paths:
        text = (await client.get(path)).text
        assert contact not in text, path
        assert "机密" not in text, path
        assert "举报专席" not in text.replace("举报专席（保密）", ""), path
    body = {**reply("x"), "reason": "看看"}
    for act in ("read", "open", "messages"):
        answer = await client.post(f"contacts/{contact}/{act}", json=body)
        assert answer.status_code in (403, 404), act


async def attach(inbox: Inbox, contact_id: str) -> str:
    """A file of the citizen with the contact's first message."""
    async with inbox.desk.work() as uow:
        message = (await uow.session.scalars(select(MessageRow).where(MessageRow.contact_id == contact_id))).first()
        assert message is not None
        row = AttachmentRow(
            message_id=message.id,
            filename="机密.txt",
            media_type="text/plain",
            size_bytes=1,
            sha256="",
            blob_key=new_id(),
            created_at=uow.now,
            sealed=message.sealed,
        )
        uow.session.add(row)
        await uow.session.flush()
        return row.id


async def test_the_rule_of_a_row_and_of_a_query_are_one(inbox: Inbox) -> None:
    me = (await inbox.desk.account("registrar")).id
    for status in ("queued", "active", "parked", "closed", "offered"):
        for queue in ("open", "restricted"):
            for agent_id in (None, me, new_id()):
                await inbox.contact(status=status, queue=queue, agent_id=agent_id)
    async with inbox.desk.work() as uow:
        restricted = await store.restricted_queues(uow)
        loaded = await store.load(uow, list(await uow.session.scalars(select(ContactRow))))
        for permissions in DEFAULT_ROLES.values():
            who = actor(me, permissions)
            query = select(ContactRow.id).where(sees_clause(who, restricted))
            assert set(await uow.session.scalars(query)) == {
                one.row.id for one in loaded if sees(who, one.whereabouts, restricted)
            }
