"""The two ways in. Both store before they answer and are idempotent by the provider's id.

`DirectIntake` is for our own pages (chat, form): trusted JSON, parsed and routed in the same transaction, and what
arrives together is committed together. `ClaimLoop` works off what an adapter has only stored, such as mail.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from channels import ledger
from channels.acknowledgements import pin_for
from channels.adapter import (
    Adapter,
    ContactRequest,
    IgnoredInbound,
    MalformedInbound,
    RawInbound,
    Stored,
)
from channels.arrivals import Arrivals, Inbound
from kit.access import Access
from kit.blobs import Blob, BlobStore
from kit.errors import Unavailable
from kit.unit_of_work import Database
from kit.wake import Waker
from records.citizens.receipts import Pin
from records.messages.tables import LedgerRow, LedgerState

log = logging.getLogger(__name__)

GROUP = 64
PACE_S = 0.005
"""Under load a transaction begins at most this often: what a few messages share of it costs more than their wait."""
MOST_FAILS = 2
CLAIM_BATCH = 20
POLL_S = 1.0
WAKE_INTAKE = "intake"


@dataclass(frozen=True, slots=True)
class _Item:
    inbound: Inbound
    stored: asyncio.Future[Stored]

    @property
    def raw(self) -> RawInbound:
        return self.inbound.raw


class DirectIntake:
    """Stores, parses and routes at once; concurrent items share a transaction, a failing one fails alone."""

    def __init__(self, database: Database, access: Access, adapter: Adapter, arrivals: Arrivals) -> None:
        self._database = database
        self._access = access
        self._adapter = adapter
        self._arrivals = arrivals
        self._waiting: list[_Item] = []
        self._flusher: asyncio.Task[None] | None = None
        self._storing: set[asyncio.Task[None]] = set()

    async def __call__(self, raw: RawInbound) -> Stored:
        """See `channels.adapter.Intake`. Also raises `MalformedInbound`: our own page is told at once."""
        raw = replace(raw, raw_json=ledger.storable(raw.raw_json))
        request = await self._adapter.parse(raw)
        future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Item(Inbound(raw, request, await pin_for(request)), future))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        return await future

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                began = loop.time()
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                await self._durable(group)
                await asyncio.sleep(max(0.0, began + PACE_S - loop.time()))
        finally:
            self._flusher = None

    async def _durable(self, group: list[_Item]) -> None:
        """Until each of `group` is stored or refused; what follows the commit goes on beside the next one."""
        storing = asyncio.create_task(self._store_group(group))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        await asyncio.wait([item.stored for item in group])

    async def _store_group(self, group: list[_Item], *, fails_before: int = 0) -> None:
        try:
            await self._store(group, look=fails_before > 0)
        except Exception as error:
            if len(group) > 1:
                for item in group:
                    await self._store_group([item], fails_before=1)
            elif fails_before < MOST_FAILS and isinstance(error, DBAPIError):
                # It came in before, or another process came first with its thread: now those rows can be seen.
                await self._store_group(group, fails_before=fails_before + 1)
            else:
                _fail(group[0].stored, error)

    async def _store(self, group: list[_Item], *, look: bool) -> None:
        """One transaction. Nearly all are new: what came in before is looked for (`look`) once the ledger refused."""
        async with self._database.unit_of_work(self._access) as uow:
            first, ids = group[0].raw, [item.raw.provider_id for item in group]
            before = await ledger.known(uow, first.channel, first.account, ids) if look else {}
            fresh = _first_of_each(group, before)
            arrived = await self._arrivals.arrive_together(uow, [item.inbound for item in fresh])
            by_id = {item.raw.provider_id: stored for item, stored in zip(fresh, arrived, strict=True)}
            for provider_id, row in before.items():
                by_id[provider_id] = await self._arrivals.repeated(uow, row)
            uow.at_commit(lambda: _tell(group, by_id))


def _first_of_each(group: list[_Item], before: Mapping[str, LedgerRow]) -> list[_Item]:
    """Those that did not come in before; a page that sends twice at once is heard once."""
    fresh = {item.raw.provider_id: item for item in reversed(group) if item.raw.provider_id not in before}
    return [item for item in group if fresh.get(item.raw.provider_id) is item]


def _tell(group: list[_Item], by_id: Mapping[str, Stored]) -> None:
    for item in group:
        if not item.stored.done():
            item.stored.set_result(by_id[item.raw.provider_id])


def _fail(future: asyncio.Future[Stored], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


class StoreIntake:
    """Stores only; the claim loop does the rest. For bytes that nobody has read yet."""

    def __init__(self, database: Database, access: Access, blobs: BlobStore, waker: Waker) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._waker = waker

    async def __call__(self, raw: RawInbound) -> Stored:
        """See `channels.adapter.Intake`."""
        blob = await self._blobs.put(raw.raw) if raw.raw is not None else None
        try:
            return await self._enter(raw, blob)
        except IntegrityError:
            # Another process stored the same item meanwhile: now its row can be seen.
            return await self._enter(raw, blob)

    async def _enter(self, raw: RawInbound, blob: Blob | None) -> Stored:
        async with self._database.unit_of_work(self._access) as uow:
            before = await ledger.known(uow, raw.channel, raw.account, [raw.provider_id])
            row = before.get(raw.provider_id)
            if row is not None:
                if blob is not None:
                    unused = blob.key
                    uow.after_commit(lambda: self._blobs.delete(unused))
                return Stored(ledger_id=row.id, first_time=False, contact_id=row.contact_id)
            row = ledger.enter(uow, raw, blob)
            await uow.session.flush()
            uow.after_commit(lambda: self._waker.wake(WAKE_INTAKE))
            return Stored(ledger_id=row.id, first_time=True)


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
        # All are read at once, as far as the adapter allows; they arrive one after the other, in their order.
        reading = [asyncio.create_task(self._read(row)) for row in rows]
        try:
            for row, request in zip(rows, reading, strict=True):
                await self._handle(row, request)
        finally:
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
        return len(rows)

    async def _read(self, row: LedgerRow) -> tuple[ContactRequest, Pin | None]:
        request = await self._adapters[row.channel].parse(await self._raw(row))
        return request, await pin_for(request)

    async def _handle(self, row: LedgerRow, reading: Awaitable[tuple[ContactRequest, Pin | None]]) -> None:
        try:
            request, pin = await reading
            async with self._database.unit_of_work(self._access) as uow:
                fresh = await uow.session.scalar(
                    select(LedgerRow)
                    .where(LedgerRow.id == row.id, LedgerRow.state == LedgerState.RECEIVED)
                    .with_for_update()
                )
                if fresh is not None:
                    await self._arrivals.arrive(uow, fresh, request, pin)
        except IgnoredInbound as reason:
            await self._settle(row, LedgerState.IGNORED, reason.detail)
        except MalformedInbound as reason:
            await self._settle(row, LedgerState.QUARANTINED, reason.detail)
        except Unavailable as error:
            # Something that it needs is away, and not for its own fault: it waits, the others go on. Without a
            # database this cannot even be written down, and the round ends.
            await self._postpone(row, error.detail, most=None)
        except Exception as error:
            log.exception("a stored item could not be handled; it will be tried again")
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
