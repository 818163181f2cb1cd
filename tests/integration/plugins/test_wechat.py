"""The sample plug-in, loaded by its entry point, over real HTTP."""

import httpx

from records.messages.tables import AttachmentRow, LedgerState, OutboxState
from tests.support.wechat_platform import ACCOUNT, CITIZEN, GONE, WeChatPlatform, encrypt, message_xml
from tests.support.wechat_world import WeChatWorld

XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>'


def text_of(platform: WeChatPlatform, text: str, number: str = "1001", **more: str) -> str:
    created = int(platform.clock.now().timestamp())
    return message_xml("text", created=created, Content=text, MsgId=number, **more)


async def said(world: WeChatWorld, text: str, number: str = "1001", sender: str = CITIZEN) -> None:
    answer = await world.platform.says(text_of(world.platform, text, number, sender=sender))
    assert (answer.status_code, answer.text) == (200, "success")
    world.room.side.clock.advance(0.01)


async def test_the_platform_proves_the_address(world: WeChatWorld) -> None:
    async with httpx.AsyncClient() as client:
        query = {**world.platform.query(), "echostr": "echo-1"}
        proved = await client.get(world.platform.callback, params=query)
        assert (proved.status_code, proved.text) == (200, "echo-1")
        forged = await client.get(world.platform.callback, params={**query, "signature": "0" * 40})
        assert (forged.status_code, "echo-1" in forged.text) == (403, False)


async def test_a_citizen_writes_and_is_answered(world: WeChatWorld) -> None:
    await said(world, "高企认定需要什么材料？")
    await world.reads()
    (contact,) = await world.room.contacts()
    assert (contact.channel, contact.sender, contact.recipient) == ("wechat", CITIZEN, ACCOUNT)
    await world.agent_answers(contact, "请登录系统查看。")
    await world.sends()
    sent = [message["text"]["content"] for message in world.platform.sent]
    assert "请登录系统查看。" in sent
    assert any("查询密码" in text for text in sent), "the receipt went by the same way"
    assert {message["touser"] for message in world.platform.sent} == {CITIZEN}


async def test_an_account_without_encryption_works_too(plain_world: WeChatWorld) -> None:
    await said(plain_world, "您好")
    await plain_world.reads()
    assert await plain_world.room.heard() == ["您好"]
    forged = await plain_world.platform.says(text_of(plain_world.platform, "伪造"), signature="0" * 40)
    assert forged.status_code == 403


async def test_a_repeated_message_makes_one_contact_and_so_does_an_event(world: WeChatWorld) -> None:
    created = int(world.platform.clock.now().timestamp())
    event = message_xml("event", created=created, Event="subscribe")
    for _ in range(3):
        await said(world, "请问")
        assert (await world.platform.says(event)).text == "success"
    await world.reads()
    assert {row.provider_id for row in await world.room.ledger()} == {"1001", f"{CITIZEN}:{created}:subscribe"}
    assert [row.state for row in await world.room.ledger()] == [LedgerState.ROUTED, LedgerState.IGNORED]
    assert await world.room.heard() == ["请问"]


async def test_what_is_forged_or_old_or_for_another_account_leaves_nothing(world: WeChatWorld) -> None:
    platform, xml = world.platform, text_of(world.platform, "伪造")
    encrypted = encrypt(xml, "wx-of-another")
    body = f"<xml><Encrypt>{encrypted}</Encrypt></xml>"
    foreign = await platform.post(body, platform.query(encrypted))
    broken = await platform.post("<xml><Encrypt>AAAA</Encrypt></xml>", platform.query("AAAA"))
    old = str(int(platform.clock.now().timestamp()) - 3600)
    for answer in (
        foreign,
        broken,
        await platform.says(xml, msg_signature="0" * 40),
        await platform.says(xml, msg_signature=""),
        await platform.says(xml, timestamp=old),
        await platform.says(xml, timestamp="soon"),
        await platform.says(xml, timestamp="9" * 12),
    ):
        assert answer.status_code == 403
    for unreadable in (xml, "no xml", XXE):
        assert (await platform.post(unreadable, platform.query())).status_code == 422
    assert (await platform.post("x" * 100_000, platform.query())).status_code == 413
    assert await world.room.ledger() == []


async def test_what_is_signed_and_cannot_be_read_is_quarantined(world: WeChatWorld) -> None:
    for xml in ("no xml at all", "<xml><MsgType>text</MsgType></xml>", XXE):
        assert (await world.platform.says(xml)).text == "success"
    await world.reads()
    assert {row.state for row in await world.room.ledger()} == {LedgerState.QUARANTINED}


async def test_a_database_that_is_away_makes_the_platform_come_again(world: WeChatWorld) -> None:
    xml = text_of(world.platform, "请问")
    world.room.side.database.away = True
    assert (await world.platform.says(xml)).status_code == 503
    world.room.side.database.away = False
    assert (await world.platform.says(xml)).text == "success"
    await world.reads()
    assert await world.room.heard() == ["请问"]


