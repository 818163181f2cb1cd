"""The Telegram channel: bots that fetch or are posted to. See `channels.adapter` for what an adapter promises."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from fastapi import APIRouter
from redis.asyncio import Redis

from channels.adapter import (
    Capabilities,
    Comparison,
    ContactRequest,
    Health,
    Intake,
    OutboundMessage,
    ProviderItem,
    RawInbound,
    SendReceipt,
)
from channels.status_answers import StatusAnswers
from channels.telegram import service, store
from channels.telegram.account import bot_of
from channels.telegram.answers import Answers
from channels.telegram.check import check_bot
from channels.telegram.clients import Bots
from channels.telegram.commands import Commands
from channels.telegram.edits import Edits
from channels.telegram.files import Files
from channels.telegram.inbound import Inbound
from channels.telegram.outbound import Outbound
from channels.telegram.receiving.receiver import Receiver
from channels.telegram.receiving.webhook import webhook_routes
from channels.telegram.sequence import provider_items
from channels.telegram.service import webhook_path
from channels.telegram.settings import TelegramSettings
from channels.telegram.votes import Votes
from kit.access import Access
from kit.blobs import BlobStore
from kit.secret_box import SecretBox
from kit.tasks import stop
from kit.unit_of_work import Database
from kit.wake import Waker
from router.contact import Channel
from router.service import Router
from webchat.limits import RateLimits
from webchat.service_status import Matters

# Ten messages: more than anyone reads in a chat.
MAX_TEXT_CHARS = 40_000


class TelegramAdapter:
    """A `PullAdapter` and a `PushAdapter`. Bots are rows; they come and go while it runs. Use `close` at the end."""

    channel = Channel.TELEGRAM.value
    capabilities = Capabilities(
        live=False, replies=True, attachments=True, receipts=True, max_text_chars=MAX_TEXT_CHARS
    )
    comparison = Comparison.NUMBERED

    def __init__(
        self,
        *,
        database: Database,
        access: Access,
        redis: Redis,
        blobs: BlobStore,
        box: SecretBox,
        waker: Waker,
        router: Router,
        public_url: str,
        settings: TelegramSettings | None = None,
    ) -> None:
        settings = settings or TelegramSettings()
        self._database = database
        self._access = access
        self._box = box
        self._public_url = public_url
        self._bots = Bots(settings)
        limits = RateLimits(redis, str(access.workspace_id))
        status = StatusAnswers(Matters(database, access, router), limits)
        self._inbound = Inbound(
            database=database,
            access=access,
            box=box,
            waker=waker,
            commands=Commands(database, access, waker, status),
            edits=Edits(database, access, router),
            files=Files(database, access, blobs, self._bots),
            votes=Votes(database, access, self._bots),
        )
        self._outbound = Outbound(database, access, blobs, box, self._bots)
        self.answers = Answers(database, access, box, waker, self._bots)
        self._receiver = Receiver(
            database=database,
            access=access,
            box=box,
            waker=waker,
            bots=self._bots,
            public_url=public_url,
            settings=settings,
        )

    async def run(self, intake: Intake) -> None:
        """Listen to all bots, and send what they say by themselves, until cancelled."""
        saying = asyncio.create_task(self.answers.run())
        try:
            await self._receiver.run(intake)
        finally:
            await stop([saying])

    def routes(self, intake: Intake) -> APIRouter:
        """Where Telegram posts the updates of bots with a webhook."""
        return webhook_routes(self._database, self._access, self._box, intake)

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`; files are fetched, commands answered, edits applied."""
        return await self._inbound.request(raw)

    async def send(self, message: OutboundMessage) -> SendReceipt:
        return await self._outbound.send(message)

    async def check(self) -> Health:
        """Every enabled bot, tried for real."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            bots = [bot_of(row, self._box) for row in await store.bots(uow) if row.enabled]
        found = [(bot.name, await check_bot(bot, self._bots, self._address(bot.id))) for bot in bots]
        faults = [f"{name}: {health.detail}" for name, health in found if not health.ok]
        return Health(ok=not faults, detail="\n".join(faults))

    async def check_bot(self, bot_id: str, language: str) -> Health:
        """One bot, enabled or not. Raises `NotFound`."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            bot = bot_of(await service.get(uow, bot_id), self._box)
        return await check_bot(bot, self._bots, self._address(bot.id), language)

    async def provider_items(self, since: datetime) -> AsyncIterator[ProviderItem]:
        """See `channels.adapter.Reconcilable`."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            items = await provider_items(uow, since)
        for item in items:
            yield item

    async def close(self) -> None:
        """Let go of the connections to Telegram."""
        await self._bots.close()

    def _address(self, bot_id: str) -> str:
        return f"{self._public_url}{webhook_path(bot_id)}"
