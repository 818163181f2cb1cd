"""Files of multimedia messages: fetched from the provider once the call is acknowledged, and from nowhere else."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

import httpx

from channels.adapter import Attachment, MalformedInbound
from channels.sms.carrier import MediaLink
from kit.access import Access
from kit.blobs import Blob, BlobStore, record
from kit.errors import TooLarge, Unavailable
from kit.unit_of_work import Database

MOST_FILES = 10
MOST_BYTES = 20 * 1024 * 1024
MOST_REDIRECTS = 3
WHOLE_MESSAGE_S = 40.0
"""Less than the claim on a message lasts, or another process would begin on it; and others wait behind it."""
SILENCE_S = 10.0
AT_ONCE = 4
PATIENCE = timedelta(minutes=30)
"""So long a message waits for its files; then it is set aside, and whoever looks after the quarantine tries again."""
GONE = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """`missing`: how many files the provider does not have any more, or are too large."""

    attachments: tuple[Attachment, ...] = ()
    missing: int = 0


class Media:
    """One for each process. Use `close` at the end."""

    def __init__(self, database: Database, access: Access, blobs: BlobStore) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._room = asyncio.Semaphore(AT_ONCE)
        self._client: httpx.AsyncClient | None = None

    async def fetch(self, links: Sequence[MediaLink], received_at: datetime) -> Fetched:
        """The files of a message that came in at `received_at`; who refers to them keeps them.

        Raises `Unavailable` while the provider does not give them, `MalformedInbound` (quarantined) when that lasts
        longer than `PATIENCE`, or an address leads where this provider keeps no files.
        """
        try:
            async with self._room, asyncio.timeout(WHOLE_MESSAGE_S):
                return await self._all(links)
        except (httpx.HTTPError, TimeoutError) as error:
            if self._database.clock.now() - received_at > PATIENCE:
                raise MalformedInbound("The provider did not give a file of this message.") from error
            raise Unavailable("The provider does not give a file now.") from error

    async def _all(self, links: Sequence[MediaLink]) -> Fetched:
        attachments, missing = [], max(0, len(links) - MOST_FILES)
        for number, link in enumerate(links[:MOST_FILES], start=1):
            try:
                attachments.append(await self._keep(link, number))
            except (TooLarge, _Gone):
                missing += 1
        return Fetched(attachments=tuple(attachments), missing=missing)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _keep(self, link: MediaLink, number: int) -> Attachment:
        blob = await self._download(link)
        media_type = link.media_type[:127] or "application/octet-stream"
        async with self._database.unit_of_work(self._access) as uow:
            record(uow, blob, media_type, kept=False)
        return Attachment(
            filename=f"mms-{number}{mimetypes.guess_extension(media_type) or ''}",
            media_type=media_type,
            size_bytes=blob.size_bytes,
            blob_key=blob.key,
            sha256=blob.sha256,
        )

    async def _download(self, link: MediaLink) -> Blob:
        """Redirects are followed by hand: each step is looked at, and the secret goes to the provider alone."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=SILENCE_S, follow_redirects=False, trust_env=False)
        url = link.url
        for _ in range(MOST_REDIRECTS + 1):
            own = _is_under(url, link.base_url)
            if not own and not _is_store(url, link.stores):
                raise MalformedInbound("A file of this message lies where its provider keeps none.")
            headers = dict(link.headers) if own else {}
            async with self._client.stream("GET", url, headers=headers) as answer:
                if answer.is_redirect:
                    url = urljoin(url, answer.headers.get("location", ""))
                    continue
                if answer.status_code in GONE:
                    raise _Gone
                answer.raise_for_status()
                return await self._blobs.put(_chunks(answer), max_bytes=MOST_BYTES)
        raise MalformedInbound("A file of this message leads from one address to the next.")


class _Gone(Exception):
    """The provider has it no more."""


def _is_under(url: str, base_url: str) -> bool:
    """Whether an address is the provider's own; dots could lead out of its path."""
    given, base = urlsplit(url), urlsplit(base_url)
    path = base.path.rstrip("/") + "/"
    is_same = (given.scheme, given.netloc) == (base.scheme, base.netloc)
    return is_same and given.path.startswith(path) and ".." not in given.path and "%" not in given.path


def _is_store(url: str, stores: Sequence[str]) -> bool:
    """`stores`: hosts, or `.domain` for all below it; by TLS at the usual port only."""
    given = urlsplit(url)
    host = given.hostname or ""
    is_known = any(host.endswith(store) if store.startswith(".") else host == store for store in stores)
    return given.scheme == "https" and given.netloc == host and is_known


async def _chunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in answer.aiter_bytes():
        yield chunk
