"""Faxes over a real Postfix and a real Dovecot: in from a gateway, the answer out to it, and its notice back."""

import asyncio
import email
import io
from email import policy

from PIL import Image
from sqlalchemy import select

from channels.mail.threads import ReplyMarks
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import AttachmentRow, Direction, LedgerRow, LedgerState, OutboxRow, OutboxState
from router.tables import ContactRow
from tests.integration.mail.test_whole_way import Gateway, gateway
from tests.support import fax_samples as samples
from tests.support.mail_config import CITIZEN_DOMAIN
from tests.support.waiting import wait_until

__all__ = ["gateway"]
CALLER = "+8675588121234"


async def until(gateway: Gateway, row: type, count: int, *conditions: object) -> None:
    async def there() -> bool:
        return await gateway.count(row, *conditions) == count

    await wait_until(there, f"{count} of {row.__name__}", timeout_s=60)


async def answer(gateway: Gateway, contact: ContactRow, text: str) -> str:
    """As the desk writes it; the message's id."""
    own = gateway.services
    async with own.database.unit_of_work(own.access) as uow:
        message = NewMessage(
            thread_id=contact.thread_id,
            contact_id=contact.id,
            citizen_id=contact.citizen_id,
            direction=Direction.OUT,
            author_kind="agent",
            channel="fax",
            text=text,
        )
        row = await reply(uow, message, Delivery(recipient=contact.sender, envelope={"account": contact.recipient}))
        return row.id


async def test_a_fax_in_its_answer_out_and_the_gateways_notice(gateway: Gateway) -> None:
    """The gateway is a mailbox at the citizens' domain: what comes there would be faxed."""
    number = f"9{gateway.citizen[-6:]}"
    pattern = "fax-{number}@" + CITIZEN_DOMAIN
    await gateway.add_mailbox(profile="hylafax", fax_senders=f"fax@{CITIZEN_DOMAIN}", fax_gateway=pattern)
    send, address = gateway.peers.postfix.send, gateway.peers.address(gateway.user)
    machine = f"fax@{CITIZEN_DOMAIN}"
    fax = samples.hylafax_mail(samples.tiff(2), pages=2, sender=machine, comm_id=number)
    for _ in range(2):
        await asyncio.to_thread(send, fax, sender=machine, recipient=address)
    await until(gateway, LedgerRow, 1, LedgerRow.state == LedgerState.ROUTED)
    await until(gateway, LedgerRow, 1, LedgerRow.reason == "duplicate")
    (contact,) = await gateway.contacts()
    assert (contact.channel, contact.sender) == ("fax", CALLER)
    assert await gateway.count(AttachmentRow, AttachmentRow.media_type == "application/pdf") == 1

    message_id = await answer(gateway, contact, "三个工作日内答复。")
    await until(gateway, OutboxRow, 1, OutboxRow.message_id == message_id, OutboxRow.state == OutboxState.SENT)

    async def delivered() -> list[email.message.EmailMessage]:
        mails = await asyncio.to_thread(gateway.peers.dovecot.mails, f"fax-{CALLER[1:]}")
        return [mail for mail in map(_read, mails) if _is_ours(mail, message_id, gateway)]

    (sent,) = await wait_until(delivered, "Postfix has handed the answer on", timeout_s=60)
    (page,) = [part for part in sent.iter_attachments() if part.get_content_type() == "image/tiff"]
    pages = page.get_payload(decode=True)
    assert isinstance(pages, bytes)
    with Image.open(io.BytesIO(pages)) as image:
        assert (image.width, image.info["compression"]) == (1728, "group4")

    tag = str(sent["Subject"])
    done = f'Your facsimile job "{tag}" to "{CALLER}" was completed successfully.\n'
    notice = samples.gateway_mail(
        "notice about facsimile job 7", done, sender=machine, message_id="<done@gateway.test>"
    )
    await asyncio.to_thread(send, notice, sender=machine, recipient=address)
    await until(gateway, OutboxRow, 1, OutboxRow.message_id == message_id, OutboxRow.state == OutboxState.DELIVERED)
    assert len(await gateway.contacts()) == 1


def _read(mail: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(mail, policy=policy.default)


def _is_ours(mail: email.message.EmailMessage, message_id: str, gateway: Gateway) -> bool:
    return ReplyMarks(box=gateway.services.secret_box).token(message_id) in str(mail["Subject"])


async def test_a_fax_that_could_not_be_received_waits_for_the_operator(gateway: Gateway) -> None:
    await gateway.add_mailbox(profile="auto")
    notice = samples.gateway_mail('Fax received from "075588121234"', "Fax not received.\nNo carrier detected\n")
    await asyncio.to_thread(gateway.peers.dovecot.append, gateway.user, notice)
    await until(gateway, LedgerRow, 1, LedgerRow.state == LedgerState.QUARANTINED)
    own = gateway.services
    async with own.database.unit_of_work(own.access, read_only=True) as uow:
        reason = await uow.session.scalar(select(LedgerRow.reason))
    assert reason == "fax not received: No carrier detected"
    assert await gateway.contacts() == []
