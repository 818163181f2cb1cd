"""Puts the rooms together: one `Services` for each process, whatever the process does."""

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from redis.asyncio import Redis

from channels.acknowledgements import Acknowledgements
from channels.adapter import Adapter, Intake
from channels.arrivals import Arrivals
from channels.chat.adapter import ChatAdapter
from channels.fax.adapter import FaxAdapter
from channels.form.adapter import FormAdapter
from channels.intake import DirectIntake, StoreIntake
from channels.letter.adapter import LetterAdapter
from channels.mail.adapter import MailAdapter
from channels.registry import PluginAdapter
from channels.sms import store as sms_store
from channels.sms.adapter import SmsAdapter
from channels.sms.receipts import receipt_text
from channels.sms.smpp.carrier import SmppCarrier
from channels.status_answers import StatusAnswers
from channels.telegram.adapter import TelegramAdapter
from channels.voice.adapter import VoiceAdapter, VoicemailAdapter
from desk.feed.feeds import Feeds
from desk.ports import DeskSettings
from kit.access import Access
from kit.blobs import BlobStore
from kit.clock import SystemClock
from kit.commands import Commands
from kit.database import make_engine, make_writer
from kit.events import EventHub, EventLog
from kit.redis import make_redis
from kit.secret_box import SecretBox
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from records.citizens import do_not_contact
from records.citizens.addresses import use_region
from router.contact import Channel
from router.functions.client import RoutingFunctions
from router.ports import LiveConnector
from router.service import Router
from server.default_workspace import WORKSPACE_ID
from server.paper import paper_channels
from server.plugins import live_connectors, plugin_channels, telegram_channel
from server.settings import Settings
from telephony.guard import DialGuard
from telephony.phones import PhoneSettings, read_ice_servers
from telephony.prompts.voices import Voice, voice_of
from telephony.switchboard.remote import RemoteSwitchboard
from webchat.limits import RateLimits
from webchat.pages import Pages
from webchat.service_status import Matters


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that routes, loops and jobs of this process share. Nothing is connected before its first use."""

    settings: Settings
    access: Access
    database: Database
    redis: Redis
    event_log: EventLog
    events: EventHub
    commands: Commands
    waker: Waker
    blobs: BlobStore
    secret_box: SecretBox
    pages: Pages
    router: Router
    arrivals: Arrivals
    acknowledgements: Acknowledgements
    chat: ChatAdapter
    form: FormAdapter
    mail: MailAdapter
    fax: FaxAdapter
    letter: LetterAdapter
    visit: LetterAdapter
    sms: SmsAdapter
    telegram: TelegramAdapter
    voice: VoiceAdapter
    voicemail: VoicemailAdapter
    plugins: Mapping[str, PluginAdapter]
    desk: DeskSettings
    feeds: Feeds
    phones: PhoneSettings
    dial_guard: DialGuard
    speech: Voice | None

    @property
    def _adapters(self) -> tuple[Adapter, ...]:
        return (self.chat, self.form, self.mail, self.sms, self.telegram, self.fax, self.letter, self.visit)

    @property
    def adapters(self) -> dict[str, Adapter]:
        adapters = (*self._adapters, self.voice, self.voicemail)
        own: dict[str, Adapter] = {adapter.channel: adapter for adapter in adapters}
        return {**own, **self.plugins}

    def direct_intake(self, adapter: Adapter) -> Intake:
        """The way in for our own pages: stored, parsed and routed in one transaction."""
        return DirectIntake(self.database, self.access, adapter, self.arrivals)

    @property
    def store_intake(self) -> Intake:
        """The way in for what strangers' machines send: stored only, the claim loop does the rest."""
        return StoreIntake(self.database, self.access, self.blobs, self.waker)

    async def close(self) -> None:
        """Let go of every connection; nothing works afterwards."""
        await self.feeds.close()
        await self.chat.close()
        await self.mail.close()
        await self.sms.close()
        await self.telegram.close()
        for plugin in self.plugins.values():
            if hasattr(plugin, "close"):
                await plugin.close()
        await self.events.close()
        await self.database.settled()
        await self.event_log.forget_published(self.database)
        await self.database.close()
        await self.redis.aclose()


