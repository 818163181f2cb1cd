"""Due work is claimed once, repeated after a crash, backed off after a failure and given up visibly."""

import asyncio
from datetime import timedelta
from enum import StrEnum
from typing import Any

from redis import Redis
from rq import Queue
from sqlalchemy import select

from kit.access import Access
from kit.due_work import DueWorkRow, WorkState, cancel, claim_due, finish, schedule
from kit.ids import new_id
from kit.jobs import Dispatcher, JobRuntime, perform
from kit.unit_of_work import Database
from tests.support.clock import ManualClock

HOME = Access.system(new_id())
DONE: list[dict[str, Any]] = []


class Job(StrEnum):
    GOOD = "tests.contract.kit.test_due_work:good"
    BAD = "tests.contract.kit.test_due_work:bad"


async def good(_runtime: JobRuntime, payload: dict[str, Any]) -> None:
    DONE.append(payload)


async def bad(_runtime: JobRuntime, _payload: dict[str, Any]) -> None:
    raise ConnectionError("the other side is away")


async def _claim(database: Database) -> list[DueWorkRow]:
    async with database.unit_of_work(Access.platform()) as uow:
        return await claim_due(uow, limit=10, lease_s=60)


async def _row(database: Database, row_id: str) -> DueWorkRow:
    async with database.unit_of_work(HOME, read_only=True) as uow:
        return await uow.session.get_one(DueWorkRow, row_id)


async def _schedule(database: Database, job: Job, **options: Any) -> str:
    async with database.unit_of_work(HOME) as uow:
        return await schedule(uow, job, {"n": 1}, **options)


async def test_work_waits_for_its_time_and_is_claimed_once(database: Database, clock: ManualClock) -> None:
    due_at = clock.now() + timedelta(seconds=30)
    row_id = await _schedule(database, Job.GOOD, due_at=due_at)
    assert await _claim(database) == []
    clock.advance(30)
    claims = await asyncio.gather(*(_claim(database) for _ in range(4)))
    assert [row.id for rows in claims for row in rows] == [row_id]


async def test_a_claim_that_crashed_comes_back_after_its_lease(database: Database, clock: ManualClock) -> None:
    row_id = await _schedule(database, Job.GOOD)
    assert len(await _claim(database)) == 1
    clock.advance(59)
    assert await _claim(database) == []
    clock.advance(2)
    assert [row.id for row in await _claim(database)] == [row_id]
    async with database.unit_of_work(HOME) as uow:
        await finish(uow, row_id)
    clock.advance(3600)
    assert await _claim(database) == []


async def test_a_key_names_one_piece_of_work_that_can_be_moved_and_cancelled(
    database: Database, clock: ManualClock
) -> None:
    first = await _schedule(database, Job.GOOD, key="k", due_at=clock.now() + timedelta(hours=1))
    assert await _schedule(database, Job.GOOD, key="k") == first
    async with database.unit_of_work(HOME) as uow:
        await cancel(uow, Job.GOOD, "k")
    assert await _claim(database) == []


async def test_a_failing_job_backs_off_and_is_given_up_visibly(database: Database, clock: ManualClock) -> None:
    runtime = JobRuntime(loop=asyncio.get_running_loop(), database=database, services=None)
    row_id = await _schedule(database, Job.BAD, max_attempts=2)
    waits = []
    for _ in range(2):
        assert len(await _claim(database)) == 1
        await perform(runtime, row_id)
        row = await _row(database, row_id)
        waits.append((row.due_at - clock.now()).total_seconds())
        clock.advance(waits[-1])
    assert waits == [5, 10]
    assert (row.state, row.last_error) == (WorkState.FAILED, "ConnectionError")
    assert await _claim(database) == []


async def test_a_job_is_done_once_however_often_it_is_carried(database: Database, redis_url: str) -> None:
    DONE.clear()
    runtime = JobRuntime(loop=asyncio.get_running_loop(), database=database, services=None)
    row_id = await _schedule(database, Job.GOOD)
    with Redis.from_url(redis_url) as connection:
        assert await Dispatcher(database, Queue("axd", connection=connection)).dispatch() == 1
        assert len(Queue("axd", connection=connection)) == 1
    await perform(runtime, row_id)
    await perform(runtime, row_id)
    assert [{"n": 1, "workspace_id": HOME.workspace_id}] == DONE
    async with database.unit_of_work(HOME, read_only=True) as uow:
        assert await uow.session.scalar(select(DueWorkRow.state)) == WorkState.DONE
