"""A Telegram adapter with its database, before a Bot API server of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI

from channels.intake import ClaimLoop
from channels.outbox import Outbox
from channels.telegram import service
from channels.telegram.adapter import TelegramAdapter
from channels.telegram.settings import BotSettings, TelegramSettings
from channels.telegram.tables import BotRow
from kit.problems import install_error_handlers
from kit.tasks import stop
from kit.unit_of_work import UnitOfWork
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import Direction, MessageRow
from router.contact import RawInbound
from router.tables import ContactRow
from tests.support.bot_api import TOKEN, BotApi
from tests.support.channel_room import ChannelRoom
from tests.support.http_server import served


@dataclass(kw_only=True)
class TelegramWorld:
    """`adapter` runs while `running`; our webhook is at `address` while the world stands."""

    room: ChannelRoom
    api: BotApi
    adapter: TelegramAdapter
    address: str

    async def add_bot(self, **changes: Any) -> BotRow:
        settings = BotSettings(**{"name": "科技局热线", "token": TOKEN, **changes})
        async with self.room.database.unit_of_work(self.room.access) as uow:
            return await service.create(uow, self.room.side.box, self.room.waker, settings)

    async def bot(self) -> BotRow:
        (row,) = await self.room.rows(BotRow)
        return row

    def claims(self) -> ClaimLoop:
        room, adapters = self.room, {"telegram": self.adapter}
        return ClaimLoop(room.database, room.access, room.side.blobs, adapters, room.arrivals, room.waker)

    def outbox(self) -> Outbox:
        room = self.room
        return Outbox(room.database, room.access, {"telegram": self.adapter}, room.waker, room.side.box)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listening, reading and sending, as the gateway does."""
        loops = [self.adapter.run(self.room.store), self.claims().run(), self.outbox().run()]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            await stop(tasks)

    async def takes(self) -> None:
        """Store all that waits at Telegram, and read it."""
        bot = await self.bot()
        for update in self.api.pending:
            await self.room.store(self.raw(bot, update))
            self.room.side.clock.advance(0.01)
        self.api.pending.clear()
        await self.claims().work()

    def raw(self, bot: BotRow, update: dict[str, Any]) -> RawInbound:
        return RawInbound(
            channel="telegram",
            account=bot.id,
            provider_id=str(update["update_id"]),
            received_at=self.room.side.clock.now(),
            raw_json=update,
        )

    async def agent_answers(self, contact: ContactRow, text: str, **more: Any) -> MessageRow:
        """As the desk writes an answer, with its outbox row."""
        new = NewMessage(
            thread_id=contact.thread_id,
            contact_id=contact.id,
            direction=Direction.OUT,
            author_kind="agent",
            channel="telegram",
            text=text,
        )
        async with self.room.database.unit_of_work(self.room.access) as uow:
            return await self._reply(uow, replace(new, **more), contact)

    async def _reply(self, uow: UnitOfWork, new: NewMessage, contact: ContactRow) -> MessageRow:
        return await reply(uow, new, Delivery(recipient=contact.sender, envelope={"account": contact.recipient}))


@asynccontextmanager
async def telegram_world(room: ChannelRoom, api: BotApi) -> AsyncIterator[TelegramWorld]:
    app = FastAPI()
    install_error_handlers(app)
    async with served(app) as ours:
        settings = TelegramSettings(api_url=api.server.url, poll_timeout_s=1, webhook_check_s=0.05, longest_retry_s=0.2)
        adapter = TelegramAdapter(
            database=room.database,
            access=room.access,
            redis=room.redis,
            blobs=room.side.blobs,
            box=room.side.box,
            waker=room.waker,
            router=room.side.world.router,
            public_url=ours.url,
            settings=settings,
        )
        app.include_router(adapter.routes(room.store))
        try:
            yield TelegramWorld(room=room, api=api, adapter=adapter, address=ours.url)
        finally:
            await adapter.close()
