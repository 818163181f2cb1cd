"""Recorded prompts: uploaded or spoken, cut, made even, ready to be played; what they were before is kept."""

import asyncio
import hashlib
from dataclasses import asdict, dataclass

from sqlalchemy import select

from kit import blobs
from kit.access import Access
from kit.blobs import Blob, BlobRow, BlobStore
from kit.errors import Conflict, NotFound
from kit.unit_of_work import Database, UnitOfWork
from telephony.prompts.mp3 import is_mp3
from telephony.prompts.sound import SPOKEN, Edits, prompt_of
from telephony.prompts.voices import Voice
from telephony.tables import PromptRow, PromptVersionRow

WAV, MP3 = "audio/wav", "audio/mpeg"
MAX_BYTES = 60 * 1024 * 1024
MARK_CHARS = 32
KEPT = (
    "name",
    "blob_key",
    "original_blob_key",
    "edits",
    "sha256",
    "duration_ms",
    "text",
    "said",
    "voice",
    "changed_by_id",
    "changed_at",
)
"""What a version of a prompt is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Of a prompt. `based_on`: the version that was read, 0 for a new prompt, None to write whatever is there."""

    key: str
    language: str
    name: str
    based_on: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sound:
    original_key: str
    finished: bytes
    duration_s: float
    edits: Edits
    media_type: str = WAV


class Prompts:
    """What makes sounds owns its transactions, since bytes are worked on in between.

    All raise `Conflict` code `prompt_changed` where `based_on` is not the version that is there.
    """

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database, self._blobs = database, store

    async def upload(
        self, access: Access, place: Place, data: bytes, edits: Edits, text: str | None = None
    ) -> PromptRow:
        """Keep a recording, which says `text` (None: what the prompt is to say); the next call hears it.

        Raises `Invalid` where it is neither a WAV nor an MP3 file.
        """
        sound, original = await self._made(data, edits)
        return await self._keep(access, place, sound, original, text=text)

    async def speak(self, access: Access, place: Place, text: str, voice: Voice) -> PromptRow:
        """Keep what `voice` makes of `text`. Raises `SpeechFailed`."""
        sound, original = await self._made(await voice.speak(text, place.language), SPOKEN)
        return await self._keep(access, place, sound, original, text=text, voice=mark(voice))

    async def edit(self, access: Access, prompt_id: str, edits: Edits, based_on: int | None = None) -> PromptRow:
        """Make the prompt anew from what was uploaded. Raises `NotFound`."""
        async with self._database.unit_of_work(access, read_only=True) as uow:
            row = await by_id(uow, prompt_id)
        place = Place(key=row.key, language=row.language, name=row.name, based_on=based_on)
        finished, duration_s = await asyncio.to_thread(prompt_of, await self._blobs.read(row.original_blob_key), edits)
        sound = _Sound(original_key=row.original_blob_key, finished=finished, duration_s=duration_s, edits=edits)
        return await self._keep(access, place, sound, None, voice=row.voice)

    async def _made(self, data: bytes, edits: Edits) -> tuple[_Sound, Blob]:
        finished, duration_s = await asyncio.to_thread(prompt_of, data, edits)
        original = await self._blobs.put(data, max_bytes=MAX_BYTES)
        media_type = MP3 if is_mp3(data) else WAV
        sound = _Sound(
            original_key=original.key, finished=finished, duration_s=duration_s, edits=edits, media_type=media_type
        )
        return sound, original

    async def _keep(
        self,
        access: Access,
        place: Place,
        sound: _Sound,
        original: Blob | None,
        *,
        text: str | None = None,
        voice: str = "",
    ) -> PromptRow:
        """`text`: what the sound says; None: what the prompt is to say. `original` unless it was kept before."""
        blob = await self._blobs.put(sound.finished)
        async with self._database.unit_of_work(access) as uow:
            row = await one(uow, place.key, place.language)
            _require(row, place.based_on)
            row = row or PromptRow(key=place.key, language=place.language, text="", said="", version=0)
            before = (row.said, row.text) if row.version else None
            _set_aside(uow, row)
            uow.session.add(row)
            blobs.record(uow, blob, WAV, kept=True)
            if original is not None:
                blobs.record(uow, original, sound.media_type, kept=True)
            row.name, row.blob_key, row.original_blob_key = place.name, blob.key, sound.original_key
            row.edits, row.sha256 = asdict(sound.edits), hashlib.sha256(sound.finished).hexdigest()
            row.duration_ms, row.voice = round(sound.duration_s * 1000), voice
            if text is not None:
                row.text = text
            # Another cut of the same recording says what it said before.
            row.said = before[0] if before and original is None else row.text
            await _changed(uow, row)
        return row


