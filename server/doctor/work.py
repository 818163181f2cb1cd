"""Checks of what the platform does: channels that reach their servers, work that is done in time."""

from datetime import timedelta

from sqlalchemy import func, select

from kit.access import Access
from kit.due_work import DueWorkRow, WorkState
from server.doctor.finding import Finding, good, warning, wrong
from server.doctor.services import opened
from server.settings import Settings
from server.speech import Say
from server.wiring import build

OVERDUE_AFTER = timedelta(minutes=2)


async def channels(settings: Settings, say: Say) -> list[Finding]:
    """Every adapter is asked; mailboxes log in for real."""
    async with opened(settings):
        services = build(settings)
        try:
            healths = {channel: await adapter.check() for channel, adapter in services.adapters.items()}
        finally:
            await services.close()
    return [
        good(say(f"渠道 {channel} 正常", f"channel {channel} works"))
        if health.ok
        else wrong(
            f"{channel}: {health.detail}",
            say(
                "在坐席工作台的“管理”中修改，或检查对方服务器",
                "mend it in the desk's administration, or look at that server",
            ),
        )
        for channel, health in healths.items()
    ]


async def due_work(settings: Settings, say: Say) -> list[Finding]:
    """Overdue work says that no gateway or no worker is there to do it."""
    async with opened(settings) as database, database.unit_of_work(Access.platform(), read_only=True) as uow:
        pending = select(func.count(DueWorkRow.id)).where(DueWorkRow.state == WorkState.PENDING)
        late = await uow.session.scalar(pending.where(DueWorkRow.due_at < uow.now - OVERDUE_AFTER)) or 0
        failed = select(func.count(DueWorkRow.id)).where(DueWorkRow.state == WorkState.FAILED)
        given_up = await uow.session.scalar(failed) or 0
    found = []
    if late:
        what = say(f"{late} 项任务已逾期未办", f"{late} piece(s) of work are overdue")
        found.append(wrong(what, say("确认 gateway 与 worker 在运行", "see that gateway and worker are running")))
    if given_up:
        what = say(f"{given_up} 项任务多次失败后放弃", f"{given_up} piece(s) of work were given up")
        found.append(warning(what, say("在日志中查找该任务的错误", "look for their errors in the log")))
    return found or [good(say("没有逾期的任务", "no work is overdue"))]
