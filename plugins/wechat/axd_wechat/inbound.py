"""From a stored message to a contact request; the files of a message are fetched."""

from typing import Any

from axd_wechat.client import Platform
from axd_wechat.messages import Message, read_message
from axd_wechat.routes import CHANNEL
from channels.adapter import (
    Address,
    Attachment,
    ChannelUnavailable,
    ContactRequest,
    IgnoredInbound,
    MalformedInbound,
    MessageRejected,
    RawInbound,
)
from kit.access import Access
from kit.blobs import BlobStore, record
from kit.errors import TooLarge, Unavailable
from kit.unit_of_work import Database

MAX_FILE_BYTES = 20 * 1024 * 1024
LANGUAGE = "zh-CN"
ENDINGS = {"image": "jpg", "voice": "amr", "video": "mp4", "shortvideo": "mp4"}
TYPES = {"image": "image/jpeg", "voice": "audio/amr", "video": "video/mp4", "shortvideo": "video/mp4"}


class Inbound:
    """One for each process."""

    def __init__(self, database: Database, access: Access, blobs: BlobStore, platform: Platform, name: str) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._platform = platform
        self._name = name

    async def request(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`."""
        message = read_message((raw.raw_json or {}).get("xml"))
        if message.kind == "event":
            raise IgnoredInbound(f"event: {message.get('Event')[:40]}")
        if "MsgId" not in message.fields:
            raise MalformedInbound("A message without MsgId.")
        files, note = await self._files(message)
        text = "\n".join(part for part in (_text(message), note) if part)
        external_id = f"{raw.account}:{message.provider_id}"[:200]
        return ContactRequest(
            channel=CHANNEL,
            external_id=external_id,
            sender=Address(kind=CHANNEL, value=message.sender[:254]),
            recipient=Address(kind=CHANNEL, value=message.recipient[:254], name=self._name),
            received_at=raw.received_at,
            thread_key=f"wechat:{raw.account}:{message.sender}"[:200],
            text=text,
            language=LANGUAGE,
            attachments=files,
            hints=_hints(message),
            client_id=external_id,
        )

    async def _files(self, message: Message) -> tuple[tuple[Attachment, ...], str]:
        """The file of a message, or what to say in its place. Raises `Unavailable`: try again later."""
        if message.kind not in ENDINGS:
            return (), ""
        name = f"{message.kind}-{message.provider_id}.{ENDINGS[message.kind]}"
        try:
            found = await self._platform.media(message.get("MediaId"))
            blob = await self._blobs.put(found.content, max_bytes=MAX_FILE_BYTES)
        except ChannelUnavailable as error:
            raise Unavailable("WeChat does not give a file now.") from error
        except MessageRejected:
            return (), f"（{name} 已不能从微信取得）"
        except TooLarge:
            return (), f"（{name} 超过 20 MB，未能收取）"
        async with self._database.unit_of_work(self._access) as uow:
            record(uow, blob, TYPES[message.kind], kept=False)
        file = Attachment(
            filename=name,
            media_type=TYPES[message.kind],
            size_bytes=blob.size_bytes,
            blob_key=blob.key,
            sha256=blob.sha256,
        )
        return (file,), ""


def _text(message: Message) -> str:
    kind = message.kind
    if kind == "text":
        return message.get("Content") or "（空消息）"
    if kind == "location":
        return f"位置：{message.get('Location_X')}, {message.get('Location_Y')} {message.get('Label')}".strip()
    if kind == "link":
        return "\n".join(filter(None, (message.get("Title"), message.get("Description"), message.get("Url"))))
    if kind == "voice":
        return message.get("Recognition") or "（语音）"
    return "" if kind in ENDINGS else f"（发来本平台不能显示的内容：{kind[:40]}）"


def _hints(message: Message) -> dict[str, Any]:
    if message.kind != "location":
        return {}
    try:
        latitude, longitude = float(message.get("Location_X")), float(message.get("Location_Y"))
    except ValueError:
        return {}
    return {"location": {"latitude": latitude, "longitude": longitude}}
