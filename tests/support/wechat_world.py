"""The WeChat plug-in as the platform loads it, between a room and a WeChat of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from channels.intake import ClaimLoop
from channels.outbox import Outbox
from channels.registry import PREFIX, ChannelParts, PluginAdapter, make_plugins
from channels.status_answers import StatusAnswers
from kit.problems import install_error_handlers
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import Direction, MessageRow
from router.tables import ContactRow
from tests.support.channel_room import ChannelRoom
from tests.support.http_server import served
from tests.support.wechat_platform import AES_KEY, APP_ID, APP_SECRET, TOKEN, WeChatPlatform, wechat_platform
from webchat.limits import RateLimits
from webchat.service_status import Matters


@dataclass(kw_only=True)
class WeChatWorld:
    room: ChannelRoom
    platform: WeChatPlatform
    adapter: PluginAdapter

    async def reads(self) -> None:
        """Read what was stored."""
        room, adapters = self.room, {"wechat": self.adapter}
        await ClaimLoop(room.database, room.access, room.side.blobs, adapters, room.arrivals, room.waker).work()

    async def sends(self) -> None:
        room = self.room
        await Outbox(room.database, room.access, {"wechat": self.adapter}, room.waker, room.side.box).work()

    async def agent_answers(self, contact: ContactRow, text: str) -> MessageRow:
        """As the desk writes an answer, with its outbox row."""
        new = NewMessage(
            thread_id=contact.thread_id,
            contact_id=contact.id,
            direction=Direction.OUT,
            author_kind="agent",
            channel="wechat",
            text=text,
        )
        async with self.room.database.unit_of_work(self.room.access) as uow:
            return await reply(uow, new, Delivery(recipient=contact.sender))


def channel_parts(room: ChannelRoom, url: str, settings: dict[str, Any]) -> ChannelParts:
    limits = RateLimits(room.redis, str(room.access.workspace_id))
    return ChannelParts(
        database=room.database,
        access=room.access,
        redis=room.redis,
        blobs=room.side.blobs,
        secret_box=room.side.box,
        waker=room.waker,
        router=room.side.world.router,
        status=StatusAnswers(Matters(room.database, room.access, room.side.world.router), limits),
        url=url,
        settings=settings,
    )


@asynccontextmanager
async def wechat_world(room: ChannelRoom, *, encrypts: bool = True) -> AsyncIterator[WeChatWorld]:
    app = FastAPI()
    install_error_handlers(app)
    async with wechat_platform(room.side.clock) as platform, served(app) as ours:
        platform.encrypts = encrypts
        settings = {"app_id": APP_ID, "app_secret": APP_SECRET, "token": TOKEN, "api_url": platform.server.url}
        settings |= {"aes_key": AES_KEY} if encrypts else {}
        made = make_plugins({"wechat": settings}, lambda name, given: channel_parts(room, ours.url, dict(given)))
        adapter: Any = made["wechat"]
        app.include_router(adapter.routes(room.store), prefix=f"{PREFIX}/wechat")
        platform.callback = f"{ours.url}{PREFIX}/wechat/callback"
        try:
            yield WeChatWorld(room=room, platform=platform, adapter=adapter)
        finally:
            await adapter.close()
