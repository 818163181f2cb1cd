"""Keeps one listener running for each enabled bot, and replaces it when its settings change."""

import asyncio
import logging
from dataclasses import dataclass

from channels.adapter import Intake
from channels.claim import Claim
from channels.telegram import service, store
from channels.telegram.account import bot_of
from channels.telegram.clients import Bots
from channels.telegram.receiving.listener import Listener
from channels.telegram.service import WAKE_BOTS, webhook_path
from channels.telegram.settings import TelegramSettings
from channels.telegram.tables import BotRow
from kit.access import Access
from kit.errors import AppError
from kit.ids import new_id
from kit.secret_box import SecretBox
from kit.tasks import stop, uninterrupted
from kit.unit_of_work import Database
from kit.wake import Waker

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 5.0


@dataclass
class _Running:
    revision: int
    task: asyncio.Task[None]


class Receiver:
    """One for each process; several processes share the bots by leases."""

    def __init__(
        self,
        *,
        database: Database,
        access: Access,
        box: SecretBox,
        waker: Waker,
        bots: Bots,
        public_url: str,
        settings: TelegramSettings,
    ) -> None:
        self._database = database
        self._access = access
        self._box = box
        self._waker = waker
        self._bots = bots
        self._public_url = public_url
        self._settings = settings
        self._holder = new_id()
        self._running: dict[str, _Running] = {}

    async def run(self, intake: Intake) -> None:
        """Until cancelled; then every listener has ended and given its lease back."""
        try:
            while True:
                try:
                    await self._adjust(intake)
                except AppError as error:
                    log.warning("the bots cannot be read from the database now: %s", error)
                await self._waker.wait(WAKE_BOTS, _LOOK_EVERY_S)
        finally:
            await uninterrupted(self._stop(*self._running))

    async def _adjust(self, intake: Intake) -> None:
        """Start, replace and stop listeners so that they are what the database says."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            rows = {row.id: row for row in await store.bots(uow) if row.enabled}
        gone = (
            bot_id
            for bot_id, running in self._running.items()
            if bot_id not in rows or rows[bot_id].revision != running.revision or running.task.done()
        )
        await self._stop(*gone)
        for row in rows.values():
            if row.id not in self._running:
                await self._start(row, intake)

    async def _start(self, row: BotRow, intake: Intake) -> None:
        try:
            bot = bot_of(row, self._box)
        except AppError as error:
            async with self._database.unit_of_work(self._access) as uow:
                await service.note_failure(uow, row.id, error.detail)
            return
        listener = Listener(
            bot,
            database=self._database,
            access=self._access,
            bots=self._bots,
            claim=Claim(self._database, self._access, f"telegram/{bot.id}", self._holder),
            intake=intake,
            address=f"{self._public_url}{webhook_path(bot.id)}",
            settings=self._settings,
        )
        task = asyncio.create_task(listener.run(), name=f"bot {bot.name}")
        self._running[row.id] = _Running(revision=row.revision, task=task)

    async def _stop(self, *bot_ids: str) -> None:
        await stop([self._running.pop(bot_id).task for bot_id in bot_ids])
