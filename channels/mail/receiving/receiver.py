"""Keeps one reader running for each enabled mailbox, and replaces it when its settings change."""

import asyncio
import logging
from dataclasses import dataclass

from channels.claim import Claim
from channels.mail import store
from channels.mail.account import account_of
from channels.mail.receiving.folder_ledger import FolderLedger
from channels.mail.receiving.reader import FolderReader, ReaderLimits
from channels.mail.service import WAKE_MAILBOXES
from channels.mail.tables import MailboxRow
from channels.mail.tokens import TokenSource
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
    fetch_requests: int
    nudge: asyncio.Event
    task: asyncio.Task[None]


class MailReceiver:
    """One for each process; several processes share the mailboxes by leases."""

    def __init__(
        self,
        database: Database,
        access: Access,
        box: SecretBox,
        waker: Waker,
        ledger: FolderLedger,
        tokens: TokenSource,
        limits: ReaderLimits | None = None,
    ) -> None:
        self._database = database
        self._access = access
        self._box = box
        self._waker = waker
        self._ledger = ledger
        self._tokens = tokens
        self._limits = limits
        self._holder = new_id()
        self._running: dict[str, _Running] = {}

    async def run(self) -> None:
        """Until cancelled; then every reader has ended and given its lease back."""
        try:
            while True:
                try:
                    await self._adjust()
                except AppError as error:
                    log.warning("the mailboxes cannot be read from the database now: %s", error)
                await self._waker.wait(WAKE_MAILBOXES, _LOOK_EVERY_S)
        finally:
            await uninterrupted(self._stop(*self._running))

    async def _adjust(self) -> None:
        """Start, replace and stop readers so that they are what the database says."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            rows = {row.id: row for row in await store.mailboxes(uow) if row.enabled}
        await self._stop(
            *(
                mailbox_id
                for mailbox_id, running in self._running.items()
                if mailbox_id not in rows or rows[mailbox_id].revision != running.revision or running.task.done()
            )
        )
        for row in rows.values():
            running = self._running.get(row.id)
            if running is None:
                await self._start(row)
            elif running.fetch_requests != row.fetch_requests:
                running.fetch_requests = row.fetch_requests
                running.nudge.set()

    async def _start(self, row: MailboxRow) -> None:
        try:
            account = account_of(row, self._box)
        except AppError as error:
            await self._ledger.note_failure(row.id, error.detail)
            return
        nudge = asyncio.Event()
        claim = Claim(self._database, self._access, f"mail/{account.id}", self._holder)
        reader = FolderReader(account, claim, self._ledger, self._tokens, nudge, self._limits)
        task = asyncio.create_task(reader.run(), name=f"mailbox {account.name}")
        self._running[row.id] = _Running(
            revision=row.revision, fetch_requests=row.fetch_requests, nudge=nudge, task=task
        )

    async def _stop(self, *mailbox_ids: str) -> None:
        await stop([self._running.pop(mailbox_id).task for mailbox_id in mailbox_ids])
