"""Forged, repeated, unreadable, too much, and a database that is away: what the provider is told and what is kept."""

import json

import pytest

from records.messages.tables import LedgerState
from tests.support.channel_room import ChannelRoom
from tests.support.sms_accounts import SECRET
from tests.support.sms_provider import generic_calls, twilio_calls
from tests.support.sms_world import CITIZEN, SmsWorld, sms_world

FIELDS = {"MessageSid": "SM1", "From": CITIZEN, "Body": "您好"}


async def test_a_forged_signature_is_refused_and_nothing_is_kept(world: SmsWorld) -> None:
    for secret in ("wrong", "", SECRET + " "):
        answer = await twilio_calls(world.client, world.url(), FIELDS, secret=secret)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    unsigned = await world.client.post(world.url(), data=FIELDS)
    assert unsigned.status_code == 403
    assert await world.room.ledger() == []


async def test_an_address_that_we_did_not_give_out_is_refused(world: SmsWorld) -> None:
    path = world.adapter.addresses.path(world.account.id, "in")
    start, _, end = path.rsplit("/", 2)
    for wrong in (f"{start}/aaaaaaaaaaaaaaaa/{end}", path.replace(world.account.id, "other")):
        answer = await twilio_calls(world.client, "http://axd" + wrong, FIELDS)
        assert answer.status_code == 403
    assert (await world.client.get(path)).status_code == 405


async def test_a_replayed_call_changes_nothing(world: SmsWorld) -> None:
    for _ in range(2):
        assert (await twilio_calls(world.client, world.url(), FIELDS)).status_code == 200
        await world.works()
    # What was signed for the address of texts is forged at that of reports.
    answer = await twilio_calls(world.client, world.url("report"), FIELDS, signed_for=world.url())
    assert answer.status_code == 403
    assert await world.room.heard() == ["您好"]


async def test_a_database_that_is_away_makes_the_provider_come_again(world: SmsWorld) -> None:
    world.room.side.database.away = True
    answer = await twilio_calls(world.client, world.url(), FIELDS)
    assert answer.status_code == 503
    world.room.side.database.away = False
    assert (await twilio_calls(world.client, world.url(), FIELDS)).status_code == 200
    await world.works()
    assert await world.room.heard() == ["您好"]


async def test_more_than_a_call_can_be_is_not_read(world: SmsWorld) -> None:
    answer = await world.client.post(world.url(), content=b"x" * 300_000)
    assert answer.status_code == 413
    assert await world.room.ledger() == []


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"\xff\xfe\x00", b"[" * 50_000, b"7"])
async def test_what_no_provider_sends_is_refused_where_nobody_signed_it(
    room: ChannelRoom, kind: str, body: bytes
) -> None:
    async with sms_world(room, kind) as world:
        assert (await world.client.post(world.url(), content=body)).status_code == 400
        assert await room.ledger() == []


async def test_what_was_signed_and_cannot_be_read_is_quarantined(room: ChannelRoom) -> None:
    async with sms_world(room, "generic") as world:
        for body in (b"\xff\xfe\x00\x01", b"not json", json.dumps({"list": [{"mobile": 7}, "x"]}).encode()):
            assert (await generic_calls(world.client, world.url(), body)).status_code == 200
        await world.works()
        rows = await room.ledger()
        assert [row.state for row in rows] == [LedgerState.QUARANTINED] * 3
        assert await room.side.blobs.read(str(rows[0].raw_blob_key)) == b"\xff\xfe\x00\x01"


async def test_texts_in_the_wrong_encoding_are_read_as_they_were_meant(room: ChannelRoom) -> None:
    async with sms_world(room, "generic") as world:
        item = {"mobile": "13900000001", "content": "镕基您好，㐂", "msgid": "m1"}
        body = json.dumps({"list": [item]}, ensure_ascii=False).encode("gb18030")
        assert (await generic_calls(world.client, world.url(), body)).status_code == 200
        await world.works()
        assert await room.heard() == ["镕基您好，㐂"]


async def test_characters_that_no_database_takes_do_not_lose_the_text(room: ChannelRoom) -> None:
    async with sms_world(room, "generic") as world:
        body = rb'{"list": [{"mobile": "13900000001", "content": "a\u0000b\ud800c", "msgid": "m\u00001"}]}'
        assert (await generic_calls(world.client, world.url(), body)).status_code == 200
        await world.works()
        assert await room.heard() == ["abc"]


async def test_a_stopped_account_takes_nothing_but_loses_nothing(world: SmsWorld) -> None:
    async with world.room.database.unit_of_work(world.room.access) as uow:
        (await uow.session.merge(world.account)).enabled = False
    assert (await twilio_calls(world.client, world.url(), FIELDS)).status_code == 503


async def test_a_text_without_words_is_no_contact(world: SmsWorld) -> None:
    await world.citizen_texts("  ")
    await world.works()
    (row,) = await world.room.ledger()
    assert (row.state, row.reason) == ("ignored", "empty")


async def test_free_text_that_is_refused_says_so_and_a_template_passes(world: SmsWorld) -> None:
    world.peer.refuses_free_text = True
    await world.approve("您好，{1}已受理。", "HX0001")
    await world.citizen_texts("您好")
    await world.works()
    free = await world.agent_answers("没有模板的话")
    fitting = await world.agent_answers("您好，0017已受理。")
    await world.sends()
    assert ((await world.outbox_of(free)).state, (await world.outbox_of(fitting)).state) == ("failed", "sent")
    assert world.peer.taken[-1].variables == {"1": "0017"}
