"""How fast a channel takes in: ledger, parsing, storing and enqueueing, in one process on a platform of its own.

What comes in is made here and handed in where the channel's own endpoint or reader hands it in; nobody answers. An item
is done when its contact stands in its queue, or its message in the conversation.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from channels.adapter import ContactRequest, Stored
from channels.arrivals import Arrivals
from channels.intake import ClaimLoop
from kit.tasks import stop
from kit.unit_of_work import UnitOfWork
from records.citizens.receipts import Pin
from records.messages.tables import LedgerRow
from server.bench.ingest_feeds import FEEDS, Feed
from server.bench.message import percentile
from server.bench.redis_server import private_redis
from server.first_start import seed
from server.migrate import upgrade
from server.settings import Settings
from server.wiring import Services, build

MOST_UNDER_WAY = 64
"""Handed in and not done: more would measure a queue of our own making."""
DRAIN_S = 60.0


class Stopwatch:
    """Times of items by their provider id, from being handed in to being done."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._room = asyncio.Semaphore(MOST_UNDER_WAY)
        self.spans: list[float] = []

    async def begin(self, provider_id: str) -> None:
        await self._room.acquire()
        self._began[provider_id] = time.perf_counter()

    def end(self, provider_id: str) -> None:
        self.spans.append(time.perf_counter() - self._began.pop(provider_id))
        self._room.release()

    async def drained(self) -> None:
        """Until nothing is under way. Raises TimeoutError: something was lost, or it does not keep up."""
        async with asyncio.timeout(DRAIN_S):
            for _ in range(MOST_UNDER_WAY):
                await self._room.acquire()


class TimedArrivals(Arrivals):
    """The product's own, with a mark when an item is done."""

    watch: Stopwatch

    async def arrive(self, uow: UnitOfWork, row: LedgerRow, request: ContactRequest, pin: Pin | None) -> Stored:
        stored = await super().arrive(uow, row, request, pin)
        provider_id = row.provider_id

        async def done() -> None:
            self.watch.end(provider_id)

        uow.after_commit(done)
        return stored


def run_ingest(channel: str, seconds: float) -> dict[str, Any]:
    """One line of figures; `channel` is one of `FEEDS`."""
    with private_redis() as redis_url, tempfile.TemporaryDirectory(prefix="axd-bench-") as folder:
        settings = Settings(data_dir=Path(folder), redis_url=redis_url, database_url="")
        settings.prepare_data_dir()
        return asyncio.run(_measure(settings, channel, seconds))


async def _measure(settings: Settings, channel: str, seconds: float) -> dict[str, Any]:
    async with _platform(settings) as services:
        watch = Stopwatch()
        feed = await FEEDS[channel](services)
        began = time.perf_counter()
        await (_hand_in_directly if feed.direct else _hand_in)(services, feed, watch, began + seconds)
        took_s = time.perf_counter() - began
        return {
            "channel": channel,
            "items_per_s": round(len(watch.spans) / took_s, 1),
            "p50_ms": percentile(watch.spans, 50),
            "p99_ms": percentile(watch.spans, 99),
            "rss_mb": round(_resident_bytes() / 2**20, 1),
            "items": len(watch.spans),
        }


@asynccontextmanager
async def _platform(settings: Settings) -> AsyncIterator[Services]:
    services = build(settings)
    try:
        await upgrade(services.database.engine)
        await seed(services.database, timezone=settings.time_zone)
        await services.router.rebuild(str(services.access.workspace_id))
        yield services
    finally:
        await services.close()


async def _hand_in(services: Services, feed: Feed, watch: Stopwatch, until: float) -> None:
    """Stored only; a claim loop beside it does the rest."""
    arrivals = TimedArrivals(services.router, services.acknowledgements)
    arrivals.watch = watch
    claims = ClaimLoop(services.database, services.access, services.blobs, services.adapters, arrivals, services.waker)
    loop = asyncio.create_task(claims.run())
    try:
        number = 0
        while time.perf_counter() < until:
            batch = [feed.item(number + place) for place in range(feed.batch)]
            number += feed.batch
            for raw in batch:
                await watch.begin(raw.provider_id)
            await feed.store(batch)
        await watch.drained()
    finally:
        await stop([loop])


async def _hand_in_directly(services: Services, feed: Feed, watch: Stopwatch, until: float) -> None:
    """Stored, parsed and routed in one transaction, as many at once as pages would send."""

    async def one(number: int) -> None:
        raw = feed.item(number)
        try:
            await feed.store([raw])
        finally:
            watch.end(raw.provider_id)

    number = 0
    async with asyncio.TaskGroup() as group:
        while time.perf_counter() < until:
            await watch.begin(feed.item(number).provider_id)
            group.create_task(one(number))
            number += 1
    await watch.drained()


def _resident_bytes() -> int:
    """Of this process and the parsers that it started."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
    return sum(_resident_of(process) for process in ("self", *children))


def _resident_of(process: str) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return 0
