"""From a citizen's mail to the answer in the citizen's mailbox: adapter, ledger, claim loop, router, outbox."""

import asyncio
import email
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select

from channels.intake import ClaimLoop
from channels.mail import service
from channels.mail.settings import MailboxSettings
from channels.outbox import Outbox
from kit.ids import new_id
from kit.tasks import stop
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import AttachmentRow, Direction, LedgerRow, LedgerState, MessageRow, OutboxRow, OutboxState
from router.tables import ContactRow
from server.first_start import seed
from server.settings import Settings
from server.wiring import Services, build
from tests.support.mail_config import CITIZEN_DOMAIN, PASSWORD
from tests.support.mail_corpus import NAMES, sample
from tests.support.mail_peers import MailPeers
from tests.support.mail_samples import answering, gbk_with_attachment, simple
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(600)


class Gateway:
    """The parts of `axd gateway` that mail passes, over a workspace as it is after the first start."""

    def __init__(self, services: Services, peers: MailPeers) -> None:
        self.services = services
        self.peers = peers
        self.user = f"h{new_id()[-12:]}"
        self.citizen = f"c{new_id()[-12:]}"
        self._running: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        self._running = [asyncio.create_task(loop) for loop in self.loops()]

    async def end(self) -> None:
        await stop(self._running)

    @property
    def citizen_address(self) -> str:
        return f"{self.citizen}@{CITIZEN_DOMAIN}"

    async def add_mailbox(self, **changes: object) -> None:
        values: dict[str, object] = {
            "name": "科技局",
            "address": self.peers.address(self.user),
            "imap_host": "127.0.0.1",
            "imap_port": self.peers.ports.imap,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": self.peers.ports.smtp,
            "verify_certificates": False,
            "username": self.user,
            "secret": PASSWORD,
        }
        settings = MailboxSettings.model_validate(values | changes)
        async with self.services.database.unit_of_work(self.services.access) as uow:
            await service.create(uow, self.services.secret_box, self.services.waker, settings)

    def loops(self) -> list[Coroutine[Any, Any, None]]:
        own = self.services
        claims = ClaimLoop(own.database, own.access, own.blobs, own.adapters, own.arrivals, own.waker)
        outbox = Outbox(own.database, own.access, own.adapters, own.waker, own.secret_box)
        mail = own.mail.run(own.direct_intake(own.mail))
        return [mail, claims.run(), outbox.run()]

    async def count(self, row: type, *conditions: object) -> int:
        query = select(func.count()).select_from(row).where(*conditions)  # type: ignore[arg-type]
        async with self.services.database.unit_of_work(self.services.access, read_only=True) as uow:
            return int(await uow.session.scalar(query) or 0)

    async def contacts(self) -> list[ContactRow]:
        async with self.services.database.unit_of_work(self.services.access, read_only=True) as uow:
            return list(await uow.session.scalars(select(ContactRow).order_by(ContactRow.id)))

    async def answer(self, contact: ContactRow, text: str) -> None:
        """As the desk writes it."""
        async with self.services.database.unit_of_work(self.services.access) as uow:
            message = NewMessage(
                thread_id=contact.thread_id,
                contact_id=contact.id,
                citizen_id=contact.citizen_id,
                direction=Direction.OUT,
                author_kind="agent",
                channel="mail",
                text=text,
            )
            await reply(uow, message, Delivery(recipient=contact.sender, envelope={"account": contact.recipient}))

    async def received(self, count: int) -> list[EmailMessage]:
        """What reached the citizen, once there are `count`."""
        mails: list[bytes] = []

        async def enough() -> bool:
            mails[:] = await asyncio.to_thread(self.peers.dovecot.mails, self.citizen)
            return len(mails) >= count

        await wait_until(enough, f"{count} mails reach the citizen", timeout_s=60)
        return [email.message_from_bytes(mail, policy=policy.default) for mail in mails]

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        await wait_until(condition, what, timeout_s=400)


GatewayT = TypeVar("GatewayT", bound=Gateway)


@asynccontextmanager
async def running(settings: Settings, peers: MailPeers, kind: type[GatewayT]) -> AsyncIterator[GatewayT]:
    """A gateway after the first start, its loops running; they may be ended and begun anew under way."""
    settings.prepare_data_dir()
    services = build(settings)
    await seed(services.database, timezone=settings.time_zone)
    await services.router.rebuild(str(services.access.workspace_id))
    gateway = kind(services, peers)
    gateway.begin()
    try:
        yield gateway
    finally:
        await gateway.end()
        await services.close()


