"""One reader for each line in the whole installation, where the other side gives no lock: folders, bots, binds."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from kit import leases
from kit.access import Access
from kit.errors import AppError
from kit.leases import Lease
from kit.tasks import stop, uninterrupted
from kit.unit_of_work import Database

log = logging.getLogger(__name__)

TTL_S = 30.0
_RENEW_S = 8.0


class ClaimLost(Exception):
    """Somebody else has it now."""


class Claim:
    """The exclusive right to what `name` names, under a lease of `ttl_s`. `holder` names this process."""

    def __init__(
        self,
        database: Database,
        access: Access,
        name: str,
        holder: str,
        *,
        ttl_s: float = TTL_S,
        renew_s: float = _RENEW_S,
    ) -> None:
        self._database = database
        self._access = access
        self._name = name
        self._holder = holder
        self._ttl_s = ttl_s
        self._renew_s = renew_s

    async def hold(self, work: Callable[[Lease], Awaitable[None]]) -> bool:
        """Run `work` under the lease, renewed as long as it lasts; False at once while somebody else holds it.

        Raises what `work` raises, and `ClaimLost` when the lease could not be kept.
        """
        lease = await self._acquire()
        if lease is None:
            return False
        working = asyncio.create_task(_run(work, lease))
        keeping = asyncio.create_task(self._keep(lease))
        try:
            done, _ = await asyncio.wait([working, keeping], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await uninterrupted(self._end([working, keeping], lease))
        return True

    async def _acquire(self) -> Lease | None:
        async with self._database.unit_of_work(self._access) as uow:
            return await leases.acquire(uow, self._name, self._holder, self._ttl_s)

    async def _keep(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(self._renew_s)
            renewed = await self._acquire()
            if renewed is None or renewed.token != lease.token:
                raise ClaimLost(self._name)

    async def _end(self, tasks: list[asyncio.Task[None]], lease: Lease) -> None:
        await stop(tasks)
        await self._release(lease)

    async def _release(self, lease: Lease) -> None:
        """Best effort: the lease ends by itself, and an error here must not hide why the work ended."""
        try:
            async with self._database.unit_of_work(self._access) as uow:
                await leases.release(uow, lease)
        except AppError as error:
            log.warning("the lease %s could not be given back: %s", lease.name, error)


async def _run(work: Callable[[Lease], Awaitable[None]], lease: Lease) -> None:
    await work(lease)
