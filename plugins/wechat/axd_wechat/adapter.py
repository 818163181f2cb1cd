"""The adapter: callbacks in, customer-service messages out. See `channels.adapter` for what an adapter promises."""

from fastapi import APIRouter

from axd_wechat.client import Platform
from axd_wechat.inbound import Inbound
from axd_wechat.outbound import Outbound
from axd_wechat.routes import CHANNEL, callback_routes
from axd_wechat.settings import WeChatSettings
from channels.adapter import (
    Capabilities,
    ChannelUnavailable,
    ContactRequest,
    Health,
    Intake,
    MessageRejected,
    OutboundMessage,
    RawInbound,
    SendReceipt,
)
from channels.registry import ChannelName, ChannelParts

MAX_TEXT_CHARS = 6000


class WeChatAdapter:
    """A `PushAdapter`."""

    channel = CHANNEL
    name = ChannelName(zh="微信公众号", en="WeChat")
    capabilities = Capabilities(
        live=False, replies=True, attachments=True, receipts=True, max_text_chars=MAX_TEXT_CHARS
    )

    def __init__(self, parts: ChannelParts, settings: WeChatSettings) -> None:
        self._settings = settings
        self._clock = parts.database.clock
        self._platform = Platform(settings, self._clock)
        self._inbound = Inbound(parts.database, parts.access, parts.blobs, self._platform, self.name.zh)
        self._outbound = Outbound(self._platform, parts.blobs, parts.redis)

    def routes(self, intake: Intake) -> APIRouter:
        """What the platform calls, under the channel's own prefix."""
        return callback_routes(self._settings, self._clock, intake)

    async def parse(self, raw: RawInbound) -> ContactRequest:
        return await self._inbound.request(raw)

    async def send(self, message: OutboundMessage) -> SendReceipt:
        return await self._outbound.send(message)

    async def check(self) -> Health:
        """Ask the platform something for real."""
        try:
            await self._platform.check()
        except (ChannelUnavailable, MessageRejected) as error:
            return Health(ok=False, detail=f"{error.detail} 请检查 app_id、app_secret 和 IP 白名单。")
        return Health(ok=True)

    async def close(self) -> None:
        await self._platform.close()
