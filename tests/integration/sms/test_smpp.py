"""Text messages over SMPP with an independent message centre: in, answer out, receipts, long texts, crashes."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from channels.adapter import ChannelUnavailable
from channels.sms import service
from channels.sms.carrier import SmsIn, SmsOut, account_of, raw_of
from channels.tables import AccountState
from kit import leases
from records.messages.tables import LedgerState, OutboxState
from tests.support.certificates import loopback_certificate
from tests.support.channel_room import ChannelRoom
from tests.support.smpp_world import OWN, SmppWorld, smpp_world
from tests.support.smsc import Smsc, smsc
from tests.support.waiting import wait_until

CITIZEN = "+8613900000001"
OK, TEMPORARY = 0x00, 0x64


@pytest.fixture
async def peer() -> AsyncIterator[Smsc]:
    async with smsc() as made:
        yield made


@pytest.fixture
async def line(room: ChannelRoom) -> AsyncIterator[SmppWorld]:
    async with smpp_world(room) as made:
        yield made


async def up(line: SmppWorld, peer: Smsc, **settings: object) -> None:
    await line.set_up(peer.port, **settings)
    await line.start()
    await peer.bound(2 if settings.get("mode") == "pair" else 1)


def answered_at_least(peer: Smsc, count: int) -> bool:
    return len(peer.of("answered")) >= count


@pytest.mark.parametrize("mode", ["transceiver", "pair"])
async def test_in_answer_out_and_receipt(line: SmppWorld, peer: Smsc, mode: str) -> None:
    await up(line, peer, mode=mode)
    peer.set(receipts=True)
    assert await peer.deliver("高企复审几时有结果") == OK
    assert await line.heard() == ["高企复审几时有结果"]
    (contact,) = await line.room.contacts()
    assert (contact.channel, contact.sender, contact.recipient) == ("sms", CITIZEN, OWN)
    message = await line.sms.agent_answers("三天内有结果 [€]")
    await line.sms.sends()
    await line.answer_is(message, OutboxState.DELIVERED)
    answer = next(one for one in peer.of("submit") if "三天" in one["text"])
    assert (answer["source"], answer["destination"]) == ("8657188120001", "8613900000001")
    assert (await line.state()).state == AccountState.CONNECTED


async def test_a_text_in_the_default_alphabet_and_others_are_read(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    assert await peer.deliver("Price: 5 [€] at £4?", data_coding=0) == OK
    assert await peer.deliver(hex="您好".encode("gb18030").hex(), data_coding=15) == OK
    assert await peer.deliver(message_payload_hex=("长文" * 200).encode("utf-16-be").hex(), data_coding=8) == OK
    assert await line.heard() == ["Price: 5 [€] at £4?", "您好", "长文" * 200]


async def test_what_is_delivered_twice_is_one_message_of_one_contact(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    for _ in range(2):
        assert await peer.deliver("您好") == OK
    peer.order("drop")
    await peer.bound(2)
    line.room.side.clock.advance(12)
    assert await peer.deliver("您好") == OK
    assert await line.heard() == ["您好"]
    assert len(await line.room.contacts()) == 1
    assert [(row.state, row.reason) for row in await line.ledger("smpp:")][1:] == [
        (LedgerState.IGNORED, "duplicate")
    ] * 2
    line.room.side.clock.advance(12)
    assert await peer.deliver("您好") == OK
    assert await line.heard() == ["您好", "您好"]


async def test_a_chinese_text_of_255_parts_in_wild_order(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    text = "".join(chr(0x4E00 + n % 20000) for n in range(67 * 255))
    numbers = [*range(200, 0, -1), *range(255, 200, -1)]
    assert set(await peer.deliver_long(text, 7, numbers)) == {OK}
    assert await line.heard() == [text]
    segments = await line.segments()
    assert len(segments) == 255
    (whole,) = await line.ledger("joined:")
    assert {segment.joined_ledger_id for segment in segments} == {whole.id}
    parts = {row.id for row in await line.ledger("smpp:")}
    assert {segment.ledger_id for segment in segments} == parts


async def test_two_senders_with_one_reference_stay_apart(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    one, two = "一" * 67 + "甲" * 30, "二" * 67 + "乙" * 30
    await peer.deliver_long(one, 9, [2])
    await peer.deliver_long(two, 9, [2], source_addr="8613900000002")
    await peer.deliver_long(one, 9, [1])
    await peer.deliver_long(two, 9, [1], source_addr="8613900000002")
    assert sorted(await line.heard()) == sorted([one, two])


async def test_a_character_that_a_phone_cut_in_two_is_whole_again(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    text = "好" * 66 + "𠮷" + "完"
    await peer.deliver_long(text, 3)
    assert await line.heard() == [text]


async def test_parts_delivered_twice_count_once_also_after_the_text_is_whole(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    text = "长" * 100
    await peer.deliver_long(text, 5, [1, 1, 2, 2])
    await peer.deliver_long(text, 5, [1, 2])
    assert await line.heard() == [text]
    assert [row.reason for row in await line.ledger("smpp:")].count("duplicate") == 4


async def test_a_reference_that_comes_round_again_is_another_text(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    for word in "甲乙":
        await peer.deliver_long(word * 100, 5)
    assert await line.heard() == ["甲" * 100, "乙" * 100]


async def test_a_missing_part_is_marked_when_no_more_came_for_too_long(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer, parts_timeout_s=1)
    text = "甲" * 67 + "乙" * 67 + "丙" * 67
    await peer.deliver_long(text, 5, [3, 1])
    assert await line.heard() == []
    line.room.side.clock.advance(2)
    assert await line.hears(1) == ["甲" * 67 + "[…2/3…]" + "丙" * 67]
    (contact,) = await line.room.contacts()
    assert contact.hints["incomplete"] is True
    await peer.deliver_long(text, 5, [2])
    line.room.side.clock.advance(2)
    assert (await line.hears(2))[1] == "[…1/3…]" + "乙" * 67 + "[…3/3…]"


async def test_what_is_no_text_is_quarantined_with_its_octets(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    assert await peer.deliver(hex="00ff10", data_coding=4) == OK
    assert await line.heard() == []
    (row,) = await line.ledger()
    assert row.state == LedgerState.QUARANTINED
    assert row.raw_blob_key is not None
    assert bytes.fromhex("00ff10") in await line.room.side.blobs.read(row.raw_blob_key)


async def test_nothing_is_acknowledged_that_is_not_stored(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    line.room.side.database.away = True
    assert await peer.deliver("您好") == TEMPORARY
    line.room.side.database.away = False
    assert await peer.deliver("您好") == OK
    assert await line.heard() == ["您好"]


async def test_a_centre_that_is_killed_under_way_loses_nothing(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    assert await peer.deliver("您好") == OK
    assert await line.heard() == ["您好"]
    await line.sms.sends()
    peer.set(deaf=True, hears=len(await peer.submitted(1)) + 1)
    message = await line.sms.agent_answers("久" * 200)
    sending = asyncio.create_task(line.sms.sends())
    await wait_until(lambda: len(peer.of("ignored")) == 2, "one part is taken, two are not")
    await peer.kill()
    await sending
    assert (await line.sms.outbox_of(message)).state == OutboxState.QUEUED
    await peer.start()
    await peer.bound(2)
    peer.set(receipts=True)
    await line.sends_until(message, OutboxState.DELIVERED)
    parts = [one for one in peer.of("submit") if "久" in one["text"]]
    assert "".join(one["text"] for one in parts) == "久" * 200
    assert len({one["udh"][0][:-2] for one in parts}) == 1
    assert await peer.deliver("再问") == OK
    assert await line.heard() == ["您好", "再问"]


async def test_lines_that_break_under_a_load_lose_and_double_nothing(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    peer.set(keeps=True)
    sent = [f"第{number}条" for number in range(100)]
    delivering = asyncio.gather(
        *(peer.deliver(text, source_addr=f"8613900000{n % 8:03d}") for n, text in enumerate(sent))
    )
    for times in (1, 2):
        await wait_until(partial(answered_at_least, peer, 20 * times), "some are answered")
        peer.order("drop")
        await peer.bound(times + 1)
    assert set(await delivering) == {OK}
    assert sorted(await line.heard()) == sorted(sent)


async def test_throttling_slows_down_and_loses_nothing(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    await peer.deliver("您好")
    await line.heard()
    peer.set(throttle=3)
    message = await line.sms.agent_answers("好的")
    await line.sms.sends()
    assert len(peer.of("throttled")) == 3
    await line.answer_is(message, OutboxState.SENT)


@pytest.mark.parametrize(("status", "state"), [(0x0B, OutboxState.FAILED), (0x08, OutboxState.QUEUED)])
async def test_a_refusal_is_final_or_passes(line: SmppWorld, peer: Smsc, status: int, state: OutboxState) -> None:
    await up(line, peer)
    await peer.deliver("您好")
    await line.heard()
    peer.set(refuse=status)
    message = await line.sms.agent_answers("好的")
    await line.sms.sends()
    row = await line.answer_is(message, state)
    assert f"{status:08x}" in row.last_error


async def test_receipts_before_the_answer_and_in_another_notation_count(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer, message_ids="hex_decimal")
    await peer.deliver("您好")
    await line.heard()
    peer.set(hex=True)
    peer.order("hold")
    message = await line.sms.agent_answers("好的")

    async def reported() -> bool:
        return "delivery report" in [row.reason for row in await line.ledger("smpp:")]

    sending = line.sms.sends()
    waiting = wait_until(reported, "the receipt is stored")
    sent = asyncio.create_task(sending)
    await waiting
    peer.order("release")
    await sent
    await line.answer_is(message, OutboxState.DELIVERED)


@pytest.mark.parametrize("way", ["udh", "udh16", "sar", "payload"])
async def test_each_way_of_long_texts_is_understood_by_the_other_side(line: SmppWorld, peer: Smsc, way: str) -> None:
    await up(line, peer, concatenation=way)
    await peer.deliver("您好")
    await line.heard()
    message = await line.sms.agent_answers("长" * 150)
    await line.sms.sends()
    await line.answer_is(message, OutboxState.SENT)
    parts = [one for one in peer.of("submit") if "长" in one["text"]]
    assert "".join(one["text"] for one in parts) == "长" * 150
    assert len(parts) == {"udh": 3, "udh16": 3, "sar": 3, "payload": 1}[way]
    assert [one["registered_delivery"] for one in parts] == [0] * (len(parts) - 1) + [1]
    if way.startswith("udh"):
        assert [one["udh"][0][-4:] for one in parts] == ["0301", "0302", "0303"]
    if way == "sar":
        assert [one["sar"][1:] for one in parts] == [[1, 3], [2, 3], [3, 3]]


async def test_a_silent_centre_is_asked_and_left(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer, enquire_link_s=1, response_timeout_s=0.5)
    peer.set(silent=True)
    await peer.bound(2)
    assert peer.of("enquired")


async def test_a_wrong_password_is_shown_and_tried_again(line: SmppWorld, peer: Smsc) -> None:
    await line.set_up(peer.port, password="wrong")
    await line.start()

    async def told() -> bool:
        return "password" in (await line.state()).last_error

    await wait_until(told, "the refusal is noted")
    assert peer.of("bound") == []


async def test_octets_that_are_no_units_end_the_session_and_a_new_one_begins(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    peer.order("raw", hex="ffffffff" + "00" * 60)
    await peer.bound(2)
    assert await peer.deliver("您好") == OK


async def test_one_process_has_the_session_and_sends_for_the_others(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    other = line.carrier()
    account = account_of(await line.state(), line.room.side.box)
    assert (await other.check(account)).ok
    handed = await other.submit(account, SmsOut(reference="r1", recipient=CITIZEN, text="您好"))
    assert handed.provider_ids == (peer.of("submit")[-1]["id"],)
    assert len(peer.of("bound")) == 1


async def test_stopping_parts_politely(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    await line.stop()
    await wait_until(lambda: peer.of("unbound"), "we unbound")


async def test_a_process_that_lost_the_lease_stores_nothing_and_another_takes_over(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    line.room.side.clock.advance(60)
    assert await peer.deliver("您好") == TEMPORARY
    assert await line.ledger() == []
    await line.stop()
    await line.start()
    await peer.bound(2)
    assert await peer.deliver("您好") == OK
    assert await line.heard() == ["您好"]


async def test_who_crashed_with_the_lease_keeps_nobody_waiting(line: SmppWorld, peer: Smsc) -> None:
    await line.set_up(peer.port)
    async with line.room.database.unit_of_work(line.room.access) as uow:
        await leases.acquire(uow, f"smpp/{line.account.id}", "crashed", 30)
    account = account_of(await line.state(), line.room.side.box)
    async with asyncio.timeout(30):
        with pytest.raises(ChannelUnavailable):
            await line.carrier().submit(account, SmsOut(reference="r1", recipient=CITIZEN, text="您好"))


async def test_changed_settings_make_another_session(line: SmppWorld, peer: Smsc) -> None:
    await up(line, peer)
    async with line.room.database.unit_of_work(line.room.access) as uow:
        row = await service.get(uow, line.account.id)
        row.revision += 1
    await line.room.waker.wake(service.WAKE_ACCOUNTS)
    await peer.bound(2)
    assert len(peer.of("unbound")) == 1


async def test_an_account_that_nobody_keeps_connected_is_checked_by_a_bind(line: SmppWorld, peer: Smsc) -> None:
    await line.set_up(peer.port)
    assert (await line.sms.adapter.check_account(line.account.id, "en")).ok
    await wait_until(lambda: peer.of("unbound"), "we unbound")
    await line.set_up(peer.port, password="wrong")
    health = await line.sms.adapter.check_account(line.account.id, "en")
    assert not health.ok
    assert "password" in health.detail
    await peer.kill()
    assert "reached" in (await line.sms.adapter.check_account(line.account.id, "en")).detail


async def test_the_longest_text_there_is_arrives_whole(line: SmppWorld) -> None:
    await line.set_up(1)
    sms = SmsIn(
        account_id=line.account.id,
        provider_id="joined:1",
        sender=CITIZEN,
        recipient=OWN,
        text="x" * 153 * 255,
        received_at=line.room.side.clock.now(),
    )
    assert len((await line.sms.adapter.parse(raw_of(sms))).text) == 153 * 255


async def test_an_encrypted_line_goes_only_to_a_centre_that_is_trusted(
    line: SmppWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = loopback_certificate(tmp_path)
    async with smsc((certificate, key)) as peer:
        await line.set_up(peer.port, tls=True)
        health = await line.sms.adapter.check_account(line.account.id, "en")
        assert not health.ok
        assert "SSLCertVerificationError" in health.detail
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        await line.start()
        await peer.bound()
        assert await peer.deliver("您好") == OK
    assert await line.heard() == ["您好"]
