"""Due work that needs a telephone line: only the process that carries the calls can do it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, update

from kit.due_work import DueWorkRow, WorkState, claim_due, finish
from telephony.switchboard.house import House

log = logging.getLogger(__name__)

POLL_S = 2.0
LEASE_S = 3600.0
PAUSE = timedelta(minutes=5)


class Errand(StrEnum):
    FAX = "telephone:fax"
    RESULT = "telephone:result"


Do = Callable[[DueWorkRow], Awaitable[timedelta | None]]
"""Do it once; None: it is over, else after which time it is tried again. Who counts the tries finds them in the row."""


class Errands:
    """Those of one kind, `most` at once. What fails unexpectedly is tried again, as often as the row allows."""

    def __init__(self, house: House, errand: Errand, do: Do, *, most: int) -> None:
        self._house, self._errand, self._do, self._most = house, errand, do, most
        self._going: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. What an earlier process had begun is begun anew."""
        begun = False
        while True:
            try:
                if not begun:
                    await self._take_over()
                    begun = True
                await self.work()
            except Exception:
                log.exception("a round of %s failed; it will be repeated", self._errand)
            await asyncio.sleep(POLL_S)

    async def work(self) -> int:
        """Begin what is due and has room; returns how many were begun."""
        room = self._most - len(self._going)
        if room <= 0 or not await self._is_any_due():
            return 0
        async with self._house.database.unit_of_work(self._house.access) as uow:
            rows = await claim_due(uow, limit=room, lease_s=LEASE_S, jobs=[self._errand])
        for row in rows:
            task = self._house.start(self._run(row))
            self._going.add(task)
            task.add_done_callback(self._going.discard)
        return len(rows)

    async def _take_over(self) -> None:
        """One process at a time carries the calls, so what is leased belongs to nobody any more."""
        async with self._house.database.unit_of_work(self._house.access) as uow:
            mine = (DueWorkRow.job == self._errand) & (DueWorkRow.state == WorkState.PENDING)
            await uow.session.execute(update(DueWorkRow).where(mine).values(lease_until=None))

    async def _is_any_due(self) -> bool:
        async with self._house.database.unit_of_work(self._house.access, read_only=True) as uow:
            mine = (DueWorkRow.job == self._errand) & (DueWorkRow.state == WorkState.PENDING)
            due = select(DueWorkRow.id).where(mine, DueWorkRow.due_at <= uow.now).limit(1)
            return await uow.session.scalar(due) is not None

    async def _run(self, row: DueWorkRow) -> None:
        try:
            later = await self._do(row)
        except Exception:
            log.exception("%s failed", self._errand)
            later = PAUSE if row.attempts < row.max_attempts else None
        async with self._house.database.unit_of_work(self._house.access) as uow:
            if later is None:
                await finish(uow, row.id)
            else:
                again = update(DueWorkRow).where(DueWorkRow.id == row.id, DueWorkRow.state == WorkState.PENDING)
                await uow.session.execute(again.values(due_at=uow.now + later, lease_until=None))
