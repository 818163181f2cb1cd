"""The carrier of accounts over SMPP: a line for each, one session in the whole installation."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from redis.asyncio import Redis

from channels.adapter import ChannelUnavailable, Health, Intake, MessageRejected
from channels.claim import Claim
from channels.sms import service, store
from channels.sms.carrier import SmsAccount, SmsOut, Submitted, account_of
from channels.sms.service import WAKE_ACCOUNTS
from channels.sms.smpp.inbox import Inbox
from channels.sms.smpp.line import Line
from channels.sms.smpp.pdu import Pdu
from channels.sms.smpp.session import Session
from channels.sms.smpp.settings import SmppSettings
from channels.sms.tables import SmsAccountRow, SmsKind
from kit import leases
from kit.access import Access
from kit.commands import Commands
from kit.errors import AppError, NotFound, Unavailable
from kit.ids import new_id
from kit.leases import Lease
from kit.secret_box import SecretBox
from kit.tasks import stop, uninterrupted
from kit.unit_of_work import Database
from kit.wake import Waker

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 5.0
_PRESENT_WITHIN_S = 3.0
_SUBMIT_WITHIN_S = 75.0
_CHECK_WITHIN_S = 25.0
_LEASE = "smpp/"


@dataclass
class _Running:
    revision: int
    line: Line
    task: asyncio.Task[None]


class SmppCarrier:
    """A `ConnectedCarrier`, one for each process. Only who holds an account's lease has a session: others ask it."""

    def __init__(self, database: Database, access: Access, box: SecretBox, redis: Redis) -> None:
        self._database = database
        self._access = access
        self._box = box
        self._waker = Waker(redis)
        self._holder = new_id()
        self._commands = Commands(redis, database, self._holder)
        self._running: dict[str, _Running] = {}

    async def run(self, intake: Intake) -> None:
        """See `ConnectedCarrier`. Texts are stored by the line itself, parts and all; `intake` has what is no text."""
        serving = asyncio.create_task(self._commands.serve(self._obey))
        try:
            while True:
                try:
                    await self._adjust(intake)
                except AppError as error:
                    log.warning("the accounts cannot be read from the database now: %s", error)
                await self._waker.wait(WAKE_ACCOUNTS, _LOOK_EVERY_S)
        finally:
            await uninterrupted(self._end(serving))

    async def submit(self, account: SmsAccount, out: SmsOut) -> Submitted:
        """See `Carrier`. A text whose answer was lost is sent again: twice is better than never."""
        running = self._running.get(account.id)
        if running is not None and running.line.is_ours:
            return Submitted(provider_ids=await running.line.submit(out))
        # Who crashed holds its lease a little longer and answers nothing: that must not take as long as a submission.
        await self._ask(account.id, "present", {}, _PRESENT_WITHIN_S)
        values = {"reference": out.reference, "recipient": out.recipient, "text": out.text}
        answer = await self._ask(account.id, "submit", values, _SUBMIT_WITHIN_S)
        return Submitted(provider_ids=tuple(answer["provider_ids"]))

    async def check(self, account: SmsAccount) -> Health:
        """Asks the session there is; where no process keeps one, binds and parts again."""
        try:
            running = self._running.get(account.id)
            if running is not None and running.line.is_ours:
                await running.line.enquire()
            elif not await self._ask_if_held(account.id):
                await _bind_once(account)
        except (ChannelUnavailable, MessageRejected) as error:
            return Health(ok=False, detail=error.detail)
        return Health(ok=True)

    async def _ask_if_held(self, account_id: str) -> bool:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            held = await leases.is_held(uow, _LEASE + account_id)
        if held:
            await self._ask(account_id, "enquire", {}, _CHECK_WITHIN_S)
        return held

    async def _ask(self, account_id: str, name: str, values: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Have the process that holds the line do it."""
        try:
            return await self._commands.request(
                _LEASE + account_id, name, {"account_id": account_id, **values}, timeout_s=timeout_s
            )
        except Unavailable as error:
            raise ChannelUnavailable(error.detail) from error
        except AppError as error:
            if error.status == MessageRejected.status:
                raise MessageRejected(error.detail, code=error.code) from error
            raise ChannelUnavailable(error.detail) from error

    async def _obey(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        values = dict(arguments)
        running = self._running.get(values.pop("account_id"))
        if running is None or not running.line.is_ours:
            raise NotFound("This process has no such line any more.")
        if name == "present":
            return {}
        if name == "enquire":
            await running.line.enquire()
            return {}
        return {"provider_ids": list(await running.line.submit(SmsOut(**values)))}

    async def _adjust(self, intake: Intake) -> None:
        """Start, replace and stop lines so that they are what the database says."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            rows = {row.id: row for row in await store.accounts(uow) if row.enabled and row.kind == SmsKind.SMPP}
        gone = [
            account_id
            for account_id, running in self._running.items()
            if account_id not in rows or rows[account_id].revision != running.revision or running.task.done()
        ]
        await self._stop(*gone)
        for row in rows.values():
            if row.id not in self._running:
                await self._start(row, intake)

    async def _start(self, row: SmsAccountRow, intake: Intake) -> None:
        try:
            account, settings = account_of(row, self._box), SmppSettings.model_validate(row.settings)
        except (AppError, ValueError) as error:
            async with self._database.unit_of_work(self._access) as uow:
                await service.note(uow, row.id, f"The settings cannot be read: {type(error).__name__}")
            return
        line = Line(
            account,
            settings,
            Claim(self._database, self._access, _LEASE + account.id, self._holder),
            partial(self._inbox, account, settings, intake),
            database=self._database,
            access=self._access,
        )
        task = asyncio.create_task(line.run(), name=f"line {account.name}")
        self._running[row.id] = _Running(revision=row.revision, line=line, task=task)

    def _inbox(self, account: SmsAccount, settings: SmppSettings, intake: Intake, lease: Lease) -> Inbox:
        return Inbox(
            account.id,
            settings,
            lease,
            database=self._database,
            access=self._access,
            waker=self._waker,
            intake=intake,
        )

    async def _stop(self, *account_ids: str) -> None:
        await stop([self._running.pop(account_id).task for account_id in account_ids])

    async def _end(self, serving: asyncio.Task[None]) -> None:
        await self._stop(*self._running)
        await stop([serving])


async def _bind_once(account: SmsAccount) -> None:
    """Raises `ChannelUnavailable`. What is delivered meanwhile is refused: the centre keeps it for the session."""

    async def came_up() -> None:
        raise _Enough

    async def refuse(_unit: Pdu, _era: str) -> None:
        raise Unavailable

    with suppress(_Enough):
        await Session(SmppSettings.model_validate(account.settings), account.secret, refuse).run(came_up)


class _Enough(Exception):
    """The bind worked."""
