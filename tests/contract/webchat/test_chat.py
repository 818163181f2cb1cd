"""The chat's protocol: nothing is acknowledged before it is durable, nothing is lost or doubled, nothing leaks."""

from typing import Any

import pytest
from sqlalchemy import select

from channels import automatic_texts
from channels.built_in_texts import Words
from channels.waiting_texts import written
from records.citizens import matching, receipts, store
from records.citizens.service import find_or_create
from records.messages.tables import Direction
from router.contact import Address, Channel, ContactStatus
from router.results import Standing, WaitRange
from tests.support.asgi_socket import connected
from tests.support.citizens import OWN_SCRIPT, SETTINGS, CitizenSide, Visitor
from tests.support.waiting import wait_until
from webchat.idle import IdleChats
from webchat.signals import agent_read
from webchat.tables import ChatSessionRow

POLICY = {"政策法规": 8, "高企认定": 8, "普通话": 9}


async def accepted(side: CitizenSide, visitor: Visitor) -> str:
    """The visitor's contact, taken by a new agent."""
    agent_id = await side.world.agent(POLICY)
    contact = await visitor.contact()
    offered = await wait_until(lambda: side.world.offers(contact.id), "the contact is offered")
    await side.world.accepts(contact.id, offered[-1].agent_id)
    return agent_id


async def test_an_acknowledged_message_is_a_contact_in_the_queue(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side, topic="inquiry", language="zh-CN")
    async with visitor.chatting() as socket:
        assert await visitor.says(socket, "您好", "a") == 1
        contact = await visitor.contact()
        assert contact.status == ContactStatus.QUEUED
        assert contact.hints["topic"] == "inquiry"
        await socket.hears("status", status="waiting", position=0, text="您是下一位")
    async with side.database.unit_of_work(side.world.access) as uow:
        words = Words(text="Your turn is next")
        await automatic_texts.change(uow, "waiting_next", Channel.CHAT, "en", words, by="keeper")
    async with visitor.chatting(language="en") as page_in_english:
        await page_in_english.hears("status", status="waiting", text="Your turn is next")


@pytest.mark.parametrize(
    ("position", "wait", "text"),
    [
        (None, None, "正在为您找人"),
        (4, None, "您前面 3 位"),
        (1, (1, 9), "您是下一位，不到 1 分钟"),
        (3, (65, 170), "您前面 2 位，约 1–3 分钟"),
    ],
)
async def test_who_waits_is_told_what_is_known(
    side: CitizenSide, position: int | None, wait: tuple[int, int] | None, text: str
) -> None:
    expected = WaitRange(low_s=wait[0], high_s=wait[1], mean_s=60.0, method="queue_length") if wait else None
    standing = Standing(status=ContactStatus.QUEUED, position=position, wait=expected, agent_id=None)
    async with side.database.unit_of_work(side.world.access, read_only=True) as uow:
        assert await written(uow, standing, "zh-CN") == text