async def test_pictures_and_voice_are_fetched_and_places_become_words(world: WeChatWorld) -> None:
    world.platform.media |= {"m1": b"jpeg", "m2": b"#!AMR"}
    created = int(world.platform.clock.now().timestamp())
    for number, (kind, fields) in enumerate(
        (
            ("image", {"MediaId": "m1", "PicUrl": "http://x"}),
            ("voice", {"MediaId": "m2", "Format": "amr", "Recognition": "我要投诉"}),
            ("location", {"Location_X": "39.9", "Location_Y": "116.4", "Scale": "15", "Label": "学府路"}),
            ("image", {"MediaId": "expired"}),
        )
    ):
        await world.platform.says(message_xml(kind, created=created, MsgId=f"20{number}", **fields))
        world.room.side.clock.advance(0.01)
    await world.reads()
    assert await world.room.heard() == [
        "",
        "我要投诉",
        "位置：39.9, 116.4 学府路",
        "（image-203.jpg 已不能从微信取得）",
    ]
    files = await world.room.rows(AttachmentRow)
    assert [(row.filename, await world.room.side.blobs.read(row.blob_key)) for row in files] == [
        ("image-200.jpg", b"jpeg"),
        ("voice-201.amr", b"#!AMR"),
    ]


async def test_media_wait_for_a_platform_that_is_away(world: WeChatWorld) -> None:
    world.platform.media["m1"] = b"jpeg"
    await world.platform.says(message_xml("image", created=1, MsgId="1", MediaId="m1"))
    world.platform.busy = True
    await world.reads()
    assert await world.room.contacts() == []
    world.platform.busy = False
    world.room.side.clock.advance(60)
    await world.reads()
    assert len(await world.room.rows(AttachmentRow)) == 1


async def answered(world: WeChatWorld, sender: str, text: str) -> tuple[str, str]:
    """What became of an answer to `sender`, and why."""
    await said(world, "请问", "1", sender)
    await world.reads()
    (contact,) = await world.room.contacts()
    await world.agent_answers(contact, text)
    await world.sends()
    row = await world.room.outbox_row_of(text)
    return row.state, row.last_error


async def test_an_answer_after_48_hours_is_refused_and_the_agent_sees_why(world: WeChatWorld) -> None:
    state, reason = await answered(world, GONE, "迟到的答复")
    assert state == OutboxState.FAILED
    assert "48 hours" in reason


async def test_too_many_answers_are_refused_and_the_agent_sees_why(world: WeChatWorld) -> None:
    world.platform.limit = 0
    state, reason = await answered(world, CITIZEN, "再答")
    assert state == OutboxState.FAILED
    assert "until the citizen writes again" in reason


async def test_a_revoked_token_is_renewed_once_and_the_answer_goes_out(world: WeChatWorld) -> None:
    assert (await answered(world, CITIZEN, "一"))[0] == OutboxState.SENT
    world.platform.revoked = True
    (contact,) = await world.room.contacts()
    await world.agent_answers(contact, "二")
    await world.sends()
    assert world.platform.sent[-1]["text"]["content"] == "二"
    assert [asked["force_refresh"] for asked in world.platform.token_asked] == [False, True]


async def test_a_token_is_kept_until_shortly_before_it_expires(world: WeChatWorld) -> None:
    for wait_s, asked in ((0, 1), (6000, 1), (1000, 2)):
        world.room.side.clock.advance(wait_s)
        assert (await world.adapter.check()).ok
        assert len(world.platform.token_asked) == asked


async def test_a_platform_that_dies_and_comes_back_gets_each_part_once(world: WeChatWorld) -> None:
    await said(world, "请问")
    await world.reads()
    await world.sends()
    (contact,) = await world.room.contacts()
    text = "\n".join(["甲" * 600, "乙" * 600])
    await world.agent_answers(contact, text)
    before = len(world.platform.sent)
    take = world.platform.take

    def once(message: dict[str, object]) -> dict[str, object]:
        world.platform.busy = True
        return take(message)

    world.platform.take = once  # type: ignore[method-assign]
    await world.sends()
    world.platform.busy, world.platform.take = False, take  # type: ignore[method-assign]
    await world.platform.server.kill()
    world.room.side.clock.advance(60)
    await world.sends()
    await world.platform.server.start()
    world.room.side.clock.advance(60)
    await world.sends()
    assert [message["text"]["content"][0] for message in world.platform.sent[before:]] == ["甲", "乙"]


async def test_only_pictures_go_out_as_files(world: WeChatWorld) -> None:
    await said(world, "请问")
    await world.reads()
    (contact,) = await world.room.contacts()
    for media_type, state in (("image/png", OutboxState.SENT), ("application/pdf", OutboxState.FAILED)):
        message = await world.agent_answers(contact, media_type)
        blob = await world.room.side.blobs.put(b"file")
        async with world.room.database.unit_of_work(world.room.access) as uow:
            uow.session.add(
                AttachmentRow(
                    message_id=message.id,
                    filename="f",
                    media_type=media_type,
                    size_bytes=blob.size_bytes,
                    sha256=blob.sha256,
                    blob_key=blob.key,
                    created_at=uow.now,
                )
            )
        await world.sends()
        assert (await world.room.outbox_row_of(media_type)).state == state
    assert world.platform.uploads == [b"file"]
    assert not any(message.get("text", {}).get("content") == "application/pdf" for message in world.platform.sent)
