"""Work that matters and must be done at or after a time: a SQL row, claimed with a lease, repeated until done."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from kit.ids import new_id
from kit.tables import Row
from kit.unit_of_work import UnitOfWork

FIRST_RETRY_S = 5
LONGEST_RETRY_S = 3600


class WorkState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class DueWorkRow(Row):
    __tablename__ = "due_work"
    __table_args__ = (UniqueConstraint("workspace_id", "job", "key"),)

    job: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(120))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default=WorkState.PENDING)
    due_at: Mapped[datetime] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=8)
    last_error: Mapped[str | None] = mapped_column(String(500))


async def schedule(
    uow: UnitOfWork,
    job: StrEnum,
    payload: dict[str, Any],
    *,
    due_at: datetime | None = None,
    key: str = "",
    max_attempts: int = 8,
) -> str:
    """Write down work to be done at `due_at` (default: now). With a `key`, the same pending work is only moved in time.

    Returns the id of the row. `payload` must be JSON and hold ids rather than citizen data.
    """
    due_at = due_at or uow.now
    row = None
    if key:
        row = await uow.session.scalar(select(DueWorkRow).where(DueWorkRow.job == job, DueWorkRow.key == key))
    if row is None:
        row_id = new_id()
        row = DueWorkRow(id=row_id, job=job, key=key or row_id, max_attempts=max_attempts)
        uow.session.add(row)
    row.payload, row.due_at, row.state = payload, due_at, WorkState.PENDING
    row.attempts, row.lease_until, row.last_error = 0, None, None
    await uow.session.flush()
    return row.id


async def cancel(uow: UnitOfWork, job: StrEnum, key: str) -> None:
    """Take back pending work; harmless when there is none."""
    await uow.session.execute(
        update(DueWorkRow)
        .where(DueWorkRow.job == job, DueWorkRow.key == key, DueWorkRow.state == WorkState.PENDING)
        .values(state=WorkState.DONE)
    )


async def claim_due(
    uow: UnitOfWork, *, limit: int, lease_s: float, jobs: Sequence[str] | None = None
) -> list[DueWorkRow]:
    """Claim up to `limit` rows that are due and not leased; whoever crashes loses the lease after `lease_s`."""
    due = (
        select(DueWorkRow.id)
        .where(DueWorkRow.state == WorkState.PENDING, DueWorkRow.due_at <= uow.now)
        .where((DueWorkRow.lease_until.is_(None)) | (DueWorkRow.lease_until <= uow.now))
        .order_by(DueWorkRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if jobs is not None:
        due = due.where(DueWorkRow.job.in_(jobs))
    ids = list(await uow.session.scalars(due))
    if not ids:
        return []
    claimed = await uow.session.scalars(
        update(DueWorkRow)
        .where(DueWorkRow.id.in_(ids))
        .values(lease_until=uow.now + timedelta(seconds=lease_s), attempts=DueWorkRow.attempts + 1)
        .returning(DueWorkRow)
    )
    return list(claimed)


async def finish(uow: UnitOfWork, row_id: str) -> None:
    """The work is done; repeating it is harmless."""
    await uow.session.execute(
        update(DueWorkRow).where(DueWorkRow.id == row_id).values(state=WorkState.DONE, lease_until=None)
    )


async def retry_later(uow: UnitOfWork, row: DueWorkRow, error: str) -> None:
    """Back off exponentially, or give up visibly after `max_attempts`."""
    state = WorkState.FAILED if row.attempts >= row.max_attempts else WorkState.PENDING
    wait_s = min(FIRST_RETRY_S * 2 ** max(row.attempts - 1, 0), LONGEST_RETRY_S)
    await uow.session.execute(
        update(DueWorkRow)
        .where(DueWorkRow.id == row.id)
        .values(state=state, lease_until=None, due_at=uow.now + timedelta(seconds=wait_s), last_error=error[:500])
    )
