"""Answers to short commands: worked out once, kept, and sent until they have gone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from channels import automatic_texts
from channels.adapter import ChannelUnavailable, IgnoredInbound, MessageRejected, NotSupported
from channels.sms import commands, reports, store
from channels.sms.carrier import CHANNEL, SmsAccount
from channels.sms.commands import Command, recognise
from channels.sms.outbound import MAX_TEXT_CHARS, Outbound, phone_of
from channels.sms.tables import SmsAnswerRow
from channels.sms.templates import fill, variables
from channels.status_answers import StatusAnswers
from kit.access import Access
from kit.errors import Unavailable
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from records.messages.tables import LedgerRow
from router.contact import Address

log = logging.getLogger(__name__)

WAKE_ANSWERS = "sms-answers"
POLL_S = 1.0
BATCH = 16
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 20
LONGEST_WAIT_S = 600.0
ANSWERS_A_DAY = 20
# Of the form of a PIN: read again, the text is the same command, which is answered already.
HIDDEN_PIN = "000000"
TEXTS = {commands.STOP: "stopped", commands.START: "started", commands.HELP: "help"}

ConsentChange = Callable[[UnitOfWork, str, bool], Awaitable[None]]
"""Tell the other rooms that the owner of a number wants no more text messages, or wants them again (False, True)."""


class Answers:
    """One for each process; `run` in the one that sends."""

    def __init__(
        self,
        database: Database,
        access: Access,
        waker: Waker,
        outbound: Outbound,
        status: StatusAnswers,
        consent: ConsentChange | None,
    ) -> None:
        self._database = database
        self._access = access
        self._waker = waker
        self._outbound = outbound
        self._status = status
        self._consent = consent

    async def take(self, account: SmsAccount, provider_id: str, sender: str, command: Command) -> None:
        """Obey the command that came as `provider_id`, once, and put its answer in line.

        Raises `IgnoredInbound` past `ANSWERS_A_DAY` to one number: two machines must not talk for ever.
        """
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            if await store.answer_to(uow, account.id, provider_id) is not None:
                return
            too_many = await store.answers_since(uow, sender, uow.now - timedelta(days=1)) >= ANSWERS_A_DAY
        if too_many:
            await self._leave_unanswered(account.id, provider_id, command)
            raise IgnoredInbound("command: too many")
        text = await self._text(sender, command)
        try:
            async with self._database.unit_of_work(self._access) as uow:
                uow.session.add(_row(uow, account.id, provider_id, sender, command, text))
                await uow.session.flush()
                if command.name == commands.STATUS:
                    await _hide_pin(uow, account.id, provider_id)
                if self._consent is not None and command.name in (commands.STOP, commands.START):
                    await self._consent(uow, sender, command.name == commands.START)
                uow.after_commit(lambda: self._waker.wake(WAKE_ANSWERS))
        except IntegrityError:
            log.info("a command was taken by another process")

    async def _leave_unanswered(self, account_id: str, provider_id: str, command: Command) -> None:
        if command.name == commands.STATUS:
            async with self._database.unit_of_work(self._access) as uow:
                await _hide_pin(uow, account_id, provider_id)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            try:
                sent = await self.work()
            except Unavailable:
                sent = 0
                log.warning("answers to commands cannot be read now; trying again")
            if sent == 0:
                await self._waker.wait(WAKE_ANSWERS, POLL_S)

    async def work(self) -> int:
        """Send what is due; returns how many were tried."""
        async with self._database.unit_of_work(self._access) as uow:
            rows = await store.due_answers(uow, BATCH)
            for row in rows:
                row.attempts, row.next_attempt_at = row.attempts + 1, uow.now + LEASE
        await asyncio.gather(*(self._send(row) for row in rows))
        return len(rows)

    async def _text(self, sender: str, command: Command) -> str:
        if command.name == commands.STATUS:
            asker = Address(kind="phone", value=sender)
            return await self._status.answer(
                command.number, command.pin, source=sender, language=command.language, asker=asker
            )
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            return await automatic_texts.say(uow, TEXTS[command.name], CHANNEL, command.language)

    async def _send(self, row: SmsAnswerRow) -> None:
        try:
            async with self._database.unit_of_work(self._access, read_only=True) as uow:
                account = await store.account(uow, row.account_id)
                text = await _worded(uow, row)
            if account is None or not account.enabled:
                raise MessageRejected("The account is gone.")
            result = await self._outbound.hand_over(account, row.id, phone_of(row.recipient), text[:MAX_TEXT_CHARS])
        except (MessageRejected, NotSupported) as error:
            await self._settle(row, "failed", error.detail)
        except (ChannelUnavailable, Unavailable, TimeoutError) as error:
            await self._settle(row, "queued" if row.attempts < MOST_ATTEMPTS else "failed", str(error))
        except Exception as error:
            log.exception("an answer to a command could not be sent; it will be tried again")
            await self._settle(row, "queued" if row.attempts < MOST_ATTEMPTS else "failed", type(error).__name__)
        else:
            await self._settle(row, "sent", "")
            async with self._database.unit_of_work(self._access) as uow:
                await reports.submitted(uow, row.account_id, row.id, result)

    async def _settle(self, row: SmsAnswerRow, state: str, error: str) -> None:
        wait_s = min(2.0**row.attempts, LONGEST_WAIT_S)
        async with self._database.unit_of_work(self._access) as uow:
            kept = await uow.session.scalar(select(SmsAnswerRow).where(SmsAnswerRow.id == row.id))
            if kept is not None:
                kept.state, kept.last_error = state, error[:500]
                kept.next_attempt_at = uow.now + timedelta(seconds=wait_s)


async def _hide_pin(uow: UnitOfWork, account_id: str, provider_id: str) -> None:
    """The PIN has done its work: what stays in the ledger does not open the matter."""
    theirs = (LedgerRow.channel == CHANNEL, LedgerRow.account == account_id, LedgerRow.provider_id == provider_id)
    row = await uow.session.scalar(select(LedgerRow).where(*theirs))
    if row is not None and row.raw_json is not None:
        row.raw_json = _without_pin(row.raw_json)


def _without_pin(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_pin(inner) for name, inner in value.items()}
    command = recognise(value) if isinstance(value, str) else None
    return f"{command.number} {HIDDEN_PIN}" if command is not None and command.name == commands.STATUS else value


async def _worded(uow: UnitOfWork, row: SmsAnswerRow) -> str:
    """The answer in an approved template for commands, where the account has one with a single variable."""
    for template in await store.templates(uow, row.account_id):
        names = variables(template.text)
        is_for_commands = template.approved and template.purpose == "command" and template.language == row.language
        if is_for_commands and len(names) == 1:
            return fill(template.text, {names[0]: row.text}) or row.text
    return row.text


def _row(uow: UnitOfWork, account_id: str, provider_id: str, sender: str, command: Command, text: str) -> SmsAnswerRow:
    return SmsAnswerRow(
        account_id=account_id,
        provider_id=provider_id,
        recipient=sender,
        command=command.name,
        language=command.language,
        text=text,
        state="queued",
        next_attempt_at=uow.now,
        created_at=uow.now,
    )
