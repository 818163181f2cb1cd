"""One of each adapter with what the contract asks it: samples, wrong input, a message that it can send, its trouble."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from json import dumps, loads
from pathlib import Path
from typing import Any

from sqlalchemy import update

from channels.adapter import Adapter, IgnoredInbound, MalformedInbound, OutboundMessage
from channels.chat.adapter import ChatAdapter
from channels.form.adapter import FormAdapter
from channels.letter.adapter import LetterAdapter
from channels.mail import service
from channels.mail.adapter import MailAdapter
from channels.mail.settings import MailboxSettings
from channels.sms.tables import SmsAccountRow
from channels.telegram.tables import BotRow
from kit.ids import new_id
from router.contact import Channel, ContactRequest, RawInbound
from tests.support.bot_api import BLOCKED, CHAT, bot_api
from tests.support.channel_room import ChannelRoom
from tests.support.clock import START
from tests.support.fax_room import fax_room
from tests.support.sms_provider import REFUSED as REFUSED_NUMBER
from tests.support.sms_world import CITIZEN, sms_world
from tests.support.smtp_peer import REFUSED, SmtpPeer
from tests.support.telegram_world import telegram_world
from tests.support.wechat_platform import CITIZEN as OPENID
from tests.support.wechat_platform import GONE
from tests.support.wechat_world import wechat_world

CORPUS = Path(__file__).parents[1] / "corpus"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """`raw` and the request, as JSON without what is empty, or the error's code."""

    name: str
    raw: RawInbound
    expected: dict[str, Any]


@dataclass(kw_only=True)
class Subject:
    """An adapter under its contract.

    `malformed`: what cannot be read. `trouble` makes the other side unreachable; None for a channel that has none.
    `recipient`: whom it can write to; `refused`: whom the other side refuses for good. `taken` tells how often the
    other side got what.
    """

    adapter: Adapter
    samples: Sequence[Sample]
    malformed: Sequence[RawInbound]
    trouble: Callable[[], Awaitable[None]] | None = None
    recipient: str = "zhang@citizen.test"
    refused: str = ""
    taken: Callable[[], list[bytes]] = field(default=list)
    with_client_id: bool = True


def raw(channel: str, *, data: bytes | None = None, json: Any = None, provider_id: str = "p1") -> RawInbound:
    return RawInbound(
        channel=channel, account="web", provider_id=provider_id, received_at=START, raw=data, raw_json=json
    )


def described(request: ContactRequest) -> dict[str, Any]:
    """As JSON without what is empty. Keys of stored files are random: their hashes say which they are."""
    values = loads(dumps(asdict(request), default=str, ensure_ascii=False))
    for attachment in values["attachments"] if request.channel not in ("chat", "form") else ():
        attachment.pop("blob_key")
    for attachment in values["attachments"] if request.channel == "fax" else ():
        # A PDF made of the pages: its bytes are the affair of the library that makes it.
        for name in ("size_bytes", "sha256"):
            attachment.pop(name)
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


async def outcome(adapter: Adapter, item: RawInbound) -> dict[str, Any]:
    try:
        return described(await adapter.parse(item))
    except (MalformedInbound, IgnoredInbound) as error:
        return {"error": error.code, **({"reason": error.detail} if isinstance(error, IgnoredInbound) else {})}


def outbound(message_id: str, recipient: str) -> OutboundMessage:
    return OutboundMessage(
        outbox_id=new_id(),
        message_id=message_id,
        thread_key="t1",
        recipient=recipient,
        text="三天内答复。",
        external_id=message_id,
    )


def page_samples(channel: str) -> list[Sample]:
    """Of what our own pages hand in."""
    found = []
    for path in sorted((CORPUS / channel).glob("*.json")):
        given = loads(path.read_text("utf-8"))
        item = raw(channel, json=given["raw_json"], provider_id=given["provider_id"])
        found.append(Sample(name=path.stem, raw=item, expected=given["expected"]))
    return found


def mail_samples() -> list[Sample]:
    """Mails whose whole request stands in `requests/`."""
    found = []
    for path in sorted((CORPUS / "mail" / "requests").glob("*.json")):
        item = raw("mail", data=(CORPUS / "mail" / f"{path.stem}.eml").read_bytes(), provider_id=path.stem)
        found.append(Sample(name=path.stem, raw=item, expected=loads(path.read_text("utf-8"))))
    return found


def fax_samples() -> list[Sample]:
    """Of what a line hands in: the facts of the call, and beside them the file."""
    found = []
    for path in sorted((CORPUS / "fax").glob("*.json")):
        given = loads(path.read_text("utf-8"))
        data = path.with_suffix(".tif").read_bytes()
        item = raw("fax", data=data, json=given["raw_json"], provider_id=given["provider_id"])
        found.append(Sample(name=path.stem, raw=item, expected=given["expected"]))
    return found


def spoiled(item: RawInbound) -> list[RawInbound]:
    """`item` with each of its values, at any depth, missing or of another type."""
    found = [raw(item.channel), raw(item.channel, json={}), raw(item.channel, json={"x": 1})]
    found += [raw(item.channel, json=changed) for changed in _spoiled(dict(item.raw_json or {}))]
    return found