async def one(uow: UnitOfWork, key: str, language: str) -> PromptRow | None:
    query = select(PromptRow).where(PromptRow.key == key, PromptRow.language == language)
    return await uow.session.scalar(query.with_for_update())


async def by_id(uow: UnitOfWork, prompt_id: str, *, for_update: bool = False) -> PromptRow:
    """Raises `NotFound`."""
    query = select(PromptRow).where(PromptRow.id == prompt_id)
    row = await uow.session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise NotFound("There is no such prompt.")
    return row


async def write_text(uow: UnitOfWork, prompt_id: str, text: str, based_on: int, *, says_it: bool) -> PromptRow:
    """What the prompt is to say; with `says_it` its sound says so already. Raises as `Prompts`."""
    row = await by_id(uow, prompt_id, for_update=True)
    _require(row, based_on)
    _set_aside(uow, row)
    row.text = text
    if says_it:
        row.said = text
    await _changed(uow, row)
    return row


async def versions(uow: UnitOfWork, prompt_id: str) -> list[PromptVersionRow]:
    """What it was before, the newest first."""
    query = select(PromptVersionRow).where(PromptVersionRow.prompt_id == prompt_id)
    return list(await uow.session.scalars(query.order_by(PromptVersionRow.number.desc())))


async def restore(uow: UnitOfWork, prompt_id: str, number: int, based_on: int) -> PromptRow:
    """Let it be as it was in version `number`; what it is now is kept, too. Raises `NotFound`, and as `Prompts`."""
    row = await by_id(uow, prompt_id, for_update=True)
    _require(row, based_on)
    earlier = next((one for one in await versions(uow, prompt_id) if one.number == number), None)
    if earlier is None:
        raise NotFound("There is no such version.")
    _set_aside(uow, row)
    for name in KEPT:
        setattr(row, name, getattr(earlier, name))
    await _changed(uow, row)
    return row


async def media_type(uow: UnitOfWork, blob_key: str) -> str:
    """Of a prompt's sound, or of what was uploaded for it."""
    return await uow.session.scalar(select(BlobRow.media_type).where(BlobRow.key == blob_key)) or WAV


async def heard(uow: UnitOfWork, key: str, language: str) -> PromptRow | None:
    """The prompt in `language`, else in Chinese."""
    rows = await uow.session.scalars(
        select(PromptRow).where(PromptRow.key == key, PromptRow.language.in_((language, "zh-CN")))
    )
    return min(rows, key=lambda row: row.language != language, default=None)


async def every(uow: UnitOfWork) -> list[PromptRow]:
    return list(await uow.session.scalars(select(PromptRow).order_by(PromptRow.key, PromptRow.language)))


def mark(voice: Voice) -> str:
    """What tells a voice from another one, whatever its settings hold."""
    return hashlib.sha256(voice.name.encode()).hexdigest()[:MARK_CHARS]


def is_out_of_date(row: PromptRow, voice: Voice | None) -> bool:
    """It says another text than it should, or was spoken by a voice that the house has no more."""
    other_voice = bool(row.voice) and voice is not None and row.voice != mark(voice)
    return row.text != row.said or other_voice


def _require(row: PromptRow | None, based_on: int | None) -> None:
    version = row.version if row else 0
    if based_on is not None and version != based_on:
        raise Conflict("Somebody else changed this prompt meanwhile.", code="prompt_changed", version=version)


def _set_aside(uow: UnitOfWork, row: PromptRow) -> None:
    if row.version:
        was = {name: getattr(row, name) for name in KEPT}
        uow.session.add(PromptVersionRow(prompt_id=row.id, number=row.version, **was))


async def _changed(uow: UnitOfWork, row: PromptRow) -> None:
    row.changed_by_id, row.changed_at, row.version = uow.access.actor_id, uow.now, row.version + 1
    await uow.session.flush()
