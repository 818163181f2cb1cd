"""Channels that stand by themselves: Telegram, and those that installed plug-ins bring."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from channels.registry import PREFIX, BadPlugin, ChannelParts, LivePlugin, PluginAdapter, make_plugins
from channels.status_answers import StatusAnswers
from channels.telegram.adapter import TelegramAdapter
from kit.access import Access
from kit.blobs import BlobStore
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from kit.wake import Waker
from router.ports import LiveConnector
from router.service import Router
from server.default_workspace import WORKSPACE_ID
from server.settings import Settings
from webchat.limits import RateLimits
from webchat.service_status import Matters


def telegram_channel(
    settings: Settings, database: Database, redis: Redis, router: Router, box: SecretBox
) -> TelegramAdapter:
    return TelegramAdapter(
        database=database,
        access=Access.system(WORKSPACE_ID),
        redis=redis,
        blobs=BlobStore(settings.blob_dir),
        box=box,
        waker=Waker(redis),
        router=router,
        public_url=settings.origin,
        settings=settings.telegram,
    )


def plugin_channels(
    settings: Settings, database: Database, redis: Redis, router: Router, box: SecretBox
) -> dict[str, PluginAdapter]:
    """The adapters of all plug-ins that the operator has settings for. What is wrong with one ends the process."""
    access = Access.system(WORKSPACE_ID)
    status = StatusAnswers(Matters(database, access, router), RateLimits(redis, str(access.workspace_id)))

    def parts(channel: str, given: Mapping[str, Any]) -> ChannelParts:
        return ChannelParts(
            database=database,
            access=access,
            redis=redis,
            blobs=BlobStore(settings.blob_dir),
            secret_box=box,
            waker=Waker(redis),
            router=router,
            status=status,
            url=f"{settings.origin}{PREFIX}/{channel}",
            settings=given,
        )

    try:
        return make_plugins(settings.channels, parts)
    except BadPlugin as error:
        raise SystemExit(f"AXD_CHANNELS: {error}") from None


def live_connectors(adapters: Mapping[str, PluginAdapter]) -> dict[str, LiveConnector]:
    """Those of the adapters that speak with citizens while they wait."""
    return {
        channel: adapter
        for channel, adapter in adapters.items()
        if adapter.capabilities.live and isinstance(adapter, LivePlugin)
    }
