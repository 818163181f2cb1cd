"""What comes in at once is committed at once: one wait for the disk for all of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError

from channels.adapter import Stored
from kit.access import Access
from kit.unit_of_work import Database, UnitOfWork

GROUP = 64
PACE_S = 0.005
"""Under load a transaction begins at most this often: what a few messages share of it costs more than their wait."""
MOST_FAILS = 2

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Store(Protocol[T_contra]):
    async def __call__(self, uow: UnitOfWork, items: Sequence[T_contra], *, look: bool) -> list[Stored]:
        """Write `items` in this transaction; one answer for each, in their order.

        Nearly all are new: what came in before need be looked for only to `look`, once the database refused.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    item: T
    stored: asyncio.Future[Stored]


class SharedCommits(Generic[T]):
    """Concurrent items share a transaction, in the order they came; a failing one fails alone."""

    def __init__(self, database: Database, access: Access, store: Store[T]) -> None:
        self._database = database
        self._access = access
        self._store_all = store
        self._waiting: list[_Waiting[T]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._storing: set[asyncio.Task[None]] = set()

    async def __call__(self, item: T) -> Stored:
        """Returns once `item` is durable. Raises what storing it alone raises: then nothing of it was stored."""
        stored: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(item, stored))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        return await stored

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

    async def _durable(self, group: list[_Waiting[T]]) -> None:
        """Until each of `group` is stored or refused; what follows the commit goes on beside the next one."""
        storing = asyncio.create_task(self._store_group(group))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        await asyncio.wait([each.stored for each in group])

    async def _store_group(self, group: list[_Waiting[T]], *, fails_before: int = 0) -> None:
        try:
            await self._store(group, look=fails_before > 0)
        except Exception as error:
            # It came in before, or another process came first with its thread: now those rows can be seen.
            may_be_seen = isinstance(error, DBAPIError)
            if may_be_seen and fails_before < (MOST_FAILS if len(group) == 1 else 1):
                await self._store_group(group, fails_before=fails_before + 1)
            elif len(group) > 1:
                for each in group:
                    await self._store_group([each], fails_before=1)
            elif not group[0].stored.done():
                group[0].stored.set_exception(error)

    async def _store(self, group: list[_Waiting[T]], *, look: bool) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            answers = await self._store_all(uow, [each.item for each in group], look=look)
            uow.at_commit(lambda: _tell(group, answers))


def _tell(group: list[_Waiting[T]], answers: list[Stored]) -> None:
    for each, answer in zip(group, answers, strict=True):
        if not each.stored.done():
            each.stored.set_result(answer)
