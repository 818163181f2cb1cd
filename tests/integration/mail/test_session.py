"""One IMAP session against a real Dovecot: what aioimaplib alone gets wrong."""

import asyncio

import pytest

from channels.mail.credentials import Credentials
from channels.mail.receiving.protocol import ConnectionLost
from channels.mail.receiving.session import ImapServer, LoginRejected, ServerRefused, connect
from kit.ids import new_id
from tests.support.mail_config import PASSWORD
from tests.support.mail_peers import MailPeers


def server(peers: MailPeers, security: str = "none") -> ImapServer:
    port = peers.ports.imaps if security == "tls" else peers.ports.imap
    return ImapServer(host="127.0.0.1", port=port, security=security, verify_certificate=False, timeout_s=10)


def credentials(user: str) -> Credentials:
    return Credentials(user=user, password=PASSWORD)


def mail(subject: str, body: str = "hello") -> bytes:
    return f"From: z@citizen.test\r\nSubject: {subject}\r\nMessage-ID: <{new_id()}@c>\r\n\r\n{body}\r\n".encode()


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
async def test_a_mail_is_fetched_byte_for_byte(mail_peers: MailPeers, security: str) -> None:
    user = new_id()
    raw = mail("* 1 FETCH (UID 7) {3}", ") * OK\r\nA1 OK done\r\n* 2 EXISTS")
    mail_peers.dovecot.append(user, raw)
    session = await connect(server(mail_peers, security), credentials(user))
    folder = await session.select("INBOX")
    uids = await session.search("UID", "1:*")
    fetched = await session.fetch(uids, "RFC822.SIZE BODY.PEEK[]")
    await session.close()
    assert folder.exists == 1
    assert [item.raw for item in fetched] == [raw]
    assert fetched[0].size_bytes == len(raw)


async def test_thousands_of_answers_and_a_large_mail(mail_peers: MailPeers) -> None:
    user = new_id()
    mail_peers.dovecot.append(user, *[mail(f"n{number}") for number in range(1200)])
    mail_peers.dovecot.append(user, mail("large", "x" * 76 + ("\r\n" + "y" * 76) * 260_000))
    session = await connect(server(mail_peers), credentials(user))
    await session.select("INBOX")
    uids = await session.search("ALL")
    assert len(uids) == 1201
    sizes = await session.fetch(uids, "RFC822.SIZE")
    assert [item.uid for item in sizes] == uids
    large = (await session.fetch(uids[-1:], "BODY.PEEK[]"))[0].raw or b""
    await session.close()
    assert len(large) > 20_000_000


async def test_a_rejected_password_says_so(mail_peers: MailPeers) -> None:
    with pytest.raises(LoginRejected):
        await connect(server(mail_peers), Credentials(user="hotline", password="wrong"))


async def test_an_access_token_opens_the_mailbox_and_a_stale_one_is_refused(mail_peers: MailPeers) -> None:
    user = new_id()
    mail_peers.tokens.valid["fresh"] = user
    session = await connect(server(mail_peers), Credentials(user=user, access_token="fresh"))
    await session.select("INBOX")
    await session.close()
    async with asyncio.timeout(30):
        with pytest.raises(LoginRejected):
            await connect(server(mail_peers), Credentials(user=user, access_token="stale"))


async def test_folder_names_are_quoted_and_encoded(mail_peers: MailPeers) -> None:
    user = new_id()
    mail_peers.dovecot.append(user, mail("one"))
    session = await connect(server(mail_peers), credentials(user))
    await session.select("INBOX")
    await session.move(await session.search("ALL"), '已处理 & "done"')
    moved = await session.select('已处理 & "done"')
    assert moved.exists == 1
    with pytest.raises(ServerRefused):
        await session.select("no such folder")
    await session.noop()
    await session.close()


async def test_new_mail_ends_the_wait(mail_peers: MailPeers) -> None:
    user = new_id()
    session = await connect(server(mail_peers), credentials(user))
    await session.select("INBOX")
    waiting = asyncio.create_task(session.wait_for_news(60, asyncio.Event()))
    # The server answers IDLE before it can announce anything: the wait has begun once the command is under way.
    async with asyncio.timeout(30):
        while not waiting.done():
            await asyncio.to_thread(mail_peers.dovecot.append, user, mail("news"))
            await asyncio.wait([waiting], timeout=0.5)
    await waiting
    assert await session.search("ALL")
    await session.wait_for_news(0.2, asyncio.Event())
    await session.close()


async def test_a_killed_server_ends_the_wait_at_once(mail_peers: MailPeers) -> None:
    session = await connect(server(mail_peers), credentials(new_id()))
    await session.select("INBOX")
    waiting = asyncio.create_task(session.wait_for_news(60, asyncio.Event()))
    await asyncio.to_thread(mail_peers.dovecot.kill)
    with pytest.raises(ConnectionLost):
        async with asyncio.timeout(30):
            await waiting
    with pytest.raises(ConnectionLost):
        await session.noop()
    await session.close()
