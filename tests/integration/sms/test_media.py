"""Multimedia messages of Twilio: files fetched after the answer, from Twilio alone; trouble loses nothing."""

import pytest

from channels.sms.media import MOST_BYTES, PATIENCE
from kit.blobs import BlobRow
from records.messages.tables import AttachmentRow, LedgerState
from tests.support.sms_world import SmsWorld

ELSEWHERE = ("http://127.0.0.1:9/x", "https://twiliocdn.com.example/x", "https://evil.example/media.twiliocdn.com/x")


def named(world: SmsWorld, *names: str) -> dict[str, str]:
    base = f"{world.peer.url}/2010-04-01/Accounts/{world.account.settings['account_sid']}/Messages/MM1/Media"
    fields = {"NumMedia": str(len(names))}
    for number, name in enumerate(names):
        address = name if "://" in name else f"{base}/{name}"
        fields |= {f"MediaUrl{number}": address, f"MediaContentType{number}": "image/jpeg"}
    return fields


async def test_pictures_are_fetched_after_the_answer_and_kept_with_the_message(world: SmsWorld) -> None:
    world.peer.media |= {"a": b"\xff\xd8one", "b": b"\xff\xd8two"}
    assert await world.citizen_texts("", "MM1", **named(world, "a", "b")) == 200
    assert world.peer.media_asked == 0, "Twilio has its answer before anything is fetched"
    await world.works()
    files = await world.room.rows(AttachmentRow)
    assert [(file.filename, file.media_type) for file in files] == [
        ("mms-1.jpg", "image/jpeg"),
        ("mms-2.jpg", "image/jpeg"),
    ]
    assert [await world.room.side.blobs.read(file.blob_key) for file in files] == [b"\xff\xd8one", b"\xff\xd8two"]
    assert {blob.kept for blob in await world.room.rows(BlobRow)} == {True}
    assert world.peer.forgeries == 0


async def test_what_is_gone_or_too_large_is_told_to_the_agent(world: SmsWorld) -> None:
    world.peer.media |= {"huge": bytes(MOST_BYTES + 1), "small": b"jpeg"}
    await world.citizen_texts("见图", "MM1", **named(world, "huge", "gone", "small"))
    await world.works()
    assert await world.room.heard() == ["见图\n（彩信，2 个附件未收取）"]
    assert len(await world.room.rows(AttachmentRow)) == 1


@pytest.mark.parametrize("place", ELSEWHERE)
async def test_nothing_is_fetched_from_elsewhere_and_the_message_is_set_aside(world: SmsWorld, place: str) -> None:
    world.peer.moved["a"] = place
    await world.citizen_texts("一", "MM1", **named(world, place))
    await world.citizen_texts("二", "MM2", **named(world, "a"))
    await world.works()
    assert [row.state for row in await world.room.ledger()] == [LedgerState.QUARANTINED] * 2
    assert await world.room.contacts() == []


async def test_a_provider_in_trouble_is_asked_again_and_then_the_message_is_set_aside(world: SmsWorld) -> None:
    world.peer.media["a"] = b"jpeg"
    world.peer.troubles = [503]
    await world.citizen_texts("见图", "MM1", **named(world, "a"))
    await world.works()
    assert [row.state for row in await world.room.ledger()] == [LedgerState.RECEIVED]
    world.room.side.clock.advance(60)
    await world.works()
    assert (await world.room.heard(), len(await world.room.rows(AttachmentRow))) == (["见图"], 1)
    world.peer.troubles = [503] * 9
    await world.citizen_texts("再看", "MM2", **named(world, "a"))
    await world.works()
    world.room.side.clock.advance(PATIENCE.total_seconds() + 1)
    await world.works()
    assert (await world.room.ledger())[-1].state == LedgerState.QUARANTINED
