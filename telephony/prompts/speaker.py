"""From what is to be said to sound files: recorded prompts as they are, texts spoken by a voice and kept by content."""

import asyncio
import hashlib
import logging
import os
import time
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kit.access import Access
from kit.blobs import BlobStore
from kit.errors import AppError
from kit.unit_of_work import Database
from telephony.calls import Media
from telephony.ivr.flow import Flow
from telephony.ivr.nodes import Part, Say
from telephony.prompts import store
from telephony.prompts.readings import fill
from telephony.prompts.sound import SPOKEN, prompt_of
from telephony.prompts.voices import SpeechFailed, Voice

log = logging.getLogger(__name__)

AT_ONCE = 2
FORGIVE_S = 60.0
PASSING, PASSING_S = "passing", 1800.0
USUAL_LANGUAGE = "zh-CN"


class PromptSpeaker:
    """`telephony.switchboard.ports.Speaker`. `folder`: what was spoken, by content, shared by all processes.

    A text that a voice failed on is left out for a minute, so that no caller waits for it again and again.
    """

    def __init__(
        self, *, database: Database, access: Access, blobs: BlobStore, voice: Voice | None, folder: Path
    ) -> None:
        self._database, self._access, self._blobs = database, access, blobs
        self._voice, self._folder = voice, folder
        self._known: dict[str, Media] = {}
        self._failed: dict[str, float] = {}
        self._under_way: dict[str, asyncio.Future[Media | None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def sounds(self, say: Say, language: str, values: dict[str, str]) -> Sequence[Media]:
        """In their order; what cannot be heard now is left out."""
        found = [await self._sound(part, part.language or language, values) for part in say]
        return [media for media in found if media is not None]

    async def _sound(self, part: Part, language: str, values: dict[str, str]) -> Media | None:
        if part.prompt:
            return await self._recorded(part.prompt, language)
        spoken_in = language if language in part.text else USUAL_LANGUAGE
        text = part.text.get(spoken_in, "")
        return await self.spoken(fill(text, values, spoken_in), spoken_in, passing="{" in text)

    async def _recorded(self, key: str, language: str) -> Media | None:
        try:
            async with self._database.unit_of_work(self._access, read_only=True) as uow:
                row = await store.heard(uow, key, language)
        except AppError:
            return None
        if row is None:
            log.warning("there is no prompt %s", key)
            return None
        return Media(path=self._blobs.path(row.blob_key), duration_s=row.duration_ms / 1000)

    async def spoken(self, text: str, language: str, *, passing: bool = False) -> Media | None:
        """`text` by the voice; None without one, or where it failed. `passing`: it is forgotten within the hour."""
        if self._voice is None or not text.strip():
            return None
        name = hashlib.sha256("\0".join((self._voice.name, language, text)).encode()).hexdigest()[:32]
        known = self._known.get(name)
        if known is not None or self._failed.get(name, 0.0) > time.monotonic():
            return known
        if name not in self._under_way:
            self._under_way[name] = asyncio.ensure_future(self._make(name, text, language, passing))
            self._under_way[name].add_done_callback(lambda _: self._under_way.pop(name, None))
        return await asyncio.shield(self._under_way[name])

    async def _make(self, name: str, text: str, language: str, passing: bool) -> Media | None:
        path = (self._folder / PASSING if passing else self._folder) / f"{name}.wav"
        try:
            async with self._slots:
                if not await asyncio.to_thread(path.exists):
                    await self._speak(path, text, language)
            self._known[name] = replace(await asyncio.to_thread(media_of, path), passing=passing)
        except (SpeechFailed, AppError, OSError) as error:
            log.warning("a text could not be spoken: %s", error)
            self._failed[name] = time.monotonic() + FORGIVE_S
        return self._known.get(name)

    async def _speak(self, path: Path, text: str, language: str) -> None:
        assert self._voice is not None
        data = await self._voice.speak(text, language)
        finished, _ = await asyncio.to_thread(prompt_of, data, SPOKEN)
        await asyncio.to_thread(_publish, path, finished)

    async def forget(self) -> None:
        """Delete what was spoken with somebody's own numbers in it, some time ago."""
        gone = await asyncio.to_thread(_delete_old, self._folder / PASSING)
        for name in gone:
            self._known.pop(name, None)

    async def warm(self, flow: Flow) -> None:
        """Speak every text of `flow` that holds no values, before somebody waits for it."""
        for node in flow.nodes.values():
            for part in (part for say in node.says() for part in say):
                for language, text in part.text.items():
                    if "{" not in text:
                        await self.spoken(text, language)
                        await asyncio.sleep(0)


def media_of(path: Path) -> Media:
    with wave.open(str(path), "rb") as file:
        return Media(path=path, duration_s=file.getnframes() / file.getframerate())


def _publish(path: Path, data: bytes) -> None:
    """Whole or not there, whoever else speaks the same text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.rename(path)


def _delete_old(folder: Path) -> list[str]:
    limit, gone = time.time() - PASSING_S, []
    for path in folder.glob("*.wav"):
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            gone.append(path.stem)
    return gone
