"""When the database or the disk cannot: nothing is acknowledged, the sender is told to come again, nothing is lost."""

from pathlib import Path

import pytest

from channels.adapter import MalformedInbound
from kit.blobs import BlobStore
from kit.errors import Unavailable
from router.contact import RawInbound
from tests.contract.webchat.test_forms import FIELDS, post, receipt_of
from tests.support.citizens import OWN_SCRIPT, CitizenSide, Visitor
from tests.support.waiting import wait_until


async def test_a_chat_message_is_not_acknowledged_and_comes_again(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side)
    async with visitor.chatting() as socket:
        side.database.away = True
        socket.say({"type": "message", "client_msg_id": "a", "text": "您好", "attachment_ids": []})
        assert await wait_until(lambda: socket.closed, "the page is told to come again") == 1013
        assert socket.heard("ack") == []
    side.database.away = False
    async with visitor.chatting() as socket:
        assert await visitor.says(socket, "您好", "a") == 1


async def test_a_form_is_told_to_come_again_and_then_taken(side: CitizenSide) -> None:
    browser = side.browser()
    await browser.get("/form")
    side.database.away = True
    page = await browser.get("/form")
    assert page.status_code == 503
    assert "暂时收不下" in page.text
    side.database.away = False
    receipt_of(await post(browser, FIELDS))
    assert len(await side.contacts()) == 1


async def test_a_full_disk_refuses_the_upload_and_keeps_the_chat(side: CitizenSide, tmp_path: Path) -> None:
    (tmp_path / "a file where the folder should be").write_text("x")
    full = BlobStore(tmp_path / "a file where the folder should be")
    with pytest.raises(Unavailable):
        await full.put(b"x")
    visitor = await Visitor.arrives(side)
    folder, side.blobs._folder = side.blobs._folder, full._folder
    answer = await visitor.browser.post("/chat/api/uploads", files={"file": ("a.csv", b"1,2")}, headers=OWN_SCRIPT)
    assert answer.status_code == 503
    side.blobs._folder = folder
    async with visitor.chatting() as socket:
        await visitor.says(socket, "没有附件也行", "a")


async def test_what_no_page_of_ours_made_is_refused_for_good(side: CitizenSide) -> None:
    for adapter in (side.chat, side.form):
        raw = RawInbound(
            channel=adapter.channel, account="web", provider_id="x", received_at=side.clock.now(), raw_json={"a": 1}
        )
        with pytest.raises(MalformedInbound):
            await adapter.parse(raw)