async def test_the_agent_is_named_by_number_and_heard_at_once(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        await visitor.says(socket, "您好", "a")
        await accepted(side, visitor)
        await socket.hears("status", status="active")
        answer = await side.agent_writes(await visitor.contact(), "请问有什么可以帮您?")
        heard = await socket.hears("message", author="agent")
        assert (heard["seq"], heard["text"]) == (answer.seq, "请问有什么可以帮您?")


async def test_notes_and_events_never_reach_the_visitor(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        await visitor.says(socket, "您好", "a")
        contact = await visitor.contact()
        await side.agent_writes(contact, "此人来过三次", direction=Direction.NOTE)
        await side.agent_writes(contact, "派单", direction=Direction.EVENT)
        await side.agent_writes(contact, "您好")
        await socket.hears("message", text="您好", author="agent")
        assert [frame["text"] for frame in socket.heard("message")] == ["您好"]
    async with visitor.chatting(after_seq=0) as again:
        await again.hears("message", author="agent")
        assert [frame["text"] for frame in again.heard("message")] == ["您好", "您好"]


async def test_a_repeated_message_is_stored_once_and_acknowledged_with_the_same_number(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        first = await visitor.says(socket, "您好", "a")
        await visitor.says(socket, "还在吗", "b")
    async with visitor.chatting() as socket:
        assert await visitor.says(socket, "您好", "a") == first
    assert [row.text for row in await side.messages(visitor.session_id)] == ["您好", "还在吗"]


async def test_two_pages_of_one_visitor_see_the_same(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as one, visitor.chatting() as other:
        await visitor.says(one, "从第一页", "a")
        await other.hears("message", text="从第一页", author="visitor", client_msg_id="a")


async def test_read_marks_travel_both_ways_and_only_grow(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        seq = await visitor.says(socket, "您好", "a")
        contact = await visitor.contact()
        async with side.database.unit_of_work(side.world.access) as uow:
            await agent_read(uow, contact.id, seq)
            await agent_read(uow, contact.id, 0)
        await socket.hears("read", seq=seq)
    async with visitor.chatting() as socket:
        assert socket.heard("welcome")[0]["read_by_agent"] == seq


async def test_the_visitor_can_end_it_and_comes_back_to_the_same_thread(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        await visitor.says(socket, "您好", "a")
        agent_id = await accepted(side, visitor)
        first = await visitor.contact()
        socket.say({"type": "end"})
        await socket.hears("status", status="closed")
        await side.world.does("dispose", first.id, agent_id, "answered")
        side.clock.advance(60)
        await side.world.heartbeat(agent_id)
        await visitor.says(socket, "还有一个问题", "b")
        second = await visitor.contact()
    assert second.id != first.id
    assert second.thread_id == first.thread_id
    assert second.preferred_agent_id == agent_id


async def test_after_72_hours_it_is_another_conversation(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    side.clock.advance(73 * 3600)
    assert (await visitor.browser.post("/chat/api/ticket", headers=OWN_SCRIPT)).status_code == 401
    again = await visitor.browser.post("/chat/api/sessions", json={}, headers=OWN_SCRIPT)
    assert again.json()["session_id"] != visitor.session_id


async def test_a_silent_visitor_is_warned_then_let_go(side: CitizenSide) -> None:
    idle = IdleChats(side.database, side.world.access, side.world.router, SETTINGS.chat)
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        await visitor.says(socket, "您好", "a")
        agent_id = await accepted(side, visitor)
        # The agent is slow: that is not the visitor's silence.
        side.clock.advance(400)
        await side.world.heartbeat(agent_id)
        await idle.look()
        assert (await visitor.contact()).status == ContactStatus.ACTIVE
        await side.agent_writes(await visitor.contact(), "请问单位名称?")
        side.clock.advance(200)
        await side.world.heartbeat(agent_id)
        await idle.look()
        await idle.look()
        assert (await socket.hears("idle"))["closes_in_s"] == 100
        assert len(socket.heard("idle")) == 1
        side.clock.advance(120)
        await side.world.heartbeat(agent_id)
        await idle.look()
        await socket.hears("message", author="system")
        await socket.hears("status", status="closed")
    assert (await visitor.contact()).status == ContactStatus.WRAP_UP


async def test_a_report_is_sealed_from_its_first_word(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side, topic="report", anonymous=True)
    async with visitor.chatting() as socket:
        await visitor.says(socket, "举报某处长", "a")
    contact = await visitor.contact()
    assert contact.sealed
    assert contact.hints["anonymous"] is True
    assert all(row.sealed for row in await side.messages(visitor.session_id))


async def test_files_go_with_a_message_and_only_to_its_visitor(side: CitizenSide) -> None:
    visitor, stranger = await Visitor.arrives(side), await Visitor.arrives(side)
    uploaded = await _upload(visitor, "审计报告.pdf", b"%PDF-1.7\nfigures")
    async with visitor.chatting() as socket:
        await visitor.says(socket, "", "a", [uploaded["id"]])
    async with visitor.chatting() as socket:
        (file,) = (await socket.hears("message"))["attachments"]
    assert (file["filename"], file["media_type"]) == ("审计报告.pdf", "application/pdf")
    mine = await visitor.browser.get(f"/chat/api/attachments/{file['id']}")
    assert mine.content == b"%PDF-1.7\nfigures"
    assert mine.headers["content-disposition"].startswith("attachment;")
    assert mine.headers["x-content-type-options"] == "nosniff"
    assert (await stranger.browser.get(f"/chat/api/attachments/{file['id']}")).status_code == 404
    assert (await side.browser().get(f"/chat/api/attachments/{file['id']}")).status_code == 401


async def test_a_strangers_upload_cannot_be_sent(side: CitizenSide) -> None:
    visitor, stranger = await Visitor.arrives(side), await Visitor.arrives(side)
    uploaded = await _upload(stranger, "secret.pdf", b"%PDF-1.7\nsecret")
    async with visitor.chatting() as socket:
        socket.say({"type": "message", "client_msg_id": "a", "text": "x", "attachment_ids": [uploaded["id"]]})
        await socket.hears("error", client_msg_id="a", code="chat.attachment_gone")
    assert await side.messages(visitor.session_id) == []


async def test_programs_and_empty_files_are_refused(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    for name, data in (("a.pdf", b"MZ\x90"), ("a.exe", b"%PDF"), ("a.pdf", b"")):
        answer = await visitor.browser.post("/chat/api/uploads", files={"file": (name, data)}, headers=OWN_SCRIPT)
        assert answer.status_code == 422


async def _upload(visitor: Visitor, name: str, data: bytes) -> dict[str, Any]:
    answer = await visitor.browser.post("/chat/api/uploads", files={"file": (name, data)}, headers=OWN_SCRIPT)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_too_long_and_empty_messages_are_refused_in_the_visitors_language(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side, language="en")
    async with visitor.chatting() as socket:
        socket.say({"type": "message", "client_msg_id": "a", "text": "字" * 4001, "attachment_ids": []})
        assert "4000 characters" in (await socket.hears("error", client_msg_id="a"))["title"]
        socket.say({"type": "message", "client_msg_id": "b", "text": "  ", "attachment_ids": []})
        await socket.hears("error", client_msg_id="b", code="chat.empty")


async def test_a_ticket_is_good_once(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    ticket = await visitor.ticket()
    for closed in (None, 4401):
        async with connected(side.app, "/chat/api/socket") as socket:
            socket.say({"type": "hello", "ticket": ticket, "after_seq": 0})
            await wait_until(lambda: socket.frames or socket.closed is not None, "the server answers")
            assert socket.closed == closed


async def test_rubbish_ends_the_socket_and_stores_nothing(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        socket.say({"type": "message", "client_msg_id": "../../x", "text": "a"})
        await wait_until(lambda: socket.closed is not None, "the socket is closed")
    assert await side.messages(visitor.session_id) == []


async def test_other_sites_cannot_use_a_visitors_cookie(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    assert (await visitor.browser.post("/chat/api/ticket")).status_code == 403
    assert (await visitor.browser.post("/chat/api/sessions", json={})).status_code == 403


async def test_the_token_is_nowhere_in_the_database(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    token = visitor.browser.cookies["axd_visitor"]
    assert len(token) >= 43
    async with side.database.unit_of_work(side.world.access, read_only=True) as uow:
        row = (await uow.session.scalars(select(ChatSessionRow))).one()
    assert token not in str(vars(row))


async def test_number_and_pin_are_answered_in_passing_and_nothing_of_them_is_kept(side: CitizenSide) -> None:
    asker, guesser = await Visitor.arrives(side), await Visitor.arrives(side)
    pin = await receipts.new_pin()
    async with side.database.unit_of_work(side.world.access) as uow:
        owner = await find_or_create(uow, Address(kind="phone", value="13800000001"), language=None)
        issued = await receipts.issue(uow, pin, uow.now.date(), citizen_id=owner.id)
    async with asker.chatting() as socket:
        for client_id, question in (
            ("a", f"{issued.number} {pin.value}"),
            ("b", f"status {issued.number} {pin.value}"),
        ):
            socket.say({"type": "message", "client_msg_id": client_id, "text": question, "attachment_ids": []})
            heard = await socket.hears("answer", client_msg_id=client_id)
            assert heard["text"].startswith(issued.number)
        assert await asker.says(socket, "还有一事", "c") == 1
    async with guesser.chatting() as socket:
        for client_id in "abcde":
            wrong = f"{issued.number} {(int(pin.value) + 1) % 10**6:06d}"
            socket.say({"type": "message", "client_msg_id": client_id, "text": wrong, "attachment_ids": []})
            refused = await socket.hears("answer", client_msg_id=client_id)
        assert "分钟" in refused["text"]
    assert [row.text for row in await side.messages(asker.session_id)] == ["还有一事"]
    assert [contact.sender for contact in await side.contacts()] == [asker.session_id]
    async with side.database.unit_of_work(side.world.access, read_only=True) as uow:
        (match,) = await matching.matches(uow, owner.id)
        (address,) = await store.addresses_of(uow, match.citizen.id)
    assert (address.value, match.reasons) == (asker.session_id, ("same_receipt",))
