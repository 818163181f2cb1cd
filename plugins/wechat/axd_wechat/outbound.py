"""From an outbox row to customer-service messages (客服消息)."""

import logging
from collections.abc import Iterator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from axd_wechat.client import Platform
from channels.adapter import Attachment, MessageRejected, NotSupported, OutboundMessage, SendReceipt
from kit.blobs import BlobStore

log = logging.getLogger(__name__)

MOST_TEXT_BYTES = 2048
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp"})
MOST_PICTURE_BYTES = 10 * 1024 * 1024
# Longer than the outbox tries.
REMEMBERED_S = 2 * 24 * 3600


class Outbound:
    """One for each process."""

    def __init__(self, platform: Platform, blobs: BlobStore, redis: Redis) -> None:
        self._platform = platform
        self._blobs = blobs
        self._redis = redis

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """See `channels.adapter.Adapter`. What of it has gone out does not go out again, as long as Redis remembers."""
        if not message.recipient or "@" in message.recipient:
            raise MessageRejected("This is no citizen of WeChat.")
        for file in message.attachments:
            if file.media_type not in PICTURES or file.size_bytes > MOST_PICTURE_BYTES:
                raise NotSupported("WeChat takes pictures up to 10 MB only.")
        parts: list[str | Attachment] = [*pieces(message.text), *message.attachments]
        if not parts:
            raise MessageRejected("There is nothing to send.")
        done = await self._done(message)
        for part in parts[done:]:
            await self._platform.send({"touser": message.recipient, **await self._content(part)})
            done += 1
            await self._remember(message, done)
        return SendReceipt(external_id=message.external_id)

    async def _content(self, part: str | Attachment) -> dict[str, object]:
        if isinstance(part, str):
            return {"msgtype": "text", "text": {"content": part}}
        data = await self._blobs.read(part.blob_key)
        media_id = await self._platform.upload(part.filename, part.media_type, data)
        return {"msgtype": "image", "image": {"media_id": media_id}}

    async def _done(self, message: OutboundMessage) -> int:
        try:
            return int(await self._redis.get(_key(message)) or 0)
        except (RedisError, OSError):
            log.warning("what went out to WeChat before cannot be read")
            return 0

    async def _remember(self, message: OutboundMessage, done: int) -> None:
        try:
            await self._redis.set(_key(message), done, ex=REMEMBERED_S)
        except (RedisError, OSError):
            log.warning("what went out to WeChat cannot be remembered")


def pieces(text: str, limit: int = MOST_TEXT_BYTES) -> Iterator[str]:
    """`text` in pieces of at most `limit` bytes of UTF-8, cut at line ends where there are some."""
    rest = text.strip()
    while len(rest.encode()) > limit:
        head = rest.encode()[:limit].decode(errors="ignore")
        end = head.rfind("\n")
        head = head[:end] if end > len(head) // 2 else head
        yield head.rstrip()
        rest = rest[len(head) :].lstrip()
    if rest:
        yield rest


def _key(message: OutboundMessage) -> str:
    return f"wechat:sent:{message.message_id}"
