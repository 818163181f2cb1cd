"""What the bot says by itself: written down with its cause, sent by a loop, each once."""

import logging
from datetime import timedelta

from sqlalchemy import update

from channels.adapter import ChannelUnavailable, MessageRejected
from channels.telegram import store
from channels.telegram.account import bot_of
from channels.telegram.clients import Bots
from channels.telegram.tables import AnswerRow, BotRow
from kit.access import Access
from kit.errors import AppError
from kit.secret_box import SecretBox
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker

log = logging.getLogger(__name__)

WAKE_ANSWERS = "telegram-answers"
POLL_S = 2.0
BATCH = 20
LEASE_S = 60.0
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 600.0
# With these waits about half a day: later, nobody waits for it any more.
MOST_ATTEMPTS = 75


async def add(uow: UnitOfWork, waker: Waker, bot_id: str, cause: str, chat_id: int, text: str) -> bool:
    """Say `text` in the chat; the same cause again says nothing. False: it was said before."""
    if await store.is_answered(uow, bot_id, cause):
        return False
    row = AnswerRow(bot_id=bot_id, cause=cause, chat_id=chat_id, text=text, next_attempt_at=uow.now, created_at=uow.now)
    uow.session.add(row)
    await uow.session.flush()
    uow.after_commit(lambda: waker.wake(WAKE_ANSWERS))
    return True


class Answers:
    """Any number may run: a claim is a conditional update."""

    def __init__(self, database: Database, access: Access, box: SecretBox, waker: Waker, bots: Bots) -> None:
        self._database = database
        self._access = access
        self._box = box
        self._waker = waker
        self._bots = bots

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            try:
                sent = await self.work()
            except AppError as error:
                sent = 0
                log.warning("the bots' answers cannot be read now: %s", error)
            if sent == 0:
                await self._waker.wait(WAKE_ANSWERS, POLL_S)

    async def work(self) -> int:
        """Claim and send one batch; returns how many."""
        async with self._database.unit_of_work(self._access) as uow:
            rows = await store.due_answers(uow, BATCH, LEASE_S)
            bots = {row.id: row for row in await store.bots(uow)} if rows else {}
        for row in rows:
            await self._send(row, bots.get(row.bot_id))
        return len(rows)

    async def _send(self, row: AnswerRow, bot_row: BotRow | None) -> None:
        if bot_row is None:
            return
        try:
            bot = bot_of(bot_row, self._box)
            await self._bots.ask(bot, lambda client: client.send_message(row.chat_id, row.text))
        except MessageRejected as error:
            await self._settle(row, error.detail)
        except ChannelUnavailable as error:
            await self._retry(row, error.detail)
        else:
            await self._settle(row, "")

    async def _settle(self, row: AnswerRow, refused: str) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            values = {"next_attempt_at": None, "sent_at": None if refused else uow.now, "last_error": refused[:500]}
            await uow.session.execute(update(AnswerRow).where(AnswerRow.id == row.id).values(values))

    async def _retry(self, row: AnswerRow, reason: str) -> None:
        if row.attempts >= MOST_ATTEMPTS:
            await self._settle(row, reason)
            return
        wait_s = min(FIRST_RETRY_S * 2 ** min(row.attempts - 1, 16), LONGEST_RETRY_S)
        async with self._database.unit_of_work(self._access) as uow:
            values = {"next_attempt_at": uow.now + timedelta(seconds=wait_s), "last_error": reason[:500]}
            await uow.session.execute(update(AnswerRow).where(AnswerRow.id == row.id).values(values))
