"""The audit trail: who did what to which record and why. Rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from kit.unit_of_work import UnitOfWork
from records.staff.tables import AuditRow


def record(
    uow: UnitOfWork,
    action: str,
    entity: str,
    entity_id: str,
    reason: str = "",
    detail: dict[str, Any] | None = None,
    *,
    actor_id: str | None = None,
    source: str = "",
    sealed: bool = False,
) -> None:
    """Write one row in this transaction. The actor is the one of the access unless named.

    `detail` holds ids, codes and names of fields, never what a citizen said or how to reach them. A `sealed` row is
    seen by those only who may see sealed records.
    """
    uow.session.add(
        AuditRow(
            at=uow.now,
            actor_id=actor_id or uow.access.actor_id,
            action=action,
            entity=entity,
            entity_id=entity_id,
            reason=reason,
            source=source,
            detail=detail or {},
            sealed=sealed,
        )
    )


async def latest(
    uow: UnitOfWork,
    *,
    action: str = "",
    entity_id: str = "",
    before: datetime | None = None,
    limit: int = 200,
) -> list[AuditRow]:
    """The newest rows first, optionally of one action or one record, and older than `before`."""
    statement = select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit)
    if action:
        statement = statement.where(AuditRow.action == action)
    if entity_id:
        statement = statement.where(AuditRow.entity_id == entity_id)
    if before is not None:
        statement = statement.where(AuditRow.at < before)
    return list(await uow.session.scalars(statement))
