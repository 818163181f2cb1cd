"""How fast a channel takes in: ledger, parsing, storing and enqueueing, in one process on a platform of its own.

What comes in is made here and handed in where the channel's own endpoint or reader hands it in; nobody answers. An item
is done when its contact stands in its queue, or its message in the conversation.
"""

import asyncio
import os
import tempfile
import time
from array import array
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from channels.adapter import Stored
from channels.arrivals import Arrivals, Inbound
from channels.intake import ClaimLoop
from channels.ledger import ItemKey
from kit.tasks import stop
from kit.unit_of_work import UnitOfWork
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
TENTHS = 10

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Amount:
    """So many `items` where they are given, else as many as come in within `seconds`."""

    seconds: float
    items: int | None = None


class Progress:
    """How far a measurement has come, and the memory in use at each tenth of the way: does it stay flat?

    `others` are processes of ours that do not count, such as the Redis.
    """

    def __init__(self, amount: Amount, others: Iterable[str], tell: Tell) -> None:
        self._amount = amount
        self._tell = tell
        self._others = frozenset(others)
        self._began = time.perf_counter()
        self.rss_mb: list[float] = []

    @property
    def took_s(self) -> float:
        return time.perf_counter() - self._began

    def goes_on(self, handed_in: int) -> bool:
        """Whether another item is wanted after `handed_in` of them."""
        amount = self._amount
        share = handed_in / amount.items if amount.items else self.took_s / amount.seconds
        while len(self.rss_mb) < min(TENTHS - 1, int(share * TENTHS)):
            self.note(handed_in)
        return share < 1

    def note(self, handed_in: int) -> None:
        """Write down the memory of this process and of the parsers that it started."""
        self.rss_mb.append(round(sum(map(_resident_of, ("self", *_children() - self._others))) / 2**20, 1))
        self._tell(
            f"{len(self.rss_mb) * 100 // TENTHS} %: {handed_in} items, {self.took_s:.0f} s, {self.rss_mb[-1]} MB"
        )


class Stopwatch:
    """Times of items by their provider id, from being handed in to being done."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._room = asyncio.Semaphore(MOST_UNDER_WAY)
        self.spans = array("d")
        self.opened = 0

    async def begin(self, provider_id: str) -> None:
        await self._room.acquire()
        self._began[provider_id] = time.perf_counter()

    def end(self, provider_id: str, *, opened: bool) -> None:
        """`opened`: it began a contact, else it continued one."""
        self.opened += opened
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

    async def arrive_together(
        self, uow: UnitOfWork, items: Sequence[Inbound], rows: Mapping[ItemKey, LedgerRow] | None = None
    ) -> list[Stored]:
        stored = await super().arrive_together(uow, items, rows)

        async def done() -> None:
            # What waited for the commit before this has put the new contacts into their queues.
            for item, answer in zip(items, stored, strict=True):
                self.watch.end(item.raw.provider_id, opened=_opened(answer))

        uow.after_commit(done)
        return stored


def _opened(stored: Stored) -> bool:
    """Whether a contact began: its thread's first message is it."""
    return stored.seq == 1


def run_ingest(channel: str, amount: Amount, tell: Tell = lambda _: None) -> dict[str, Any]:
    """One line of figures; `channel` is one of `FEEDS`. `tell` hears of each tenth of the way."""
    with private_redis() as redis_url, tempfile.TemporaryDirectory(prefix="axd-bench-") as folder:
        settings = Settings(data_dir=Path(folder), redis_url=redis_url, database_url="")
        settings.prepare_data_dir()
        return asyncio.run(_measure(settings, channel, amount, tell))


async def _measure(settings: Settings, channel: str, amount: Amount, tell: Tell) -> dict[str, Any]:
    others = _children()
    async with _platform(settings) as services:
        watch = Stopwatch()
        feed = await FEEDS[channel](services)
        progress = Progress(amount, others, tell)
        await (_hand_in_directly if feed.direct else _hand_in)(services, feed, watch, progress)
        took_s = progress.took_s
        progress.note(len(watch.spans))
        return {
            "channel": channel,
            "items_per_s": round(len(watch.spans) / took_s, 1),
            "p50_ms": percentile(watch.spans, 50),
            "p99_ms": percentile(watch.spans, 99),
            "rss_mb": progress.rss_mb[-1],
            "rss_mb_by_tenth": progress.rss_mb,
            "items": len(watch.spans),
            "opened": watch.opened,
            "continued": len(watch.spans) - watch.opened,
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


async def _hand_in(services: Services, feed: Feed, watch: Stopwatch, progress: Progress) -> None:
    """Stored only; a claim loop beside it does the rest."""
    arrivals = TimedArrivals(services.router, services.acknowledgements)
    arrivals.watch = watch
    claims = ClaimLoop(services.database, services.access, services.blobs, services.adapters, arrivals, services.waker)
    loop = asyncio.create_task(claims.run())
    try:
        number = 0
        async with asyncio.TaskGroup() as group:
            while progress.goes_on(number):
                batch = [feed.item(number + place) for place in range(feed.batch)]
                number += feed.batch
                for raw in batch:
                    await watch.begin(raw.provider_id)
                storing = group.create_task(feed.store(batch))
                if feed.in_turn:
                    await storing
        await watch.drained()
    finally:
        await stop([loop])


async def _hand_in_directly(services: Services, feed: Feed, watch: Stopwatch, progress: Progress) -> None:
    """Stored, parsed and routed in one transaction, as many at once as pages would send."""

    async def one(number: int) -> None:
        raw = feed.item(number)
        (stored,) = await feed.store([raw])
        watch.end(raw.provider_id, opened=_opened(stored))

    number = 0
    async with asyncio.TaskGroup() as group:
        while progress.goes_on(number):
            await watch.begin(feed.item(number).provider_id)
            group.create_task(one(number))
            number += 1
    await watch.drained()


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split())


def _resident_of(process: str) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return 0
