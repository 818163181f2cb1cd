"""The two ways in. Both store before they answer and are idempotent by the provider's id.

`DirectIntake` is for our own pages (chat, form): trusted JSON, parsed and routed in the same transaction, and what
arrives together is committed together. `ClaimLoop` works off what an adapter has only stored, such as mail.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from channels import ledger
from channels.acknowledgements import needs_pin, pin_for
from channels.adapter import Adapter, IgnoredInbound, MalformedInbound, RawInbound, Stored
from channels.arrivals import Arrivals, Inbound
from channels.sharing import SharedCommits
from kit.access import Access
from kit.blobs import Blob, BlobStore
from kit.errors import Unavailable
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from records.citizens.receipts import Pin
from records.messages.tables import LedgerRow, LedgerState

log = logging.getLogger(__name__)

CLAIM_BATCH = 20
READ_TOGETHER_S = 0.1
"""So long those that are read already wait for the others of their claim, to arrive in one transaction."""
ARRIVE_AT_ONCE = 5
"""Other writers wait as long as these take, some 20 ms for each new contact: citizens at a chat among them."""
POLL_S = 1.0
WAKE_INTAKE = "intake"

_Read = tuple[LedgerRow, Inbound]


class DirectIntake:
    """Stores, parses and routes at once; concurrent items share a transaction, a failing one fails alone."""

    def __init__(self, database: Database, access: Access, adapter: Adapter, arrivals: Arrivals) -> None:
        self._adapter = adapter
        self._arrivals = arrivals
        self._shared = SharedCommits[Inbound](database, access, self._store)

    async def __call__(self, raw: RawInbound) -> Stored:
        """See `channels.adapter.Intake`. Also raises `MalformedInbound`: our own page is told at once."""
        raw = replace(raw, raw_json=ledger.storable(raw.raw_json))
        request = await self._adapter.parse(raw)
        return await self._shared(Inbound(raw, request, await pin_for(request)))

    async def _store(self, uow: UnitOfWork, items: Sequence[Inbound], *, look: bool) -> list[Stored]:
        before = await ledger.known_among(uow, [item.raw for item in items]) if look else {}
        fresh: dict[ledger.ItemKey, Inbound] = {}
        for item in items:
            if item.raw.key not in before:
                fresh.setdefault(item.raw.key, item)  # a page that sends twice at once is heard once
        answers = dict(zip(fresh, await self._arrivals.arrive_together(uow, list(fresh.values())), strict=True))
        for key, row in before.items():
            answers[key] = await self._arrivals.repeated(uow, row)
        return [answers[item.raw.key] for item in items]


@dataclass(frozen=True, slots=True)
class _Entry:
    raw: RawInbound
    blob: Blob | None


class StoreIntake:
    """Stores only; the claim loop does the rest. For bytes that nobody has read yet.

    Concurrent items share a transaction, a failing one fails alone.
    """

    def __init__(self, database: Database, access: Access, blobs: BlobStore, waker: Waker) -> None:
        self._blobs = blobs
        self._waker = waker
        self._shared = SharedCommits[_Entry](database, access, self._store)

    async def __call__(self, raw: RawInbound) -> Stored:
        """See `channels.adapter.Intake`."""
        return await self._shared(_Entry(raw, await self._blobs.put(raw.raw) if raw.raw is not None else None))

    async def _store(self, uow: UnitOfWork, items: Sequence[_Entry], *, look: bool) -> list[Stored]:
        rows = await ledger.known_among(uow, [item.raw for item in items]) if look else {}
        entered = []
        for item in items:
            first_time = item.raw.key not in rows
            if first_time:
                rows[item.raw.key] = ledger.enter(uow, item.raw, item.blob)
            elif item.blob is not None:
                uow.after_commit(partial(self._blobs.delete, item.blob.key))
            entered.append((rows[item.raw.key], first_time))
        await uow.session.flush()
        uow.after_commit(lambda: self._waker.wake(WAKE_INTAKE))
        return [Stored(ledger_id=row.id, first_time=first, contact_id=row.contact_id) for row, first in entered]


class ClaimLoop:
    """Parses and routes stored items. Any number may run: a claim is a conditional update."""

    def __init__(
        self,
        database: Database,
        access: Access,
        blobs: BlobStore,
        adapters: Mapping[str, Adapter],
        arrivals: Arrivals,
        waker: Waker,
    ) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._adapters = adapters
        self._arrivals = arrivals
        self._waker = waker
        # Made for what continued a conversation, and given to nobody: to make one costs more than to continue.
        self._spare_pins: list[Pin] = []

    async def run(self) -> None:
        """Work until cancelled; sleeps only when nothing waits."""
        while True:
            try:
                worked = await self.work()
            except Unavailable:
                worked = 0
                log.warning("the ledger cannot be read now; trying again")
            except Exception:
                worked = 0
                log.exception("a round of the ledger failed; trying again")
            if worked == 0:
                await self._waker.wait(WAKE_INTAKE, POLL_S)

    async def work(self) -> int:
        """Claim and handle one batch; returns how many items it held."""
        async with self._database.unit_of_work(self._access) as uow:
            rows = await ledger.claim(uow, CLAIM_BATCH)
        # All are read at once, as far as the adapter allows; they arrive in their order, and together where they can.
        reading = [asyncio.create_task(self._read(row)) for row in rows]
        try:
            await self._handle(rows, reading)
        finally:
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
        return len(rows)

    async def _read(self, row: LedgerRow) -> Inbound:
        raw = await self._raw(row)
        request = await self._adapters[row.channel].parse(raw)
        has_spare = needs_pin(request) and self._spare_pins
        return Inbound(raw, request, self._spare_pins.pop() if has_spare else await pin_for(request))

    async def _handle(self, rows: Sequence[LedgerRow], reading: Sequence[asyncio.Task[Inbound]]) -> None:
        if reading:
            await asyncio.wait(reading, timeout=READ_TOGETHER_S)
        ready: list[_Read] = []
        for row, task in zip(rows, reading, strict=True):
            if not task.done():
                # What is read slowly is waited for by those behind it, not by those before it.
                await self._arrive(ready)
                ready = []
            try:
                ready.append((row, await task))
            except Exception as error:
                await self._failed(row, error)
        await self._arrive(ready)

    async def _arrive(self, items: Sequence[_Read]) -> None:
        for start in range(0, len(items), ARRIVE_AT_ONCE):
            await self._arrive_at_once(items[start : start + ARRIVE_AT_ONCE])

    async def _arrive_at_once(self, items: Sequence[_Read]) -> None:
        """In one transaction. Where that fails each has its own: who is to blame fails alone, the others arrive."""
        try:
            await self._route(items)
        except Exception as error:
            if len(items) == 1:
                await self._failed(items[0][0], error)
            else:
                for item in items:
                    await self._arrive_at_once([item])

    async def _route(self, items: Sequence[_Read]) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            rows = await ledger.still_waiting(uow, [row.id for row, _ in items])
            waiting = [inbound for _, inbound in items if inbound.raw.key in rows]
            answers = await self._arrivals.arrive_together(uow, waiting, rows)
        self._spare_pins += [
            item.pin for item, answer in zip(waiting, answers, strict=True) if item.pin and not answer.receipt_pin
        ]

    async def _failed(self, row: LedgerRow, error: Exception) -> None:
        if isinstance(error, IgnoredInbound):
            await self._settle(row, LedgerState.IGNORED, error.detail)
        elif isinstance(error, MalformedInbound):
            await self._settle(row, LedgerState.QUARANTINED, error.detail)
        elif isinstance(error, Unavailable):
            # Something that it needs is away, and not for its own fault: it waits, the others go on. Without a
            # database this cannot even be written down, and the round ends.
            await self._postpone(row, error.detail, most=None)
        else:
            log.error("a stored item could not be handled; it will be tried again", exc_info=error)
            await self._postpone(row, f"{type(error).__name__} while reading", most=ledger.MAX_ATTEMPTS)

    async def _postpone(self, row: LedgerRow, reason: str, *, most: int | None) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            await ledger.postpone(uow, row, reason, most=most)

    async def _settle(self, row: LedgerRow, state: LedgerState, reason: str) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            await ledger.settle(uow, row.id, state, reason)

    async def _raw(self, row: LedgerRow) -> RawInbound:
        return RawInbound(
            channel=row.channel,
            account=row.account,
            provider_id=row.provider_id,
            received_at=row.received_at,
            raw=await self._blobs.read(row.raw_blob_key) if row.raw_blob_key else None,
            raw_json=row.raw_json,
            sealed=row.sealed,
        )
