"""Keeps one account connected under its lease: binds, binds again after a loss, joins parts, hands texts over."""

import asyncio
import logging
import random
from collections.abc import Callable
from time import monotonic

from channels.adapter import ChannelUnavailable
from channels.claim import Claim, ClaimLost
from channels.sms import service
from channels.sms.carrier import SmsAccount, SmsOut
from channels.sms.smpp.inbox import Inbox
from channels.sms.smpp.outbound import Outbound
from channels.sms.smpp.session import Session
from channels.sms.smpp.settings import SmppSettings
from kit.access import Access
from kit.errors import AppError
from kit.leases import Lease
from kit.tasks import stop
from kit.unit_of_work import Database

log = logging.getLogger(__name__)

BOUND_WITHIN_S = 5.0
FIRST_RETRY_S = 0.5
OTHER_HOLDER_S = 5.0
STEADY_S = 30.0  # a session that lasted so long was a good one

MakeInbox = Callable[[Lease], Inbox]


class Line:
    """One for each enabled account in each process; the lease lets one of them work."""

    def __init__(
        self,
        account: SmsAccount,
        settings: SmppSettings,
        claim: Claim,
        make_inbox: MakeInbox,
        *,
        database: Database,
        access: Access,
    ) -> None:
        self._account = account
        self._settings = settings
        self._claim = claim
        self._make_inbox = make_inbox
        self._database = database
        self._access = access
        self._outbound = Outbound(account, settings)
        self._session: Session | None = None
        self._bound = asyncio.Event()
        self._failures = 0
        self.is_ours = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            pause_s = OTHER_HOLDER_S
            try:
                await self._claim.hold(self._work)
            except ClaimLost:
                log.info("another process has the line %s now", self._account.id)
            except AppError as error:
                log.warning("line %s: nothing can be stored now: %s", self._account.id, error)
                pause_s = self._back_off()
            except Exception as error:
                log.exception("line %s failed unexpectedly", self._account.id)
                pause_s = await self._failed(f"unexpected: {type(error).__name__}")
            await asyncio.sleep(pause_s)

    async def submit(self, out: SmsOut) -> tuple[str, ...]:
        """See `Outbound.submit`; waits a moment for a session that is coming up."""
        return await self._outbound.submit(await self._ready(), out)

    async def enquire(self) -> None:
        """Whether the other side answers. Raises `ChannelUnavailable`."""
        await (await self._ready()).enquire()

    async def _ready(self) -> Session:
        try:
            async with asyncio.timeout(BOUND_WITHIN_S):
                await self._bound.wait()
        except TimeoutError:
            raise ChannelUnavailable("There is no session with the message centre now.") from None
        if self._session is None:
            raise ChannelUnavailable("There is no session with the message centre now.")
        return self._session

    async def _work(self, lease: Lease) -> None:
        inbox = self._make_inbox(lease)
        tasks = [asyncio.create_task(self._stay_connected(inbox)), asyncio.create_task(self._join_parts(inbox))]
        self.is_ours = True
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self.is_ours = False
            await stop(tasks)
            await inbox.close()

    async def _stay_connected(self, inbox: Inbox) -> None:
        while True:
            session, began_at = Session(self._settings, self._account.secret, inbox.take), monotonic()
            try:
                self._session = session
                await session.run(self._came_up)
            except ChannelUnavailable as error:
                if monotonic() - began_at > STEADY_S:
                    self._failures = 0
                pause_s = await self._failed(error.detail)
            finally:
                self._bound.clear()
                self._session = None
            await asyncio.sleep(pause_s)

    async def _join_parts(self, inbox: Inbox) -> None:
        every_s = min(max(self._settings.parts_timeout_s / 4, 0.2), 5.0)
        while True:
            try:
                await inbox.join_overdue()
            except AppError as error:
                log.warning("parts of line %s cannot be joined now: %s", self._account.id, error)
            await asyncio.sleep(every_s)

    async def _came_up(self) -> None:
        self._bound.set()
        await self._note("")

    async def _failed(self, reason: str) -> float:
        log.warning("line %s: %s", self._account.id, reason)
        await self._note(reason)
        return self._back_off()

    async def _note(self, fault: str) -> None:
        try:
            async with self._database.unit_of_work(self._access) as uow:
                await service.note(uow, self._account.id, fault)
        except AppError:
            log.warning("the state of line %s cannot be stored now", self._account.id)

    def _back_off(self) -> float:
        pause_s: float = min(FIRST_RETRY_S * 2**self._failures, self._settings.longest_retry_s)
        self._failures = min(self._failures + 1, 20)
        return pause_s * random.uniform(0.7, 1.3)  # noqa: S311 - jitter
