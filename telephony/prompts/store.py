"""Recorded prompts: uploaded, cut, made even, and ready to be played."""

import asyncio
import hashlib
from dataclasses import asdict

from sqlalchemy import select

from kit import blobs
from kit.access import Access
from kit.blobs import BlobStore
from kit.errors import NotFound
from kit.unit_of_work import Database, UnitOfWork
from telephony.prompts.sound import Edits, prompt_of
from telephony.tables import PromptRow

WAV = "audio/wav"
MAX_BYTES = 60 * 1024 * 1024


class Prompts:
    """Uploads own their transactions, since bytes are worked on in between."""

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database, self._blobs = database, store

    async def upload(self, access: Access, key: str, language: str, name: str, data: bytes, edits: Edits) -> PromptRow:
        """Keep a recording under `key`; the next call hears it. Raises `Invalid` where it is no WAV file."""
        finished, duration_s = await asyncio.to_thread(prompt_of, data, edits)
        original = await self._blobs.put(data, max_bytes=MAX_BYTES)
        return await self._keep(access, key, language, name, original.key, finished, duration_s, edits)

    async def edit(self, access: Access, prompt_id: str, edits: Edits) -> PromptRow:
        """Make the prompt anew from what was uploaded."""
        async with self._database.unit_of_work(access, read_only=True) as uow:
            row = await uow.session.scalar(select(PromptRow).where(PromptRow.id == prompt_id))
        if row is None:
            raise NotFound("There is no such prompt.")
        data = await self._blobs.read(row.original_blob_key)
        finished, duration_s = await asyncio.to_thread(prompt_of, data, edits)
        return await self._keep(
            access, row.key, row.language, row.name, row.original_blob_key, finished, duration_s, edits
        )

    async def _keep(
        self,
        access: Access,
        key: str,
        language: str,
        name: str,
        original_key: str,
        finished: bytes,
        duration_s: float,
        edits: Edits,
    ) -> PromptRow:
        blob = await self._blobs.put(finished)
        async with self._database.unit_of_work(access) as uow:
            row = await one(uow, key, language)
            if row is None:
                row = PromptRow(key=key, language=language, version=0)
                uow.session.add(row)
            blobs.record(uow, blob, WAV, kept=True)
            row.name, row.blob_key, row.original_blob_key = name, blob.key, original_key
            row.edits, row.sha256 = asdict(edits), hashlib.sha256(finished).hexdigest()
            row.duration_ms = round(duration_s * 1000)
            row.changed_by_id, row.changed_at, row.version = access.actor_id, uow.now, row.version + 1
            await uow.session.flush()
        return row


async def one(uow: UnitOfWork, key: str, language: str) -> PromptRow | None:
    return await uow.session.scalar(select(PromptRow).where(PromptRow.key == key, PromptRow.language == language))


async def heard(uow: UnitOfWork, key: str, language: str) -> PromptRow | None:
    """The prompt in `language`, else in Chinese."""
    rows = await uow.session.scalars(
        select(PromptRow).where(PromptRow.key == key, PromptRow.language.in_((language, "zh-CN")))
    )
    return min(rows, key=lambda row: row.language != language, default=None)


async def every(uow: UnitOfWork) -> list[PromptRow]:
    return list(await uow.session.scalars(select(PromptRow).order_by(PromptRow.key, PromptRow.language)))
