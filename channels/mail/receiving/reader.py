"""Reads one folder for ever: search from the watermark, fetch, store, and only then touch the mail on the server."""

import asyncio
import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from channels.adapter import ChannelUnavailable
from channels.claim import Claim, ClaimLost
from channels.mail.account import Account
from channels.mail.receiving.fetch_response import FetchedMail
from channels.mail.receiving.folder_ledger import Fetched, FolderLedger, Watermark
from channels.mail.receiving.protocol import ConnectionLost
from channels.mail.receiving.session import ImapSession, LoginRejected, ServerRefused, connect
from channels.mail.tokens import TokenSource
from kit.errors import AppError
from kit.leases import Lease

log = logging.getLogger(__name__)

MAX_UIDS = 100
MAX_BATCH_BYTES = 30_000_000
IDLE_S = 9 * 60.0
POLL_S = 30.0
_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 60.0
# A provider locks an account that keeps knocking with a wrong password.
_REJECTED_RETRY_S = 120.0
_OTHER_HOLDER_S = 10.0


@dataclass(frozen=True, kw_only=True)
class ReaderLimits:
    """A mail larger than `max_mail_bytes` is taken by its first `head_bytes` only, and says so."""

    max_mail_bytes: int = 60_000_000
    head_bytes: int = 2_000_000


class FolderReader:
    """`nudge` set: look now."""

    def __init__(
        self,
        account: Account,
        claim: Claim,
        ledger: FolderLedger,
        tokens: TokenSource,
        nudge: asyncio.Event,
        limits: ReaderLimits | None = None,
    ) -> None:
        self._account = account
        self._claim = claim
        self._ledger = ledger
        self._tokens = tokens
        self._nudge = nudge
        self._limits = limits or ReaderLimits()
        self._failures = 0

    async def run(self) -> None:
        """Until cancelled; a lost server or database is tried again with growing pauses."""
        while True:
            try:
                pause_s = _OTHER_HOLDER_S
                await self._claim.hold(self._read)
            except ClaimLost:
                log.info("another process reads mailbox %s now", self._account.id)
            except LoginRejected as error:
                self._tokens.forget(self._account)
                pause_s = await self._failed(f"login refused: {error}", longest=_REJECTED_RETRY_S)
            except (ConnectionLost, ServerRefused, OSError, TimeoutError, ChannelUnavailable) as error:
                pause_s = await self._failed(str(error) or "the server did not answer in time")
            except AppError as error:
                # Our own database: it cannot be told there either.
                log.warning("mailbox %s cannot be stored now: %s", self._account.id, error)
                pause_s = self._back_off(_LONGEST_RETRY_S)
            except Exception as error:
                log.exception("reading mailbox %s failed unexpectedly", self._account.id)
                pause_s = await self._failed(f"unexpected: {type(error).__name__}")
            await self._pause(pause_s)

    async def _read(self, lease: Lease) -> None:
        """One connection, until it breaks."""
        session = await connect(self._account.imap, await self._tokens.credentials(self._account))
        try:
            folder = await session.select(self._account.folder)
            mark = await self._ledger.open(self._account, lease, folder.uid_validity)
            if mark.last_uid == 0:
                mark = await self._read_from_start(session, lease, mark, folder.next_uid)
            await self._clear_stored(session, mark)
            while True:
                self._nudge.clear()
                await session.noop()
                uids = await session.search("UID", f"{mark.last_uid + 1}:*")
                # `n:*` always names the last mail, whatever its UID.
                mark = await self._fetch(session, lease, mark, [uid for uid in uids if uid > mark.last_uid])
                await self._ledger.note_success(self._account.id)
                self._failures = 0
                await session.wait_for_news(IDLE_S if session.has("IDLE") else POLL_S, self._nudge)
        finally:
            await session.close()

    async def _read_from_start(self, session: ImapSession, lease: Lease, mark: Watermark, next_uid: int) -> Watermark:
        """A new folder, or one whose UIDs lost their meaning: what came before the mailbox was set up stays out."""
        uids = await session.search("SINCE", self._account.import_since.strftime("%d-%b-%Y"))
        mark = await self._fetch(session, lease, mark, uids)
        if mark.last_uid < next_uid - 1:
            mark = await self._ledger.store(self._account, lease, mark, [], next_uid - 1)
        return mark

    async def _fetch(self, session: ImapSession, lease: Lease, mark: Watermark, uids: list[int]) -> Watermark:
        for chunk in _chunks(uids, MAX_UIDS):
            sizes = {mail.uid: mail.size_bytes or 0 for mail in await session.fetch(chunk, "RFC822.SIZE")}
            for batch in _batches([uid for uid in chunk if uid in sizes], sizes):
                mails = await self._fetch_batch(session, batch, sizes)
                mark = await self._ledger.store(self._account, lease, mark, mails, batch[-1])
                await self._clear(session, [mail.uid for mail in mails])
        return mark

    async def _fetch_batch(self, session: ImapSession, batch: list[int], sizes: dict[int, int]) -> list[Fetched]:
        too_large = sizes[batch[0]] > self._limits.max_mail_bytes
        body = f"BODY.PEEK[]<0.{self._limits.head_bytes}>" if too_large else "BODY.PEEK[]"
        found = await session.fetch(batch, f"INTERNALDATE {body}")
        return [_fetched(mail, sizes[mail.uid] if too_large else None) for mail in found if mail.raw is not None]

    async def _clear(self, session: ImapSession, uids: Sequence[int]) -> None:
        if self._account.move_to is not None and uids:
            await session.move(uids, self._account.move_to)

    async def _clear_stored(self, session: ImapSession, mark: Watermark) -> None:
        """Move what was stored but not moved before a connection broke."""
        if self._account.move_to is not None and mark.last_uid:
            since = self._account.import_since.strftime("%d-%b-%Y")
            left = await session.search("UID", f"1:{mark.last_uid}", "SINCE", since)
            for chunk in _chunks(left, MAX_UIDS):
                await self._clear(session, chunk)

    async def _failed(self, reason: str, *, longest: float = _LONGEST_RETRY_S) -> float:
        log.warning("mailbox %s: %s", self._account.id, reason)
        try:
            await self._ledger.note_failure(self._account.id, reason)
        except AppError:
            log.warning("the state of mailbox %s cannot be stored now", self._account.id)
        return self._back_off(longest)

    def _back_off(self, longest: float) -> float:
        pause_s: float = min(_FIRST_RETRY_S * 2**self._failures, longest)
        self._failures = min(self._failures + 1, 20)
        return pause_s * random.uniform(0.7, 1.3)  # noqa: S311 - jitter

    async def _pause(self, seconds: float) -> None:
        """Sleep, or until somebody asks for the mailbox to be read now."""
        try:
            async with asyncio.timeout(seconds):
                await self._nudge.wait()
        except TimeoutError:
            return
        self._nudge.clear()


def _chunks(uids: Sequence[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(uids), size):
        yield list(uids[start : start + size])


def _batches(uids: list[int], sizes: dict[int, int], max_bytes: int = MAX_BATCH_BYTES) -> Iterator[list[int]]:
    """Consecutive UIDs whose mails fit into memory together; a large mail stands alone."""
    batch: list[int] = []
    total = 0
    for uid in uids:
        if batch and total + sizes[uid] > max_bytes:
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += sizes[uid]
    if batch:
        yield batch


def _fetched(mail: FetchedMail, truncated_from_bytes: int | None) -> Fetched:
    return Fetched(
        uid=mail.uid,
        raw=mail.raw or b"",
        arrived_at=mail.arrived_at,
        truncated_from_bytes=truncated_from_bytes,
    )
