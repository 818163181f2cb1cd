"""Listens to one bot under its lease: fetches its updates, or keeps Telegram posting them to us."""

import asyncio
import logging
import random
from datetime import timedelta
from functools import partial
from typing import Any

from channels.adapter import ChannelUnavailable, Intake, MessageRejected
from channels.claim import Claim, ClaimLost
from channels.telegram import service, store
from channels.telegram.account import Bot
from channels.telegram.clients import Bots, Client
from channels.telegram.receiving.webhook import raw_of
from channels.telegram.settings import TelegramSettings
from channels.telegram.tables import BotMode
from channels.telegram.words import COMMANDS, WORDS
from kit import leases
from kit.access import Access
from kit.errors import AppError
from kit.leases import Lease
from kit.unit_of_work import Database

log = logging.getLogger(__name__)

WANTED = ["message", "edited_message", "callback_query"]
BATCH = 100
# After a week without updates Telegram may go on with any number, a lower one too (core.telegram.org/bots/api#update).
NUMBERS_LAST = timedelta(days=6)
_FIRST_RETRY_S = 1.0
_OTHER_HOLDER_S = 5.0


class Listener:
    """One for each enabled bot in each process; the lease lets one of them work."""

    def __init__(
        self,
        bot: Bot,
        *,
        database: Database,
        access: Access,
        bots: Bots,
        claim: Claim,
        intake: Intake,
        address: str,
        settings: TelegramSettings,
    ) -> None:
        self._bot = bot
        self._database = database
        self._access = access
        self._bots = bots
        self._claim = claim
        self._intake = intake
        self._address = address
        self._settings = settings
        self._failures = 0

    async def run(self) -> None:
        """Until cancelled; a lost server or database is tried again with growing pauses."""
        work = self._poll if self._bot.mode == BotMode.POLLING else self._keep_webhook
        while True:
            try:
                pause_s = _OTHER_HOLDER_S
                await self._claim.hold(work)
            except ClaimLost:
                log.info("another process listens to bot %s now", self._bot.id)
            except (ChannelUnavailable, MessageRejected) as error:
                pause_s = await self._failed(error.detail)
            except AppError as error:
                # Our own database: it cannot be told there either.
                log.warning("bot %s: nothing can be stored now: %s", self._bot.id, error)
                pause_s = self._back_off()
            except Exception as error:
                log.exception("listening to bot %s failed unexpectedly", self._bot.id)
                pause_s = await self._failed(f"unexpected: {type(error).__name__}")
            await asyncio.sleep(pause_s)

    async def _poll(self, lease: Lease) -> None:
        # Not a single update is dropped with the webhook: those that wait are fetched.
        await self._bots.ask(self._bot, lambda client: client.delete_webhook(drop_pending_updates=False))
        username = await self._introduce()
        offset = await self._offset()
        await self._works(username)
        while True:
            updates = await self._fetch(offset)
            # At once, so that they share a commit; the ledger keeps their order.
            await asyncio.gather(*(self._intake(raw_of(self._bot.id, update, self._database)) for update in updates))
            if updates:
                offset = max(update["update_id"] for update in updates) + 1
                await self._advance(lease, offset)
            await self._works(username)

    async def _fetch(self, offset: int) -> list[dict[str, Any]]:
        """As JSON, just as they come. The method's name is any case: the library would make objects of its own one."""
        wait_s = self._settings.poll_timeout_s
        asked = {"offset": offset, "limit": BATCH, "timeout": wait_s, "allowed_updates": WANTED}
        updates: list[dict[str, Any]] = await self._bots.ask(
            self._bot, lambda client: client.do_api_request("GetUpdates", asked, read_timeout=wait_s + 10)
        )
        return updates

    async def _offset(self) -> int:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            row = await service.get(uow, self._bot.id)
            fresh = row.last_update_at is not None and row.last_update_at > uow.now - NUMBERS_LAST
        return row.next_offset if fresh else 0

    async def _advance(self, lease: Lease, offset: int) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            if not await leases.still_held(uow, lease):
                raise ClaimLost(lease.name)
            await store.advance(uow, self._bot.id, offset)

    async def _keep_webhook(self, _lease: Lease) -> None:
        username = await self._introduce()
        await self._bots.ask(self._bot, self._set_webhook)
        while True:
            info = await self._bots.ask(self._bot, lambda client: client.get_webhook_info())
            if info.url != self._address:
                await self._bots.ask(self._bot, self._set_webhook)
            if info.last_error_message and info.pending_update_count:
                await self._note_failure(f"Telegram cannot post to us: {info.last_error_message}")
            else:
                await self._works(username)
            await asyncio.sleep(self._settings.webhook_check_s)

    async def _set_webhook(self, client: Client) -> bool:
        return await client.set_webhook(
            self._address,
            secret_token=self._bot.webhook_secret,
            allowed_updates=WANTED,
            drop_pending_updates=False,
        )

    async def _introduce(self) -> str:
        """Show the commands in Telegram's menu; returns the bot's name there."""
        for language in WORDS:
            await self._bots.ask(self._bot, partial(_set_menu, language=language))
        me = await self._bots.ask(self._bot, lambda client: client.get_me())
        return me.username or ""

    async def _works(self, username: str) -> None:
        self._failures = 0
        async with self._database.unit_of_work(self._access) as uow:
            await service.note_success(uow, self._bot.id, username)

    async def _failed(self, reason: str) -> float:
        log.warning("bot %s: %s", self._bot.id, reason)
        await self._note_failure(reason)
        return self._back_off()

    async def _note_failure(self, reason: str) -> None:
        try:
            async with self._database.unit_of_work(self._access) as uow:
                await service.note_failure(uow, self._bot.id, reason)
        except AppError:
            log.warning("the state of bot %s cannot be stored now", self._bot.id)

    def _back_off(self) -> float:
        pause_s: float = min(_FIRST_RETRY_S * 2**self._failures, self._settings.longest_retry_s)
        self._failures = min(self._failures + 1, 20)
        return pause_s * random.uniform(0.7, 1.3)  # noqa: S311 - jitter


async def _set_menu(client: Client, language: str) -> bool:
    menu = [(command.name, command.what[language]) for command in COMMANDS]
    return await client.set_my_commands(menu, language_code=language[:2])
