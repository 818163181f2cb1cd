"""What every adapter promises, asked of each alike. A new adapter is one line in `tests/support/adapters.py`."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import FrozenInstanceError, fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from channels.adapter import (
    Capabilities,
    ChannelUnavailable,
    ContactRequest,
    Health,
    MalformedInbound,
    MessageRejected,
    NotSupported,
    SendReceipt,
)
from kit.blobs import BlobRow
from kit.database import make_engine
from kit.ids import new_id
from kit.unit_of_work import Database
from tests.support.adapters import ADAPTERS, Sample, Subject, described, outbound, outcome
from tests.support.channel_room import ChannelRoom
from tests.support.citizens import citizen_side
from tests.support.clock import ManualClock
from tests.support.smtp_peer import smtp_peer


@pytest.fixture
async def room(sqlite_url: str, clock: ManualClock, redis_url: str, tmp_path: Path) -> AsyncIterator[ChannelRoom]:
    """Only on SQLite: which database it is makes no difference to an adapter."""
    engine: AsyncEngine = make_engine(sqlite_url)
    async with citizen_side(Database(engine, clock), clock, redis_url, tmp_path / "blobs") as side:
        made = ChannelRoom.make(side, redis_url)
        yield made
        await made.close()
    await engine.dispose()


@pytest.fixture(params=ADAPTERS)
async def subject(request: pytest.FixtureRequest, room: ChannelRoom) -> AsyncIterator[Subject]:
    async with smtp_peer() as peer, ADAPTERS[request.param](room, peer) as made:
        yield made


def readable(subject: Subject) -> list[Sample]:
    return [sample for sample in subject.samples if "error" not in sample.expected]


async def test_each_sample_becomes_the_request_that_its_file_says(subject: Subject) -> None:
    assert subject.samples
    for sample in subject.samples:
        assert await outcome(subject.adapter, sample.raw) == sample.expected, sample.name


async def test_reading_again_gives_the_same_request(subject: Subject) -> None:
    """And a later reading too: nothing depends on when or how often it is done."""
    for sample in readable(subject):
        first, second = [await subject.adapter.parse(sample.raw) for _ in range(2)]
        assert described(first) == described(second), sample.name


async def test_reading_alone_keeps_no_file_for_ever(subject: Subject, room: ChannelRoom) -> None:
    """It may be a repeat, or be read once more: only what refers to a file keeps it."""
    for sample in readable(subject):
        await subject.adapter.parse(sample.raw)
    assert [row for row in await room.rows(BlobRow) if row.kept] == []


async def test_a_request_names_itself_its_thread_and_its_channel(subject: Subject) -> None:
    for sample in readable(subject):
        request = await subject.adapter.parse(sample.raw)
        assert request.channel == subject.adapter.channel
        assert 0 < len(request.external_id) <= 200
        assert 0 < len(request.thread_key) <= 200
        assert bool(request.client_id) is subject.with_client_id
        assert request.sender.kind
        assert request.sender.value
        assert request.recipient.kind
        assert request.received_at == sample.raw.received_at
        assert request.received_at.utcoffset() == timedelta(0)
        assert request.text or request.subject or request.attachments


async def test_two_items_never_share_an_external_id(subject: Subject) -> None:
    requests = [await subject.adapter.parse(sample.raw) for sample in readable(subject)]
    assert len({request.external_id for request in requests}) == len(requests)


async def test_adapters_choose_neither_queue_nor_skill_nor_priority(subject: Subject) -> None:
    chosen = {"queue", "queue_id", "skill", "skills", "requirements", "priority"}
    assert not chosen & {field.name for field in fields(ContactRequest)}
    for sample in readable(subject):
        assert not chosen & set((await subject.adapter.parse(sample.raw)).hints)


async def test_what_cannot_be_read_is_malformed_and_nothing_else(subject: Subject) -> None:
    assert subject.malformed
    for item in subject.malformed:
        try:
            request = await subject.adapter.parse(item)
        except MalformedInbound:
            continue
        # What is wrong in a part that the channel does not need is no fault: the rest is as it must be.
        texts = [request.external_id, request.thread_key, request.text, request.subject, request.sender.value]
        texts += [request.language or "", request.client_id or ""]
        assert all(isinstance(text, str) for text in texts), item.raw_json


async def test_capabilities_are_frozen_and_true(subject: Subject, room: ChannelRoom) -> None:
    can = subject.adapter.capabilities
    assert isinstance(can, Capabilities)
    with pytest.raises(FrozenInstanceError):
        can.replies = not can.replies  # type: ignore[misc]
    assert can.max_text_chars > 0
    assert can.live is (hasattr(subject.adapter, "connect") and hasattr(subject.adapter, "release"))
    requests = [await subject.adapter.parse(sample.raw) for sample in readable(subject)]
    assert can.attachments is any(request.attachments for request in requests)
    assert can.replies
    message = await room.answers()
    longest = replace(outbound(message.id, subject.recipient), text="字" * can.max_text_chars)
    assert await subject.adapter.send(longest)


async def test_sending_again_is_the_same_message(subject: Subject, room: ChannelRoom) -> None:
    message = await room.answers()
    asked = outbound(message.id, subject.recipient)
    first, second = [await subject.adapter.send(asked) for _ in range(2)]
    assert isinstance(first, SendReceipt)
    assert first == second
    assert first.external_id
    ids = {line for mail in subject.taken() for line in mail.splitlines() if line.lower().startswith(b"message-id:")}
    assert len(ids) == (1 if subject.taken() else 0), "the other side can tell that it is the same"
    assert len(await room.heard()) == 0


async def test_trouble_is_told_in_the_contracts_words(subject: Subject, room: ChannelRoom) -> None:
    message = await room.answers()
    if subject.refused:
        with pytest.raises(MessageRejected):
            await subject.adapter.send(outbound(message.id, subject.refused))
    for asked in (outbound(new_id(), subject.recipient), outbound(message.id, "")):
        with suppress(ChannelUnavailable, MessageRejected, NotSupported):
            assert isinstance(await subject.adapter.send(asked), SendReceipt)
    if subject.trouble is not None:
        await subject.trouble()
        with pytest.raises(ChannelUnavailable):
            await subject.adapter.send(outbound(message.id, subject.recipient))


async def test_the_check_answers_with_words_for_the_operator(subject: Subject) -> None:
    health = await subject.adapter.check()
    assert isinstance(health, Health)
    assert health.ok or health.detail
    if subject.trouble is not None:
        await subject.trouble()
        health = await subject.adapter.check()
        assert not health.ok
        assert health.detail
