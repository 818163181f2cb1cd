"""The IMAP library's faults, each with the answer of a server that brings it out."""

import asyncio

import pytest
from aioimaplib import aioimaplib

from channels.mail.receiving.fetch_response import read_fetch, read_search
from channels.mail.receiving.protocol import ConnectionLost
from channels.mail.receiving.session import ImapServer, ImapSession
from tests.support.imap_wire import connected, sent


def fetch_answer(number: int, raw: bytes) -> bytes:
    return b"* %d FETCH (UID %d RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n" % (number, number, len(raw), len(raw), raw)


MAILS = [b"Subject: * 1 FETCH (UID 9)\r\n\r\n* 3 EXISTS\r\n", b"A1 OK done\r\n", b"", b"x) {5}\r\n(", b"\r\n"]


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
async def test_mails_come_out_unchanged_however_the_stream_is_cut(step: int) -> None:
    protocol, wire = connected()
    task, tag = await sent(protocol, protocol.fetch("1:5", "(UID BODY.PEEK[])", by_uid=True, timeout=5), wire)
    stream = b"".join(fetch_answer(number, raw) for number, raw in enumerate(MAILS, 1))
    stream += b"* 9 EXISTS\r\n* 2 FETCH (FLAGS (\\Seen))\r\n" + f"{tag} OK done\r\n".encode()
    for start in range(0, len(stream), step):
        protocol.data_received(stream[start : start + step])
    assert [mail.raw for mail in read_fetch((await task).lines)] == MAILS


async def test_ten_thousand_lines_in_one_piece_are_no_recursion() -> None:
    protocol, wire = connected()
    task, tag = await sent(protocol, protocol.fetch("1:*", "(UID RFC822.SIZE)", by_uid=True, timeout=5), wire)
    lines = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 7)\r\n" % (number, number) for number in range(1, 10_001))
    protocol.data_received(lines + f"{tag} OK done\r\n".encode())
    assert [mail.uid for mail in read_fetch((await task).lines)] == list(range(1, 10_001))


async def test_a_mail_told_of_while_others_are_fetched_is_not_waited_for() -> None:
    protocol, wire = connected()
    session = ImapSession(protocol, ImapServer(host="mail.test", port=143))
    search, tag = await sent(protocol, session.search("ALL"), wire)
    protocol.data_received(f"* SEARCH 1\r\n{tag} OK done\r\n".encode())
    assert await search == [1]
    fetch, tag = await sent(protocol, session.fetch([1], "BODY.PEEK[]"), wire)
    protocol.data_received(fetch_answer(1, MAILS[0]) + b"* 2 EXISTS\r\n" + f"{tag} OK done\r\n".encode())
    assert [mail.raw for mail in await fetch] == MAILS[:1]
    async with asyncio.timeout(1):
        await session.wait_for_news(600, asyncio.Event())


async def test_a_lost_connection_ends_every_wait() -> None:
    protocol, wire = connected()
    task, _ = await sent(protocol, protocol.search("ALL", by_uid=True), wire)
    protocol.connection_lost(None)
    with pytest.raises(ConnectionLost):
        async with asyncio.timeout(1):
            await task
    assert protocol.lost.done()


async def test_a_rejected_token_is_answered_and_explained() -> None:
    protocol, wire = connected()
    protocol.state = "NONAUTH"
    task, tag = await sent(protocol, protocol.xoauth2("user", "token"), wire)
    wire.written.clear()
    protocol.data_received(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
    assert wire.written == b"\r\n"
    protocol.data_received(f"{tag} NO AUTHENTICATE failed\r\n".encode())
    assert (await task).result == "NO"
    assert protocol.rejection == '{"status":"400"}'


@pytest.mark.parametrize("answer", [b"* 1 FETCH (BODY[] {999999999}\r\n", b"x" * 2_000_000, b"Z9 OK whose?\r\n"])
async def test_nonsense_ends_the_connection(answer: bytes) -> None:
    protocol, wire = connected()
    task, _ = await sent(protocol, protocol.fetch("1", "(BODY.PEEK[])", by_uid=True, timeout=5), wire)
    protocol.data_received(answer)
    with pytest.raises(ConnectionLost):
        await task
    assert wire.aborted


async def test_a_server_that_falls_silent_times_out() -> None:
    protocol, wire = connected()
    task, _ = await sent(protocol, protocol.fetch("1", "(BODY.PEEK[])", by_uid=True, timeout=0.05), wire)
    protocol.data_received(b"* 1 FETCH (UID 1 BODY[] {100}\r\nhalf")
    with pytest.raises(aioimaplib.CommandTimeout):
        await task


async def test_searches_may_come_in_several_answers() -> None:
    protocol, wire = connected()
    task, tag = await sent(protocol, protocol.search("ALL", charset=None, by_uid=True), wire)
    protocol.data_received(b"* SEARCH 1 2\r\n* SEARCH 7\r\n" + f"{tag} OK 3 found\r\n".encode())
    assert read_search((await task).lines) == [1, 2, 7]
    task, tag = await sent(protocol, protocol.search("NONE", charset=None, by_uid=True), wire)
    protocol.data_received(b"* SEARCH\r\n" + f"{tag} OK 0 found\r\n".encode())
    assert read_search((await task).lines) == []


def test_a_body_may_be_a_quoted_string_and_a_date_is_utc() -> None:
    line = rb'1 FETCH (UID 4 INTERNALDATE "24-Nov-2026 10:00:00 +0800" BODY[] "a \"b\" \\ (UID 9)")'
    (mail,) = read_fetch([line, b"Fetch completed."])
    assert (mail.uid, mail.raw) == (4, rb'a "b" \ (UID 9)')
    assert mail.arrived_at is not None
    assert mail.arrived_at.isoformat() == "2026-11-24T02:00:00+00:00"
