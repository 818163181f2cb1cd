"""Chats that fell silent: the visitor is warned, then the chat ends; coming back goes on in the same thread."""

import asyncio
import logging
from datetime import timedelta

from kit.access import Access
from kit.errors import Unavailable
from kit.unit_of_work import Database, UnitOfWork
from records.messages.service import NewMessage, append
from records.messages.tables import Direction
from router.service import Router
from router.tables import ContactRow
from webchat import store
from webchat.catalogue import Translator
from webchat.settings import ChatSettings
from webchat.tables import ChatSessionRow

log = logging.getLogger(__name__)

INTERVAL_S = 5.0
BATCH = 100


class IdleChats:
    """Any number may run: the warning is claimed by a conditional update, ending twice is harmless."""

    def __init__(self, database: Database, access: Access, router: Router, settings: ChatSettings) -> None:
        self._database = database
        self._access = access
        self._router = router
        self._settings = settings

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            try:
                await self.look()
            except Unavailable:
                log.warning("silent chats cannot be looked for now; trying again")
            except Exception:
                log.exception("looking for silent chats failed; trying again")
            await asyncio.sleep(INTERVAL_S)

    async def look(self) -> None:
        """Warn and end what is due now. Only the visitor's silence counts, never that of the agent."""
        ended: list[tuple[ChatSessionRow, ContactRow]] = []
        async with self._database.unit_of_work(self._access) as uow:
            await store.sweep_expired(uow)
            limit = uow.now - timedelta(seconds=self._settings.idle_warn_s)
            for session, contact in await store.silent_since(uow, limit, BATCH):
                silent_since = contact.last_out_at or uow.now
                if uow.now - silent_since >= timedelta(seconds=self._settings.idle_close_s):
                    ended.append((session, contact))
                elif await store.warn_once(uow, session.id, silent_since):
                    left_s = self._settings.idle_close_s - (uow.now - silent_since).total_seconds()
                    uow.emit(f"chat:{session.id}", "idle", session.id, 0, {"closes_in_s": round(left_s)})

        for session, contact in ended:
            async with self._database.unit_of_work(self._access) as uow:
                # The contact is locked before its thread, as everywhere; the visitor may have written just now.
                if await store.still_silent(uow, contact):
                    await self._end(uow, session, contact)

    async def _end(self, uow: UnitOfWork, session: ChatSessionRow, contact: ContactRow) -> None:
        t = Translator("en" if session.language.startswith("en") else "zh-CN")
        farewell = NewMessage(
            thread_id=contact.thread_id,
            contact_id=contact.id,
            citizen_id=contact.citizen_id,
            direction=Direction.OUT,
            author_kind="system",
            client_id=f"idle:{contact.last_out_at}",
            text=t("chat.idle_closed"),
            language=session.language,
            detail={"automatic": True},
            sealed=contact.sealed,
        )
        await append(uow, farewell)
        await self._router.abandon(uow, contact.id)
