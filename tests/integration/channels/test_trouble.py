"""Database down, disk full, Redis gone: the sender is told to come again, nothing is acknowledged that is not kept."""

from functools import partial
from pathlib import Path

import pytest
from httpx import AsyncClient, Response

from kit.blobs import BlobRow, BlobStore
from kit.errors import Unavailable
from records.messages.tables import LedgerState, OutboxState
from router.contact import ContactStatus
from router.tables import ContactRow
from tests.contract.webchat.test_forms import FIELDS, receipt_of
from tests.integration.channels.conftest import OwnRedis, opened
from tests.support.channel_room import ChannelRoom
from tests.support.citizens import OWN_SCRIPT, Visitor, hidden_fields
from tests.support.outages import Outage
from tests.support.waiting import wait_until

LEFT = {"text": "证书到期了怎么办", "reply": "self", "form_key": "k" * 32}
POLICY = {"政策法规": 8, "高企认定": 8, "普通话": 9}


def says_come_again(answer: Response) -> bool:
    return answer.status_code == 503 and int(answer.headers.get("Retry-After", "0")) > 0


async def form_parts(browser: AsyncClient) -> list[tuple[str, tuple[None, str]]]:
    hidden = hidden_fields(await browser.get("/form"))
    return [(name, (None, value)) for name, value in {**hidden, **FIELDS}.items()]


async def test_a_chat_is_not_acknowledged_and_goes_on_where_it_was(broken: tuple[ChannelRoom, Outage]) -> None:
    room, outage = broken
    visitor = await Visitor.arrives(room.side)
    async with visitor.chatting() as socket:
        await visitor.says(socket, "一", "a")
        await outage.begin()
        socket.say({"type": "message", "client_msg_id": "b", "text": "二" * 4000, "attachment_ids": []})
        await wait_until(lambda: socket.closed is not None, "the socket is closed", timeout_s=30)
        assert socket.closed == 1013
        assert socket.heard("ack", client_msg_id="b") == []
    await outage.end()
    assert await room.heard() == ["一"]
    assert len(await room.ledger()) == 1
    async with visitor.chatting(after_seq=1) as socket:
        assert await visitor.says(socket, "二" * 4000, "b") == 2
    assert await room.heard() == ["一", "二" * 4000]


async def test_pages_answer_503_and_nothing_is_kept(broken: tuple[ChannelRoom, Outage]) -> None:
    room, outage = broken
    browser, other = room.side.browser(), room.side.browser()
    parts = await form_parts(browser)
    await other.get("/form")
    await outage.begin()
    answers = [
        await browser.post("/form", files=parts),
        await other.post("/chat/api/offline", json={**LEFT, "text": "长" * 5000}, headers=OWN_SCRIPT),
    ]
    assert all(says_come_again(answer) for answer in answers), [(one.status_code, one.text) for one in answers]
    await outage.end()
    assert await room.ledger() == []
    assert await room.contacts() == []
    receipt_of(await browser.post("/form", files=parts))
    assert len(await room.contacts()) == 1


async def test_intake_raises_and_keeps_nothing(broken: tuple[ChannelRoom, Outage]) -> None:
    room, outage = broken
    await outage.begin()
    for intake in (room.store, room.direct()):
        with pytest.raises(Unavailable):
            await intake(room.mail("m1", "长" * 5000))
    await outage.end()
    assert await room.ledger() == []
    assert (await room.store(room.mail("m1"))).first_time


async def test_loops_come_back_by_themselves(broken: tuple[ChannelRoom, Outage]) -> None:
    """What was claimed or being sent when the database went away is done when it is back."""
    room, outage = broken
    await room.store(room.mail("m1", "长" * 5000))
    await room.answers()
    await outage.begin()
    with pytest.raises(Unavailable):
        await room.claims().work()
        await room.outbox().work()
    await outage.end()
    room.side.clock.advance(3600)
    await room.claims().work()
    assert [row.state for row in await room.ledger()] == [LedgerState.ROUTED]
    await room.outbox().work()
    assert (await room.outbox_row_of("三天内答复")).state == OutboxState.SENT


async def test_a_full_disk_refuses_files_and_keeps_nothing(sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    async with opened(sqlite_url, redis_url, tmp_path / "blobs") as (room, _):
        full = BlobStore(tmp_path / "blobs", min_free_bytes=2**62)
        room.side.blobs = full
        with pytest.raises(Unavailable):
            await room.store(room.mail("m1"))
        assert await room.ledger() == []
        assert await room.rows(BlobRow) == []
        assert room.files() == []


async def test_without_redis_a_conversation_goes_on_and_is_healed(
    sqlite_url: str, own_redis: OwnRedis, tmp_path: Path
) -> None:
    async with opened(sqlite_url, own_redis.url, tmp_path / "blobs") as (room, _):
        visitor = await Visitor.arrives(room.side)
        async with visitor.chatting() as socket:
            await visitor.says(socket, "一", "a")
            own_redis.stop()
            assert await visitor.says(socket, "二", "b") == 2
            (contact,) = await room.contacts()
            assert (contact.unread, contact.status) == (2, ContactStatus.QUEUED)
            stored = await room.direct()(room.mail("m1", "来信"))
            assert stored.receipt_number
        own_redis.start()
        await room.side.world.router.rebuild(room.side.world.workspace_id)
        agent_id = await room.side.world.agent(POLICY)
        for _ in range(2):
            offered = await wait_until(partial(waiting_for, room, ContactStatus.OFFERED), "one of both is offered")
            await room.side.world.accepts(offered[0].id, agent_id)
        assert len(await waiting_for(room, ContactStatus.ACTIVE)) == 2


async def waiting_for(room: ChannelRoom, status: ContactStatus) -> list[ContactRow]:
    return await room.rows(ContactRow, ContactRow.status == status)