def _spoiled(value: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, inner in value.items():
        found += [{**value, name: wrong} for wrong in (None, 7, ["x"], {"x": 1}) if type(wrong) is not type(inner)]
        if isinstance(inner, dict):
            found += [{**value, name: changed} for changed in _spoiled(inner)]
    return found


@asynccontextmanager
async def chat(room: ChannelRoom, _peer: SmtpPeer) -> AsyncIterator[Subject]:
    adapter: ChatAdapter = room.side.chat
    samples = page_samples("chat")
    yield Subject(adapter=adapter, samples=samples, malformed=spoiled(room.chat("a")))


@asynccontextmanager
async def form(room: ChannelRoom, _peer: SmtpPeer) -> AsyncIterator[Subject]:
    adapter: FormAdapter = room.side.form
    samples = page_samples("form")
    malformed = [wrong for sample in samples if "error" not in sample.expected for wrong in spoiled(sample.raw)]
    yield Subject(adapter=adapter, samples=samples, malformed=malformed)


@asynccontextmanager
async def mail(room: ChannelRoom, peer: SmtpPeer) -> AsyncIterator[Subject]:
    adapter = MailAdapter(room.database, room.access, room.side.blobs, room.side.box, room.waker)
    await _mailbox(room, peer)

    async def trouble() -> None:
        peer.busy = True

    try:
        yield Subject(
            adapter=adapter,
            samples=mail_samples(),
            malformed=[raw("mail"), raw("mail", json={"text": "您好"})],
            trouble=trouble,
            refused=f"{REFUSED}citizen.test",
            taken=lambda: peer.mails,
            with_client_id=False,
        )
    finally:
        await adapter.close()


@asynccontextmanager
async def telegram(room: ChannelRoom, _peer: SmtpPeer) -> AsyncIterator[Subject]:
    async with bot_api() as api, telegram_world(room, api) as world:
        bot = await world.add_bot()
        async with room.database.unit_of_work(room.access) as uow:
            # The samples came in by an account of this name.
            await uow.session.execute(update(BotRow).where(BotRow.id == bot.id).values(id="web"))
        api.files |= {"photo": b"photo", "form": b"%PDF-1.7", "voice": b"OggS"}
        samples = page_samples("telegram")
        yield Subject(
            adapter=world.adapter,
            samples=samples,
            malformed=[wrong for sample in samples if "error" not in sample.expected for wrong in spoiled(sample.raw)],
            trouble=api.server.kill,
            recipient=str(CHAT),
            refused=str(BLOCKED),
        )


@asynccontextmanager
async def fax(room: ChannelRoom, peer: SmtpPeer) -> AsyncIterator[Subject]:
    async with fax_room(room) as faxes:
        await faxes.add_mailbox(port=peer.port, fax_gateway="{number}@fax.gateway.test")

        async def trouble() -> None:
            peer.busy = True

        wrong = [{"caller": 7}, {"pages": "3"}, {"line": None}]
        yield Subject(
            adapter=faxes.fax,
            samples=fax_samples(),
            malformed=[raw("fax"), *(raw("fax", data=b"II*\0", json=said) for said in wrong)],
            trouble=trouble,
            recipient="+8675588121234",
            taken=lambda: peer.mails,
            with_client_id=False,
        )


@asynccontextmanager
async def letter(_room: ChannelRoom, _peer: SmtpPeer) -> AsyncIterator[Subject]:
    yield _paper(Channel.LETTER)


@asynccontextmanager
async def visit(_room: ChannelRoom, _peer: SmtpPeer) -> AsyncIterator[Subject]:
    yield _paper(Channel.VISIT)


def _paper(channel: Channel) -> Subject:
    samples = page_samples(channel)
    return Subject(
        adapter=LetterAdapter(channel),
        samples=samples,
        malformed=[wrong for sample in samples for wrong in spoiled(sample.raw)],
    )


@asynccontextmanager
async def sms(room: ChannelRoom, _peer: SmtpPeer) -> AsyncIterator[Subject]:
    async with sms_world(room) as world:
        async with room.database.unit_of_work(room.access) as uow:
            # The samples came in by an account of this name.
            await uow.session.execute(update(SmsAccountRow).values(id="web"))
        samples = page_samples("sms")
        yield Subject(
            adapter=world.adapter,
            samples=samples,
            malformed=[wrong for sample in samples if "error" not in sample.expected for wrong in spoiled(sample.raw)],
            trouble=world.peer.server.kill,
            recipient=CITIZEN,
            refused=REFUSED_NUMBER,
        )


@asynccontextmanager
async def wechat(room: ChannelRoom, _peer: SmtpPeer) -> AsyncIterator[Subject]:
    """A plug-in, as its entry point gives it."""
    async with wechat_world(room) as world:
        world.platform.media |= {"picture": b"jpeg", "voice": b"#!AMR"}

        async def trouble() -> None:
            world.platform.busy = True

        samples = page_samples("wechat")
        yield Subject(
            adapter=world.adapter,
            samples=samples,
            malformed=spoiled(samples[0].raw),
            trouble=trouble,
            recipient=OPENID,
            refused=GONE,
        )


async def _mailbox(room: ChannelRoom, peer: SmtpPeer) -> None:
    settings = MailboxSettings.model_validate(
        {
            "name": "科技局热线",
            "address": "hotline@axd.test",
            "imap_host": "127.0.0.1",
            "imap_port": peer.port,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": peer.port,
            "smtp_security": "none",
            "username": "hotline",
        }
    )
    async with room.database.unit_of_work(room.access) as uow:
        await service.create(uow, room.side.box, room.waker, settings)


ADAPTERS = {
    "chat": chat,
    "form": form,
    "mail": mail,
    "telegram": telegram,
    "wechat": wechat,
    "sms": sms,
    "fax": fax,
    "letter": letter,
    "visit": visit,
}
