"""The audit trail: who did what to which record and why. Rows are only ever added."""

from typing import Any

from sqlalchemy import or_, select

from kit.unit_of_work import UnitOfWork
from records.staff.tables import AccountRow, AuditRow


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


async def latest(uow: UnitOfWork, query: str = "", limit: int = 200) -> list[AuditRow]:
    """The newest rows first; `query` is part of an action, a reason or a colleague's name, or a whole id."""
    statement = select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit)
    if query:
        named = select(AccountRow.id).where(AccountRow.display_name.contains(query, autoescape=True))
        statement = statement.where(
            or_(
                AuditRow.action.contains(query, autoescape=True),
                AuditRow.reason.contains(query, autoescape=True),
                AuditRow.entity_id == query,
                AuditRow.actor_id.in_(named),
            )
        )
    return list(await uow.session.scalars(statement))
