"""An edit is a revision of (chat, message): the newest words are shown, the former ones kept, the agent is told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from channels.adapter import IgnoredInbound, MalformedInbound
from channels.telegram import store
from channels.telegram.account import Bot
from channels.telegram.model import Message, Update, read_update
from kit.access import Access
from kit.errors import Unavailable
from kit.unit_of_work import Database, UnitOfWork
from records.messages.revisions import revise
from records.messages.tables import MessageRow
from router.contact import OPEN_STATUSES, Channel
from router.service import Router
from router.tables import ContactRow


class Edits:
    """One for each process."""

    def __init__(self, database: Database, access: Access, router: Router) -> None:
        self._database = database
        self._access = access
        self._router = router

    async def apply(self, bot: Bot, given: Update, message: Message, external_id: str, text: str) -> None:
        """Revise the message of `external_id`. Returns where that cannot be: it is unknown, or its contact is over.

        Raises `IgnoredInbound` when it is revised, `Unavailable` while the message itself still waits to be read.
        """
        async with self._database.unit_of_work(self._access) as uow:
            row = await store.message_of(uow, Channel.TELEGRAM, external_id)
            if row is None:
                await _require_read(uow, bot, given, message)
                return
            contact = await uow.session.scalar(
                select(ContactRow)
                .where(ContactRow.id == row.contact_id, ContactRow.status.in_(OPEN_STATUSES))
                .with_for_update()
            )
            if contact is None:
                return
            await self._revise(uow, row, contact, given, message, text)
        raise IgnoredInbound("edit: a revision of a message that is here")

    async def _revise(
        self, uow: UnitOfWork, row: MessageRow, contact: ContactRow, given: Update, message: Message, text: str
    ) -> None:
        at = datetime.fromtimestamp(message.edit_date or message.date, UTC)
        if await revise(uow, row.id, text, at=at, key=given.update_id):
            await self._router.append_inbound(uow, contact)


async def _require_read(uow: UnitOfWork, bot: Bot, given: Update, message: Message) -> None:
    """The edit may have overtaken its message: both wait in the ledger."""
    wanted = (message.chat.id, message.message_id)
    for row in await store.unread(uow, Channel.TELEGRAM, bot.id):
        if row.provider_id != str(given.update_id) and _names(row.raw_json) == wanted:
            raise Unavailable("The message that this changes is not read yet.")


def _names(raw_json: Mapping[str, Any] | None) -> tuple[int, int] | None:
    """Chat and number of the new message in an update."""
    try:
        first = read_update(raw_json).message
    except MalformedInbound:
        return None
    return (first.chat.id, first.message_id) if first is not None else None
