"""Stores what comes over one line, durably and each once; only then is the other side told."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select

from channels import ledger
from channels.adapter import Intake, RawInbound
from channels.claim import ClaimLost
from channels.intake import WAKE_INTAKE
from channels.sms.carrier import CHANNEL, SmsIn, raw_of
from channels.sms.reports import apply_report
from channels.sms.smpp import joining
from channels.sms.smpp.alphabet import UnknownCoding
from channels.sms.smpp.arrivals import REDELIVERED_WITHIN, Arrived, Before, arrived, prefix, repeated
from channels.sms.smpp.parts import Segment
from channels.sms.smpp.pdu import Damaged, Pdu
from channels.sms.smpp.settings import SmppSettings
from kit import leases
from kit.access import Access
from kit.ids import new_id
from kit.leases import Lease
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from records.messages.tables import LedgerRow, LedgerState

GROUP = 64
_Known = dict[str, Before]


@dataclass(frozen=True, slots=True)
class _Item:
    arrived: Arrived
    stored: asyncio.Future[None]


class Inbox:
    """One for each line, under its lease. What arrives together is committed together; a failing item fails alone."""

    def __init__(
        self,
        account_id: str,
        settings: SmppSettings,
        lease: Lease,
        *,
        database: Database,
        access: Access,
        waker: Waker,
        intake: Intake,
    ) -> None:
        self._account_id = account_id
        self._settings = settings
        self._lease = lease
        self._database = database
        self._access = access
        self._waker = waker
        self._intake = intake
        self._waiting: list[_Item] = []
        self._flusher: asyncio.Task[None] | None = None
        # A part must not come in while the text that it belongs to is being closed.
        self._writing = asyncio.Lock()

    async def take(self, pdu: Pdu, era: str) -> None:
        """Returns once `pdu` is durable; harmless to repeat. What cannot be read is stored as it is, for quarantine.

        Raises `Unavailable` when nothing was stored, `ClaimLost` when another process has the line.
        """
        try:
            item = arrived(pdu, era, self._account_id, self._settings, self._database.clock.now())
        except (Damaged, UnknownCoding):
            await self._intake(self._unreadable(pdu))
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Item(item, future))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        await future

    async def close(self) -> None:
        """Finish what was begun."""
        if self._flusher is not None:
            await self._flusher

    async def join_overdue(self) -> int:
        """Deliver texts of which no part came for too long, as far as they are there; returns how many."""
        silence = timedelta(seconds=self._settings.parts_timeout_s)
        async with self._writing, self._database.unit_of_work(self._access) as uow:
            await self._require_lease(uow)
            group_ids = await joining.overdue(uow, self._account_id, silence)
            for group_id in group_ids:
                await self._join(uow, group_id)
        return len(group_ids)

    async def _flush(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                async with self._writing:
                    await self._store_group(group)
        finally:
            self._flusher = None

    async def _store_group(self, group: Sequence[_Item]) -> None:
        try:
            await self._store([item.arrived for item in group])
        except Exception as error:
            if len(group) > 1:
                for item in group:
                    await self._store_group([item])
            elif not group[0].stored.done():
                group[0].stored.set_exception(error)
        else:
            for item in group:
                if not item.stored.done():
                    item.stored.set_result(None)

    async def _store(self, items: Sequence[Arrived]) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            await self._require_lease(uow)
            before = await self._before(uow, items)
            stored = await ledger.known(uow, CHANNEL, self._account_id, [item.provider_id for item in items])
            for item in items:
                if item.provider_id not in stored:
                    stored[item.provider_id] = await self._enter(uow, item, before)

    async def _require_lease(self, uow: UnitOfWork) -> None:
        if not await leases.still_held(uow, self._lease):
            raise ClaimLost(self._lease.name)

    async def _before(self, uow: UnitOfWork, items: Sequence[Arrived]) -> _Known:
        """The newest equal text of the last minutes, by its digest."""
        digests = {item.digest for item in items if item.text is not None}
        if not digests:
            return {}
        named = [LedgerRow.provider_id.between(prefix(digest), f"{prefix(digest)}~") for digest in digests]
        rows = await uow.session.scalars(
            select(LedgerRow)
            .where(LedgerRow.channel == CHANNEL, LedgerRow.account == self._account_id, or_(*named))
            .where(LedgerRow.received_at >= min(item.received_at for item in items) - REDELIVERED_WITHIN)
            .order_by(LedgerRow.received_at, LedgerRow.id)
        )
        found: _Known = {}
        for row in rows:
            _, digest, era, _ = row.provider_id.split(":")
            found[digest] = Before(first_id=row.duplicate_of_id or row.id, era=era, received_at=row.received_at)
        return found

    async def _enter(self, uow: UnitOfWork, item: Arrived, before: _Known) -> LedgerRow:
        if item.text is not None:
            return self._enter_text(uow, item, item.text, before)
        if item.segment is not None:
            return await self._enter_part(uow, item, item.segment)
        row = self._aside(uow, item, "delivery report", {"report": _said(item)})
        if item.report is not None:
            await apply_report(uow, item.report)
        return row

    def _enter_text(self, uow: UnitOfWork, item: Arrived, text: str, known: _Known) -> LedgerRow:
        sms = SmsIn(
            account_id=self._account_id,
            provider_id=item.provider_id,
            sender=item.source,
            recipient=item.destination,
            text=text,
            received_at=item.received_at,
        )
        row = ledger.enter(uow, raw_of(sms), None)
        row.id = new_id()
        before = known.get(item.digest)
        if before is not None and repeated(item, before):
            row.state, row.reason, row.duplicate_of_id = LedgerState.IGNORED, "duplicate", before.first_id
        else:
            self._wake(uow)
        first_id = row.duplicate_of_id or row.id
        known[item.digest] = Before(first_id=first_id, era=item.era, received_at=item.received_at)
        return row

    async def _enter_part(self, uow: UnitOfWork, item: Arrived, segment: Segment) -> LedgerRow:
        part, known = await joining.keep(uow, self._account_id, item, segment)
        row = self._aside(uow, item, f"part {segment.number} of {segment.total}", {"part": _said(item)})
        row.sealed = True
        if known:
            row.reason, row.duplicate_of_id = "duplicate", part.ledger_id
            return row
        await uow.session.flush()
        part.ledger_id = row.id
        uow.session.add(part)
        await uow.session.flush()
        if await joining.is_complete(uow, part):
            await self._join(uow, part.group_id)
        return row

    def _aside(self, uow: UnitOfWork, item: Arrived, reason: str, values: dict[str, object]) -> LedgerRow:
        """A row for what makes no contact by itself."""
        raw = RawInbound(
            channel=CHANNEL,
            account=self._account_id,
            provider_id=item.provider_id,
            received_at=item.received_at,
            raw_json=values,
        )
        row = ledger.enter(uow, raw, None)
        row.state, row.reason = LedgerState.IGNORED, reason
        return row

    async def _join(self, uow: UnitOfWork, group_id: str) -> None:
        await joining.join(uow, group_id, self._settings.default_alphabet)
        self._wake(uow)

    def _wake(self, uow: UnitOfWork) -> None:
        uow.after_commit(lambda: self._waker.wake(WAKE_INTAKE))

    def _unreadable(self, pdu: Pdu) -> RawInbound:
        return RawInbound(
            channel=CHANNEL,
            account=self._account_id,
            provider_id=f"unreadable:{hashlib.sha256(pdu.body).hexdigest()}",
            received_at=self._database.clock.now(),
            raw=pdu.octets,
        )


def _said(item: Arrived) -> dict[str, object]:
    """For people who look into the ledger."""
    said: dict[str, object] = {"source": item.source, "destination": item.destination}
    if item.segment is not None:
        said |= {"mark": f"{item.segment.kind}:{item.segment.reference}", "octets": item.segment.octets.hex()}
        said |= {"number": item.segment.number, "total": item.segment.total, "data_coding": item.data_coding}
    if item.report is not None:
        said |= {"id": item.report.provider_id, "status": item.report.status.name.lower(), "error": item.report.error}
    return said
