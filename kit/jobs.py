"""Running due work on RQ: the row is the truth, RQ only carries it to a worker process.

A job is named by an enum member whose value is `module:function`; the function is
`async def body(runtime: JobRuntime, payload: dict[str, Any]) -> None` and must be idempotent.
"""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rq import Queue
from rq.exceptions import DuplicateJobError
from sqlalchemy import select

from kit.access import Access
from kit.due_work import DueWorkRow, WorkState, claim_due, finish, retry_later
from kit.unit_of_work import Database

log = logging.getLogger(__name__)

LEASE_S = 300.0
POLL_S = 1.0


@dataclass(kw_only=True)
class JobRuntime:
    """What a worker process has: one event loop, one database, and the services that wiring put together."""

    loop: asyncio.AbstractEventLoop
    database: Database
    services: Any


JobBody = Callable[[JobRuntime, dict[str, Any]], Awaitable[None]]
_runtime: JobRuntime | None = None


def set_runtime(runtime: JobRuntime) -> None:
    """Called once by the worker process before it takes work."""
    global _runtime
    _runtime = runtime


def resolve(reference: str) -> JobBody:
    """The function behind `module:function`. Raises LookupError when it does not exist."""
    module_name, _, name = reference.partition(":")
    try:
        body: JobBody = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"no job body at {reference}") from error
    return body


def check_references(references: Iterable[StrEnum]) -> None:
    """Fail at start rather than at the first job."""
    for reference in references:
        resolve(reference)


def run_due_work(row_id: str) -> None:
    """The one function RQ calls; `row_id` is the id of a due_work row."""
    if _runtime is None:
        raise RuntimeError("this process is not a worker")
    _runtime.loop.run_until_complete(perform(_runtime, row_id))


async def perform(runtime: JobRuntime, row_id: str) -> None:
    """Do the work of one row unless it is done already; a failure is written down and repeated later."""
    async with runtime.database.unit_of_work(Access.platform(), read_only=True) as uow:
        row = await uow.session.scalar(select(DueWorkRow).where(DueWorkRow.id == row_id))
    if row is None or row.state != WorkState.PENDING:
        return
    try:
        payload = {**row.payload, "workspace_id": row.workspace_id}
        await asyncio.wait_for(resolve(row.job)(runtime, payload), LEASE_S)
    except Exception as error:
        log.exception("job %s failed", row.job)
        async with runtime.database.unit_of_work(Access.platform()) as uow:
            await retry_later(uow, row, type(error).__name__)
        return
    async with runtime.database.unit_of_work(Access.platform()) as uow:
        await finish(uow, row_id)


class Dispatcher:
    """Hands due rows of `jobs` (None: of all) to RQ. Any number may run: a claim is a conditional update."""

    def __init__(self, database: Database, queue: Queue, jobs: Iterable[str] | None = None) -> None:
        self._database = database
        self._queue = queue
        self._jobs = None if jobs is None else tuple(jobs)

    async def run(self) -> None:
        """Dispatch until cancelled."""
        while True:
            try:
                await self.dispatch()
            except Exception:
                log.exception("dispatching due work failed; it will be repeated")
            await asyncio.sleep(POLL_S)

    async def dispatch(self, limit: int = 50) -> int:
        """Claim and enqueue what is due; returns how many. A lost RQ job is enqueued again when its lease ends."""
        async with self._database.unit_of_work(Access.platform()) as uow:
            rows = await claim_due(uow, limit=limit, lease_s=LEASE_S, jobs=self._jobs)
        for row in rows:
            await asyncio.to_thread(self._enqueue, row)
        return len(rows)

    def _enqueue(self, row: DueWorkRow) -> None:
        with suppress(DuplicateJobError):
            self._queue.enqueue(
                run_due_work,
                row.id,
                job_id=f"{row.id}-{row.attempts}",
                result_ttl=0,
                failure_ttl=3600,
                job_timeout=int(LEASE_S),
            )
