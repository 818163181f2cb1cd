"""What comes in by each channel, made as its other side would, and handed in where its endpoint or reader does."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.adapter import Intake, Stored
from channels.mail import service as mail_service
from channels.mail.account import account_of
from channels.mail.receiving.folder_ledger import Fetched, FolderLedger
from channels.mail.settings import MailboxSettings
from channels.sms import service as sms_service
from channels.sms.carrier import SmsIn, raw_of
from channels.sms.settings import SmsAccountSettings
from channels.sms.tables import SmsKind
from channels.telegram import service as telegram_service
from channels.telegram.settings import BotSettings
from kit import leases
from kit.ids import new_id
from router.contact import RawInbound
from server.wiring import Services

CONVERSATIONS = 500
MAIL_BATCH = 20
LEASE_S = 86_400.0
NUMBER = "+8675588121234"
TEXT = "第 {number} 件：高新技术企业复审期间证书到期，还能享受所得税优惠吗？需要哪些材料？"


@dataclass(frozen=True, kw_only=True)
class Feed:
    """`item` is the same for the same number; `batch` of them are stored at once. `direct`: then they are done.

    `in_turn`: by a reader that stores one batch after the other, else as they are posted to us, many at once.
    """

    item: Callable[[int], RawInbound]
    store: Callable[[Sequence[RawInbound]], Coroutine[Any, Any, Any]]
    batch: int = 1
    direct: bool = False
    in_turn: bool = False


async def chat(services: Services) -> Feed:
    """Messages in as many chats as an office has open."""
    intake = services.direct_intake(services.chat)

    def item(number: int) -> RawInbound:
        session = f"bench-{number % CONVERSATIONS}"
        said = {
            "session_id": session,
            "client_msg_id": str(number),
            "text": TEXT.format(number=number),
            "topic": "inquiry",
            "anonymous": False,
            "language": "zh-CN",
            "attachments": [],
        }
        return _raw(services, "chat", "web", f"{session}:{number}", said)

    return Feed(item=item, store=_each(intake), direct=True)


async def mail(services: Services) -> Feed:
    """Citizens who follow up their first mail, written down as the mailbox's reader writes it."""
    async with services.database.unit_of_work(services.access) as uow:
        row = await mail_service.create(uow, services.secret_box, services.waker, _mailbox())
        lease = await leases.acquire(uow, f"bench:{row.id}", "bench", LEASE_S)
    if lease is None:
        raise RuntimeError("the bench's own mailbox is in other hands")
    ledger = FolderLedger(services.database, services.access, services.blobs, services.waker)
    account = account_of(row, services.secret_box)
    mark = await ledger.open(account, lease, 1)

    def item(number: int) -> RawInbound:
        provider_id = f"{mark.folder_id}/1/{number + 1}"
        return RawInbound(
            channel="mail",
            account=row.id,
            provider_id=provider_id,
            received_at=services.database.clock.now(),
            raw=_mail(number),
        )

    async def store(raws: Sequence[RawInbound]) -> None:
        uids = [int(raw.provider_id.rpartition("/")[2]) for raw in raws]
        mails = [
            Fetched(uid=uid, raw=raw.raw or b"", arrived_at=raw.received_at)
            for uid, raw in zip(uids, raws, strict=True)
        ]
        await ledger.store(account, lease, mark, mails, uids[-1])

    return Feed(item=item, store=store, batch=MAIL_BATCH, in_turn=True)


async def sms_http(services: Services) -> Feed:
    """Texts of an HTTP provider, from as many numbers as write in an hour."""
    settings = {"access_key_id": "bench"}
    account_id = await _sms_account(services, SmsKind.ALIYUN, settings)

    def item(number: int) -> RawInbound:
        values = {
            "phone_number": _mobile(number),
            "send_time": "2026-03-02 09:00:00",
            "content": TEXT.format(number=number),
            "sign_name": "",
            "dest_code": "106575",
            "sequence_id": number,
        }
        said = {"kind": SmsKind.ALIYUN.value, "what": "in", "values": values}
        return _raw(services, "sms", account_id, f"in:{number}", said)

    return Feed(item=item, store=_each(services.store_intake))


async def smpp(services: Services) -> Feed:
    """Whole texts as the SMPP connection hands them in, once their parts are together."""
    account_id = await _sms_account(services, SmsKind.SMPP, {"host": "127.0.0.1", "port": 2775, "system_id": "bench"})

    def item(number: int) -> RawInbound:
        return raw_of(
            SmsIn(
                account_id=account_id,
                provider_id=f"seg:{number}",
                sender=_mobile(number),
                recipient=NUMBER,
                text=TEXT.format(number=number),
                received_at=services.database.clock.now(),
            )
        )

    return Feed(item=item, store=_each(services.store_intake))


async def telegram(services: Services) -> Feed:
    """Updates of one bot."""
    async with services.database.unit_of_work(services.access) as uow:
        settings = BotSettings(name="bench", token="1:" + "a" * 35)
        bot = await telegram_service.create(uow, services.secret_box, services.waker, settings)

    def item(number: int) -> RawInbound:
        person = 5_000_000_000 + number % CONVERSATIONS
        message = {
            "message_id": number + 1,
            "date": int(services.database.clock.now().timestamp()),
            "chat": {"id": person, "type": "private", "first_name": "张"},
            "from": {"id": person, "is_bot": False, "first_name": "张", "language_code": "zh-hans"},
            "text": TEXT.format(number=number),
        }
        return _raw(services, "telegram", bot.id, str(number), {"update_id": number, "message": message})

    return Feed(item=item, store=_each(services.store_intake))


FEEDS: Mapping[str, Callable[[Services], Awaitable[Feed]]] = {
    "chat": chat,
    "mail": mail,
    "sms-http": sms_http,
    "smpp": smpp,
    "telegram": telegram,
}


def _each(intake: Intake) -> Callable[[Sequence[RawInbound]], Coroutine[Any, Any, list[Stored]]]:
    async def store(raws: Sequence[RawInbound]) -> list[Stored]:
        return [await intake(raw) for raw in raws]

    return store


def _raw(services: Services, channel: str, account: str, provider_id: str, said: Mapping[str, Any]) -> RawInbound:
    return RawInbound(
        channel=channel,
        account=account,
        provider_id=provider_id,
        received_at=services.database.clock.now(),
        raw_json=said,
    )


async def _sms_account(services: Services, kind: SmsKind, settings: dict[str, Any]) -> str:
    async with services.database.unit_of_work(services.access) as uow:
        account = SmsAccountSettings(name="bench", kind=kind, number=NUMBER, settings=settings, secret=new_id())
        return (await sms_service.create(uow, services.secret_box, services.waker, account)).id


def _mobile(number: int) -> str:
    return f"139{number % CONVERSATIONS:08d}"


def _mailbox() -> MailboxSettings:
    return MailboxSettings(
        name="bench",
        address="hotline@bench.invalid",
        imap_host="127.0.0.1",
        smtp_host="127.0.0.1",
        username="bench",
        enabled=False,
    )


def _mail(number: int) -> bytes:
    """About two kilobytes, as mail is."""
    person = number % CONVERSATIONS
    follows = "" if number == person else f"References: <{person}@bench.invalid>\r\n"
    head = (
        f"From: citizen{person}@bench.invalid\r\nTo: hotline@bench.invalid\r\nMessage-ID: <{number}@bench.invalid>\r\n"
        f"{follows}Subject: bench {number}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0800\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return (head + (TEXT.format(number=number) + "\r\n") * 15).encode()
