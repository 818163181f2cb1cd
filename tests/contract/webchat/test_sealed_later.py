"""What became a confidential report under way goes on undisturbed for who reports."""

from sqlalchemy import select

from records.citizens.tables import ReceiptRow
from records.messages.tables import ThreadRow
from router.contact import ContactStatus
from tests.contract.webchat.test_chat import accepted
from tests.contract.webchat.test_status import POLICY, ask, handed_in, words
from tests.support.citizens import CitizenSide, Visitor
from tests.support.waiting import wait_until

REPORTS = {"举报(保密)": 5}


async def test_the_reporter_keeps_chatting(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        await visitor.says(socket, "您好", "a")
        agent_id = await accepted(side, visitor)
        await socket.hears("status", status="active")
        contact = await visitor.contact()
        await side.world.does("transfer", contact.id, agent_id, "queue", side.world.queues["reports"])
        await socket.hears("status", status="waiting")
        assert await visitor.says(socket, "李科长收受礼品", "b") == 2
        officer = await side.world.agent(REPORTS)
        await wait_until(lambda: side.world.offers(contact.id), "it is offered to the officer")
        await side.world.accepts(contact.id, officer)
        await side.agent_writes(contact, "请说说经过。")
        await socket.hears("message", text="请说说经过。", author="agent")
    async with visitor.chatting(after_seq=0) as again:
        await again.hears("message", text="请说说经过。")
        assert [frame["text"] for frame in again.heard("message")] == ["您好", "李科长收受礼品", "请说说经过。"]
        await again.hears("status", status="active")
    rows = await side.messages(visitor.session_id)
    assert [row.sealed for row in rows if row.author_kind == "citizen"] == [True, True]


async def test_who_comes_back_goes_on_in_confidence(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        await visitor.says(socket, "您好", "a")
        agent_id = await accepted(side, visitor)
        first = await visitor.contact()
        await side.world.does("transfer", first.id, agent_id, "queue", side.world.queues["reports"])
        socket.say({"type": "end"})
        await socket.hears("status", status="closed")
        side.clock.advance(60)
        await visitor.says(socket, "我再补充", "b")
        second = await visitor.contact()
    assert second.id != first.id
    assert (second.sealed, second.queue_id, second.status) == (True, side.world.queues["reports"], ContactStatus.QUEUED)
    async with side.database.unit_of_work(side.world.access) as uow:
        assert (await uow.session.scalars(select(ThreadRow.sealed))).all() == [True]


async def test_number_and_pin_go_on_opening_it_and_the_page_does_not_say_what_it_is(side: CitizenSide) -> None:
    browser, before, number, pin = await handed_in(side, title="关于李科长")
    agent_id = await side.world.agent({**POLICY, "举报(保密)": 0})
    (contact,) = await side.contacts()
    await wait_until(lambda: side.world.offers(contact.id), "it is offered")
    await side.world.accepts(contact.id, agent_id)
    await side.world.does("transfer", contact.id, agent_id, "queue", side.world.queues["reports"])
    async with side.database.unit_of_work(side.world.access) as uow:
        assert (await uow.session.scalars(select(ReceiptRow.sealed))).all() == [True]
    text = words(await ask(browser, number, pin))
    assert number[:8] in text
    assert "投诉" in words(before)
    assert not [word for word in ("投诉", "举报", "保密") if word in text]
