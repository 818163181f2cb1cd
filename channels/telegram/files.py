"""Files of a message: fetched from Telegram into the blob store, never larger than allowed."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from channels.adapter import Attachment, ChannelUnavailable, MessageRejected
from channels.telegram.account import Bot
from channels.telegram.clients import Bots
from channels.telegram.model import File, Message
from channels.telegram.settings import MAX_DOWNLOAD_BYTES
from kit.access import Access
from kit.blobs import Blob, BlobStore, record
from kit.errors import TooLarge, Unavailable
from kit.unit_of_work import Database

WHOLE_FILE_S = 40.0
SILENCE_S = 10.0
AT_ONCE = 4
ANY_TYPE = "application/octet-stream"
# What Telegram makes of these itself, where it says no type.
_KINDS = {
    "document": ANY_TYPE,
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "video_note": "video/mp4",
    "animation": "video/mp4",
    "sticker": "image/webp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    file: File
    name: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`too_large` and `gone` are files that could not be had."""

    attachments: tuple[Attachment, ...] = ()
    too_large: tuple[Named, ...] = ()
    gone: tuple[Named, ...] = ()


def files_of(message: Message) -> list[Named]:
    """The files of a message; of a photo the largest form."""
    found = []
    if message.photo:
        name = f"photo-{message.message_id}.jpg"
        found.append(Named(file=message.photo[-1], name=name, media_type="image/jpeg"))
    for kind, usual in _KINDS.items():
        file = getattr(message, kind)
        # An animation comes with the same file as a document beside it.
        if file is None or (kind == "document" and message.animation is not None):
            continue
        media_type = file.mime_type or usual
        ending = mimetypes.guess_extension(media_type) or ""
        found.append(
            Named(file=file, name=file.file_name or f"{kind}-{message.message_id}{ending}", media_type=media_type)
        )
    return found


class Files:
    """One for each process."""

    def __init__(self, database: Database, access: Access, blobs: BlobStore, bots: Bots) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._bots = bots
        self._room = asyncio.Semaphore(AT_ONCE)

    async def keep(self, bot: Bot, message: Message) -> Kept:
        """Fetch the files of a message; who refers to them keeps them. Raises `Unavailable`: try again later."""
        attachments: list[Attachment] = []
        too_large: list[Named] = []
        gone: list[Named] = []
        for named in files_of(message):
            if (named.file.file_size or 0) > MAX_DOWNLOAD_BYTES:
                too_large.append(named)
                continue
            try:
                attachments.append(await self._fetch(bot, named))
            except TooLarge:
                too_large.append(named)
            except MessageRejected as error:
                # The Bot API's own words for a file above its limit; anything else means that it is gone.
                (too_large if "too big" in error.detail else gone).append(named)
        return Kept(attachments=tuple(attachments), too_large=tuple(too_large), gone=tuple(gone))

    async def _fetch(self, bot: Bot, named: Named) -> Attachment:
        try:
            async with self._room, asyncio.timeout(WHOLE_FILE_S):
                found = await self._bots.ask(bot, lambda client: client.get_file(named.file.file_id))
                blob = await self._download(found.file_path or "")
        except (ChannelUnavailable, TimeoutError, httpx.HTTPError) as error:
            raise Unavailable("Telegram does not give a file now.") from error
        async with self._database.unit_of_work(self._access) as uow:
            record(uow, blob, named.media_type[:127], kept=False)
        return Attachment(
            filename=named.name[:255],
            media_type=named.media_type[:127],
            size_bytes=blob.size_bytes,
            blob_key=blob.key,
            sha256=blob.sha256,
        )

    async def _download(self, address: str) -> Blob:
        async with httpx.AsyncClient(timeout=SILENCE_S) as client, client.stream("GET", address) as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise MessageRejected("The file is gone.")
            answer.raise_for_status()
            return await self._blobs.put(_chunks(answer), max_bytes=MAX_DOWNLOAD_BYTES)


async def _chunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in answer.aiter_bytes():
        yield chunk
