"""What each kind of process does besides answering: its endless loops, and how they end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import partial
from typing import Any

from redis import Redis as JobsRedis
from rq import Queue

from channels.intake import ClaimLoop
from channels.mail.service import adopt_environment
from channels.outbox import Outbox
from channels.satisfaction import SatisfactionQuestions
from channels.sms.service import adopt_environment as adopt_sms_accounts
from channels.telegram.service import adopt_environment as adopt_bots
from kit import blobs
from kit.access import Access
from kit.checkpoints import run_checkpoints
from kit.database import is_sqlite
from kit.jobs import Dispatcher, JobRuntime
from kit.tasks import stop
from records.knowledge import service as knowledge
from records.messages.jobs import MessageJob
from server.calls import run_calls
from server.settings import Settings
from server.telephone import switchboard_for
from server.wiring import Services, build
from telephony.switchboard import flows
from telephony.switchboard.callbacks import CallbackJob
from webchat.idle import IdleChats

log = logging.getLogger(__name__)

LANE = "axd"
JOB_REFERENCES: tuple[StrEnum, ...] = (*MessageJob, *CallbackJob)
HOUSEKEEPING_S = 5.0


async def run_gateway(settings: Settings) -> None:
    """Pull adapters, claim loop, outbox, timers and sweepers, until cancelled; a loop that fails ends the process."""
    services = build(settings)
    jobs = JobsRedis.from_url(settings.jobs_redis)
    outbox = Outbox(services.database, services.access, services.adapters, services.waker, services.secret_box)
    claims = ClaimLoop(
        services.database, services.access, services.blobs, services.adapters, services.arrivals, services.waker
    )
    async with services.database.unit_of_work(services.access) as uow:
        await adopt_environment(uow, services.secret_box, settings.mailboxes)
        await adopt_sms_accounts(uow, services.secret_box, settings.sms_accounts)
        await knowledge.seed(uow)
        await flows.seed(uow)
        await adopt_bots(uow, services.secret_box, settings.telegram.bots)
    await services.router.rebuild(str(services.access.workspace_id))
    loops: list[Coroutine[Any, Any, None]] = [
        services.router.run_timers(),
        services.mail.run(services.direct_intake(services.mail)),
        services.sms.run(services.store_intake),
        services.telegram.run(services.store_intake),
        *(plugin.run(services.store_intake) for plugin in services.plugins.values() if hasattr(plugin, "run")),
        IdleChats(services.database, services.access, services.router, settings.citizens.chat).run(),
        *([run_calls(services, partial(switchboard_for, services))] if settings.call_engine != "off" else []),
        claims.run(),
        outbox.run(),
        SatisfactionQuestions(services.database, services.access, services.secret_box, settings.origin).run(),
        Dispatcher(services.database, Queue(LANE, connection=jobs), JOB_REFERENCES).run(),
        services.event_log.run_forgetting(services.database),
        *([run_checkpoints(settings.database)] if is_sqlite(settings.database) else []),
        _keep_house(services),
    ]
    try:
        await _run_together(loops)
    finally:
        await services.close()
        jobs.close()


async def _run_together(loops: list[Coroutine[Any, Any, None]]) -> None:
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await stop(tasks)


async def _keep_house(services: Services) -> None:
    """Republish events that a crash left, delete blobs that nobody kept."""
    while True:
        try:
            await services.event_log.republish(services.database)
            async with services.database.unit_of_work(Access.platform()) as uow:
                await blobs.sweep(uow, services.blobs)
        except Exception:
            log.exception("housekeeping failed; it will be repeated")
        await asyncio.sleep(HOUSEKEEPING_S)


@asynccontextmanager
async def background(services: Services) -> AsyncIterator[None]:
    """What the web process does beside its requests."""
    task = asyncio.create_task(services.event_log.run_forgetting(services.database))
    try:
        yield
    finally:
        await stop([task])


@asynccontextmanager
async def worker_runtime(settings: Settings, loop: asyncio.AbstractEventLoop) -> AsyncIterator[JobRuntime]:
    """What jobs of a worker process work with."""
    services = build(settings)
    try:
        yield JobRuntime(loop=loop, database=services.database, services=services)
    finally:
        await services.close()
