"""Bytes too large for a row: attachments, recordings, raw mail. Keys are random; access goes by the owner's id."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from kit.errors import NotFound, TooLarge, Unavailable
from kit.ids import new_id
from kit.tables import Row
from kit.unit_of_work import UnitOfWork

UNKEPT_AGE = timedelta(days=1)
MIN_FREE_BYTES = 50 * 1024 * 1024


class BlobRow(Row):
    __tablename__ = "blobs"

    key: Mapped[str] = mapped_column(String(36), unique=True)
    media_type: Mapped[str] = mapped_column(String(127))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    kept: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    key: str
    size_bytes: int
    sha256: str


class BlobStore:
    """A local folder. A blob is on disk, synced, before its key is given out."""

    def __init__(self, folder: Path, *, min_free_bytes: int = MIN_FREE_BYTES) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes

    async def put(self, data: bytes | AsyncIterator[bytes], *, max_bytes: int | None = None) -> Blob:
        """Store `data` durably. Raises `TooLarge` past `max_bytes`, `Unavailable` when the disk is full."""
        key = new_id()
        path = self.path(key)
        await asyncio.to_thread(self._require_room, path)
        partial = path.with_suffix(".part")
        try:
            digest, size = await self._write(partial, data, max_bytes)
            await asyncio.to_thread(_publish, partial, path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise Unavailable("The disk cannot take this now; nothing was stored.") from error
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        return Blob(key=key, size_bytes=size, sha256=digest)

    async def _write(self, path: Path, data: bytes | AsyncIterator[bytes], max_bytes: int | None) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        file = await asyncio.to_thread(path.open, "wb")
        try:
            async for chunk in _chunks(data):
                size += len(chunk)
                if max_bytes is not None and size > max_bytes:
                    raise TooLarge(f"At most {max_bytes} bytes are taken.", max_bytes=max_bytes)
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(_sync, file.fileno(), file.flush)
        finally:
            file.close()
        return digest.hexdigest(), size

    async def read(self, key: str) -> bytes:
        """All bytes of a blob. Raises `NotFound`."""
        try:
            return await asyncio.to_thread(self.path(key).read_bytes)
        except FileNotFoundError as error:
            raise NotFound("The stored file is missing.") from error

    async def delete(self, key: str) -> None:
        """Remove a blob; harmless when it is gone."""
        await asyncio.to_thread(self.path(key).unlink, True)

    def path(self, key: str) -> Path:
        """Where a blob lies; for serving files and for tools that need a path."""
        if not key or not all(character.isalnum() or character == "-" for character in key):
            raise NotFound("That is no key of a stored file.")
        return self._folder / key[-2:] / key

    def _require_room(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(path.parent).free
        except OSError as error:
            raise Unavailable("The disk cannot take this now; nothing was stored.") from error
        if free < self._min_free_bytes:
            raise Unavailable("The disk is full; nothing was stored.")


async def _chunks(data: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    async for chunk in data:
        yield chunk


def _sync(descriptor: int, flush: object) -> None:
    if callable(flush):
        flush()
    os.fsync(descriptor)


def _publish(partial: Path, path: Path) -> None:
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def record(uow: UnitOfWork, blob: Blob, media_type: str, *, kept: bool) -> None:
    """Write a stored blob down; one that is not `kept` is deleted after a day."""
    uow.session.add(
        BlobRow(
            key=blob.key,
            media_type=media_type,
            size_bytes=blob.size_bytes,
            sha256=blob.sha256,
            kept=kept,
            created_at=uow.now,
        )
    )


async def keep(uow: UnitOfWork, key: str) -> None:
    """An owner now refers to this blob."""
    await uow.session.execute(update(BlobRow).where(BlobRow.key == key).values(kept=True))


async def sweep(uow: UnitOfWork, store: BlobStore, limit: int = 200) -> int:
    """Delete blobs that nobody kept within a day; returns how many."""
    query = select(BlobRow.key).where(BlobRow.kept.is_(False), BlobRow.created_at < uow.now - UNKEPT_AGE).limit(limit)
    keys = list(await uow.session.scalars(query))
    if keys:
        await uow.session.execute(delete(BlobRow).where(BlobRow.key.in_(keys)))
    for key in keys:
        uow.after_commit(lambda key=key: store.delete(key))  # type: ignore[misc]
    return len(keys)
