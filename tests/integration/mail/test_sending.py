"""Answers through a real Postfix into the citizen's mailbox, and what comes back from there."""

import asyncio
import email
from email import policy
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from channels.adapter import (
    Attachment,
    ChannelUnavailable,
    ContactRequest,
    IgnoredInbound,
    MessageRejected,
    NotSupported,
    OutboundMessage,
)
from kit.blobs import record
from kit.ids import new_id
from records.messages.tables import OutboxRow, OutboxState
from router.contact import RawInbound
from tests.support.mail_config import CITIZEN_DOMAIN, DOMAIN, UNDELIVERABLE_DOMAIN
from tests.support.mail_conversation import Conversation, conversation
from tests.support.mail_samples import answering, simple
from tests.support.mail_world import MailWorld
from tests.support.waiting import wait_until


async def arrived(world: MailWorld, user: str, count: int = 1) -> list[EmailMessage]:
    """The mails that the citizen got, once there are `count`."""

    mails: list[bytes] = []

    async def enough() -> bool:
        mails[:] = await asyncio.to_thread(world.peers.dovecot.mails, user)
        return len(mails) >= count

    await wait_until(enough, f"{count} mails reach {user}", timeout_s=30)
    return [email.message_from_bytes(mail, policy=policy.default) for mail in mails]


def outbound(talk: Conversation, **changes: object) -> OutboundMessage:
    values: dict[str, object] = {
        "outbox_id": talk.outbox_id,
        "message_id": talk.answer_id,
        "thread_key": "mail:1",
        "recipient": talk.citizen,
        "text": "您好,材料已收到。\n工号1001",
        "external_id": talk.answer_id,
    }
    return OutboundMessage(**(values | changes))  # type: ignore[arg-type]


async def test_an_answer_arrives_threaded_and_its_reply_finds_the_thread(world: MailWorld) -> None:
    mailbox = await world.add_mailbox()
    talk = await conversation(world, question_id="<q1@citizen.test>", subject="高企认定")
    blob = await world.blobs.put(b"%PDF-1")
    async with world.database.unit_of_work(world.access) as uow:
        record(uow, blob, "application/pdf", kept=True)
    file = Attachment(
        filename="答复 意见.pdf", media_type="application/pdf", size_bytes=6, blob_key=blob.key, sha256=blob.sha256
    )
    receipt = await world.adapter.send(outbound(talk, attachments=(file,)))
    (mail,) = await arrived(world, talk.citizen_user)
    assert mail["In-Reply-To"] == "<q1@citizen.test>"
    assert "<q1@citizen.test>" in mail["References"]
    assert mail["Message-ID"] == receipt.external_id
    assert mail["Subject"] == "Re: 高企认定"
    assert mail["From"].addresses[0].display_name == "科技局热线"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().split() == ["您好,材料已收到。", "工号1001"]
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("答复 意见.pdf", b"%PDF-1")
    assert "Auto-Submitted" not in mail

    replies = [
        answering(simple("谢谢", sender=talk.citizen), mail["Message-ID"]),
        simple("谢谢", sender=talk.citizen).replace(b"To: hotline@axd.test", f"To: {mail['Reply-To']}".encode(), 1),
    ]
    for reply in replies:
        assert (await parsed(world, mailbox.id, reply)).thread_key == talk.thread_key
    stranger = simple("我也要", subject=f"Re: 高企认定 [#{talk.thread_key}]", sender="other@citizen.test")
    assert (await parsed(world, mailbox.id, stranger)).thread_key != talk.thread_key


async def parsed(world: MailWorld, account: str, raw: bytes) -> ContactRequest:
    item = RawInbound(
        channel="mail", account=account, provider_id=new_id(), received_at=world.database.clock.now(), raw=raw
    )
    return await world.adapter.parse(item)


async def test_without_plus_addresses_the_subject_carries_the_token(world: MailWorld) -> None:
    mailbox = await world.add_mailbox(plus_addresses=False)
    talk = await conversation(world)
    await world.adapter.send(outbound(talk, subject="答复"))
    (mail,) = await arrived(world, talk.citizen_user)
    assert mail["Reply-To"].addresses[0].addr_spec == world.address
    reply = simple("好", subject=f"回复: {mail['Subject']}", sender=talk.citizen)
    request = await parsed(world, mailbox.id, reply)
    assert request.thread_key == talk.thread_key
    assert request.subject == "回复: 答复"


async def test_a_receipt_is_marked_as_automatic_and_capped(world: MailWorld) -> None:
    await world.add_mailbox()
    talk = await conversation(world)
    for _ in range(5):
        await world.adapter.send(outbound(talk, automatic=True))
    with pytest.raises(MessageRejected):
        await world.adapter.send(outbound(talk, automatic=True))
    mail = (await arrived(world, talk.citizen_user, 5))[0]
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["Return-Path"] == "<>"