def build(settings: Settings) -> Services:
    """The services of one process. Touches neither database nor network."""
    use_region(settings.region)
    access, redis = Access.system(WORKSPACE_ID), make_redis(settings.redis)
    event_log = EventLog(redis)
    events = EventHub(event_log)
    database = Database(make_engine(settings.database), SystemClock(), event_log, writer=make_writer(settings.database))
    blobs, box, waker = BlobStore(settings.blob_dir), SecretBox(settings.secret()), Waker(redis)
    connectors: dict[str, LiveConnector] = {}
    router = Router(database=database, functions=RoutingFunctions(redis), connectors=connectors)
    pages, commands = Pages(settings.citizens, box, database.clock), Commands(redis, database, holder_name())
    acknowledgements = Acknowledgements(f"{settings.origin}/status", box, wordings={Channel.SMS: receipt_text})
    chat = _chat(settings, database, redis, events, event_log, router, box)
    voice = VoiceAdapter(RemoteSwitchboard(commands))
    plugins = plugin_channels(settings, database, redis, router, box)
    connectors |= {chat.channel: chat, Channel.VOICE: voice, Channel.CALLBACK: voice, **live_connectors(plugins)}
    status = StatusAnswers(Matters(database, access, router), RateLimits(redis, str(access.workspace_id)))
    guard, lines = DialGuard(settings.guard), settings.carries_by_asterisk
    paper = paper_channels(database, access, blobs, box, waker, status, has_lines=lines, guard=guard)
    return Services(
        settings=settings,
        access=access,
        database=database,
        redis=redis,
        event_log=event_log,
        events=events,
        commands=commands,
        waker=waker,
        blobs=blobs,
        secret_box=box,
        pages=pages,
        router=router,
        arrivals=Arrivals(router, acknowledgements),
        acknowledgements=acknowledgements,
        chat=chat,
        form=_form(settings, database, redis, router, box, pages),
        **vars(paper),
        sms=_sms(settings, database, redis, status, box),
        telegram=telegram_channel(settings, database, redis, router, box),
        voice=voice,
        voicemail=VoicemailAdapter(),
        plugins=plugins,
        desk=DeskSettings(origins=_origins(settings), secure_cookies=settings.origin.startswith("https:")),
        phones=_phones(settings),
        dial_guard=guard,
        speech=voice_of(settings.speech),
        feeds=Feeds(database=database, events=events, event_log=event_log, router=router),
    )


def _chat(
    settings: Settings,
    database: Database,
    redis: Redis,
    events: EventHub,
    event_log: EventLog,
    router: Router,
    box: SecretBox,
) -> ChatAdapter:
    return ChatAdapter(
        database=database,
        access=Access.system(WORKSPACE_ID),
        redis=redis,
        events=events,
        event_log=event_log,
        blobs=BlobStore(settings.blob_dir),
        router=router,
        secret_box=box,
        settings=settings.citizens,
    )


def _form(
    settings: Settings, database: Database, redis: Redis, router: Router, box: SecretBox, pages: Pages
) -> FormAdapter:
    return FormAdapter(
        database=database,
        access=Access.system(WORKSPACE_ID),
        redis=redis,
        blobs=BlobStore(settings.blob_dir),
        router=router,
        secret_box=box,
        settings=settings.citizens,
        pages=pages,
        can_text=sms_store.can_send,
    )


def _sms(settings: Settings, database: Database, redis: Redis, status: StatusAnswers, box: SecretBox) -> SmsAdapter:
    access = Access.system(WORKSPACE_ID)
    smpp = SmppCarrier(database, access, box, redis)
    return SmsAdapter(
        database,
        access,
        box,
        Waker(redis),
        origin=settings.origin,
        status=status,
        consent=_heed_consent,
        smpp=smpp,
        blobs=BlobStore(settings.blob_dir),
    )


async def _heed_consent(uow: UnitOfWork, number: str, wanted: bool) -> None:
    await do_not_contact.change_by_address(uow, "phone", number, Channel.SMS, wanted=wanted)


def _phones(settings: Settings) -> PhoneSettings:
    return PhoneSettings(
        engine="asterisk" if settings.carries_by_asterisk else "embedded",
        ice_servers=read_ice_servers(settings.ice_servers),
        sip_url=settings.asterisk.websocket_url,
        supervision_number=settings.switchboard.supervision_number,
    )


def holder_name() -> str:
    """What this process holds its leases under; another one after each start."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def _origins(settings: Settings) -> frozenset[str]:
    port = urlsplit(settings.origin).port or settings.port
    return frozenset({settings.origin, f"http://127.0.0.1:{port}", f"http://localhost:{port}"})