@pytest.fixture
async def gateway(mail_peers: MailPeers, sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    settings = Settings(data_dir=tmp_path, database_url=sqlite_url, redis_url=redis_url)
    async with running(settings, mail_peers, Gateway) as made:
        yield made


async def test_a_question_is_routed_acknowledged_answered_and_continued(gateway: Gateway) -> None:
    await gateway.add_mailbox()
    raw = gbk_with_attachment("请问何时答复?", sender=gateway.citizen_address, filename="申请.pdf", data=b"%PDF")
    send = gateway.peers.postfix.send
    address = gateway.peers.address(gateway.user)
    await asyncio.to_thread(send, raw, sender=gateway.citizen_address, recipient=address)
    (receipt,) = await gateway.received(1)
    assert receipt["Auto-Submitted"] == "auto-replied"
    (contact,) = await gateway.contacts()
    assert await gateway.count(AttachmentRow, AttachmentRow.filename == "申请.pdf") == 1

    await gateway.answer(contact, "三个工作日内答复。")
    answer = (await gateway.received(2))[1]
    question_id = email.message_from_bytes(raw)["Message-ID"]
    assert answer["In-Reply-To"] == question_id
    assert receipt["Message-ID"] in answer["References"]

    thanks = simple("谢谢,再问一句", subject=f"回复: {answer['Subject']}", sender=gateway.citizen_address)
    thanks = answering(thanks, answer["Message-ID"])
    await asyncio.to_thread(
        send, thanks, sender=gateway.citizen_address, recipient=answer["Reply-To"].addresses[0].addr_spec
    )

    async def appended() -> bool:
        return await gateway.count(MessageRow, MessageRow.text == "谢谢,再问一句") == 1

    await gateway.until(appended, "the reply is in the thread")
    assert len(await gateway.contacts()) == 1


async def test_number_and_pin_by_mail_are_answered_and_the_pin_does_not_stay(gateway: Gateway) -> None:
    await gateway.add_mailbox()
    address = gateway.peers.address(gateway.user)

    async def mails(text: str, subject: str = "查询") -> None:
        raw = simple(text, subject=subject, sender=gateway.citizen_address)
        await asyncio.to_thread(gateway.peers.postfix.send, raw, sender=gateway.citizen_address, recipient=address)

    await mails("请问何时答复")
    (receipt,) = await gateway.received(1)
    number, pin = (re.findall(rf"\b\d{{{digits}}}\b", receipt.get_content())[0] for digits in (14, 6))
    await mails(f"{number} {pin}")
    answer = (await gateway.received(2))[1]
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer.get_content().startswith(f"{number}：已收到，等人受理。")
    await mails("", subject=f"查询 {number} {int(pin) ^ 1:06d}")
    assert "再错 4 次" in (await gateway.received(3))[2].get_content()
    assert len(await gateway.contacts()) == 1

    async def settled() -> bool:
        return await gateway.count(LedgerRow, LedgerRow.reason == "command: status") == 2

    await gateway.until(settled, "both queries are done with")
    async with gateway.services.database.unit_of_work(gateway.services.access, read_only=True) as uow:
        rows = list(await uow.session.scalars(select(LedgerRow)))
    kept = [await gateway.services.blobs.read(row.raw_blob_key or "") for row in rows]
    assert not any(pin.encode() in raw or pin in str(row.raw_json) for row, raw in zip(rows, kept, strict=True))


async def test_500_mails_of_which_50_are_repeats_make_450_contacts(gateway: Gateway) -> None:
    mails = [simple(f"第{number}封", sender=f"c{number}@{CITIZEN_DOMAIN}") for number in range(450)]
    await asyncio.to_thread(gateway.peers.dovecot.append, gateway.user, *mails, *mails[200:250])
    await gateway.add_mailbox()

    async def settled() -> bool:
        return await gateway.count(LedgerRow, LedgerRow.state != LedgerState.RECEIVED) == 500

    await gateway.until(settled, "500 mails are worked off")
    assert await gateway.count(ContactRow) == 450
    repeats = [LedgerRow.state == LedgerState.IGNORED, LedgerRow.duplicate_of_id.is_not(None)]
    assert await gateway.count(LedgerRow, *repeats) == 50


async def test_torture_becomes_contacts_or_is_set_aside_and_stalls_nothing(gateway: Gateway) -> None:
    nested = b"From: t@citizen.test\r\nContent-Type: text/html\r\n\r\n<p>words" + b"<div>" * 200_000
    samples = [sample(name) for name in NAMES if sample(name)]
    await asyncio.to_thread(gateway.peers.dovecot.append, gateway.user, *samples, nested, simple("the last one"))
    await gateway.add_mailbox()

    async def settled() -> bool:
        return await gateway.count(LedgerRow, LedgerRow.state != LedgerState.RECEIVED) == len(samples) + 2

    await gateway.until(settled, "every sample has found its end")
    assert await gateway.count(MessageRow, MessageRow.text == "the last one") == 1
    assert await gateway.count(MessageRow, MessageRow.text == "words") == 1
    assert await gateway.count(LedgerRow, LedgerRow.state == LedgerState.QUARANTINED) == 0
    assert await gateway.count(ContactRow, ContactRow.answerable.is_(False)) > 0


async def test_a_confidential_mailbox_makes_sealed_contacts(gateway: Gateway) -> None:
    await asyncio.to_thread(gateway.peers.dovecot.append, gateway.user, simple("我要反映问题"))
    await gateway.add_mailbox(confidential=True)

    async def routed() -> bool:
        return await gateway.count(LedgerRow, LedgerRow.state == LedgerState.ROUTED) == 1

    await gateway.until(routed, "the mail is routed")
    assert [contact.sealed for contact in await gateway.contacts()] == [True]
    assert await gateway.count(LedgerRow, LedgerRow.sealed.is_(True)) == 1


async def test_a_dead_smtp_server_delays_the_answer_and_loses_nothing(gateway: Gateway) -> None:
    await asyncio.to_thread(gateway.peers.postfix.stop)
    await asyncio.to_thread(gateway.peers.dovecot.append, gateway.user, simple("问", sender=gateway.citizen_address))
    await gateway.add_mailbox()

    async def retrying() -> bool:
        return await gateway.count(OutboxRow, OutboxRow.state == OutboxState.QUEUED, OutboxRow.attempts > 0) == 1

    await gateway.until(retrying, "the receipt waits for another try")
    await asyncio.to_thread(gateway.peers.postfix.start)
    assert len(await gateway.received(1)) == 1

    async def sent() -> bool:
        return await gateway.count(OutboxRow, OutboxRow.state == OutboxState.SENT) == 1

    await gateway.until(sent, "the receipt is sent")