async def test_the_rows_of_mail_work_on_postgresql_too(world_on_postgres: MailWorld) -> None:
    world = world_on_postgres
    mailbox = await world.add_mailbox()
    talk = await conversation(world)
    await asyncio.to_thread(world.peers.dovecot.append, world.user, simple("one"), simple("two"))
    async with world.running():

        async def stored() -> bool:
            return await world.ledger_count() == 2

        await wait_until(stored, "both mails are in the ledger")
    await world.adapter.send(outbound(talk, automatic=True))
    (mail,) = await arrived(world, talk.citizen_user)
    reply = answering(simple("好", sender=talk.citizen), mail["Message-ID"])
    assert (await parsed(world, mailbox.id, reply)).thread_key == talk.thread_key


async def test_a_dead_server_is_unavailable_and_the_same_message_id_goes_out_later(world: MailWorld) -> None:
    await world.add_mailbox()
    talk = await conversation(world)
    await asyncio.to_thread(world.peers.postfix.stop)
    with pytest.raises(ChannelUnavailable):
        await world.adapter.send(outbound(talk))
    await asyncio.to_thread(world.peers.postfix.start)
    first = await world.adapter.send(outbound(talk))
    second = await world.adapter.send(outbound(talk))
    mails = await arrived(world, talk.citizen_user, 2)
    assert {mail["Message-ID"] for mail in mails} == {first.external_id, second.external_id}
    assert first == second


async def test_refusals_are_told_apart(world: MailWorld) -> None:
    await world.add_mailbox()
    talk = await conversation(world)
    for recipient in (f"refused@{CITIZEN_DOMAIN}", "not an address", "a@b@c", "a\r\nRCPT TO:<x@y>@z"):
        with pytest.raises(MessageRejected):
            await world.adapter.send(outbound(talk, recipient=recipient))
    with pytest.raises(ChannelUnavailable):
        await world.adapter.send(outbound(talk, recipient=f"later@{CITIZEN_DOMAIN}"))


async def test_without_a_mailbox_nothing_can_be_sent(world: MailWorld) -> None:
    talk = await conversation(world)
    with pytest.raises(NotSupported):
        await world.adapter.send(outbound(talk))


async def test_a_bounce_fails_the_message_that_came_back(world: MailWorld) -> None:
    mailbox = await world.add_mailbox()
    talk = await conversation(world)
    await world.adapter.send(outbound(talk, recipient=f"gone@{UNDELIVERABLE_DOMAIN}"))
    async with world.database.unit_of_work(world.access) as uow:
        await uow.session.execute(
            update(OutboxRow).where(OutboxRow.id == talk.outbox_id).values(state=OutboxState.SENT)
        )
    (bounce,) = await arrived(world, world.user)
    with pytest.raises(IgnoredInbound, match="bounce"):
        await parsed(world, mailbox.id, bounce.as_bytes())
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        row = await uow.session.get_one(OutboxRow, talk.outbox_id)
    assert row.state == OutboxState.FAILED
    assert f"gone@{UNDELIVERABLE_DOMAIN}" in row.last_error


async def test_our_own_mail_and_machine_answers_make_no_contact(world: MailWorld) -> None:
    mailbox = await world.add_mailbox()
    talk = await conversation(world)
    await world.adapter.send(outbound(talk))
    (mail,) = await arrived(world, talk.citizen_user)
    with pytest.raises(IgnoredInbound, match="loop"):
        await parsed(world, mailbox.id, mail.as_bytes())
    absent = answering(simple("不在", subject="自动回复: 高企", sender=talk.citizen), mail["Message-ID"])
    with pytest.raises(IgnoredInbound, match="automatic answer"):
        await parsed(world, mailbox.id, absent)
    newsletter = await parsed(world, mailbox.id, b"List-Id: <news.example>\r\n" + simple("新闻"))
    assert newsletter.hints["answerable"] is False
    assert newsletter.hints["machine"] == "list"
    own = await parsed(world, mailbox.id, simple("转发", sender=f"{world.user}@{DOMAIN}"))
    assert own.hints["machine"] == "own_address"


async def test_an_access_token_sends_too(world: MailWorld) -> None:
    world.peers.tokens.valid["smtp-token"] = world.user
    await world.add_mailbox(auth="xoauth2", secret="smtp-token")
    talk = await conversation(world)
    await world.adapter.send(outbound(talk))
    assert await arrived(world, talk.citizen_user)
    world.peers.tokens.valid.pop("smtp-token")
    health = await world.adapter.check()
    assert not health.ok
