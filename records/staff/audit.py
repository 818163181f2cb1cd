"""The audit trail: who did what to which record and why. Rows are only ever added."""

from typing import Any

from sqlalchemy import or_, select

from kit.unit_of_work import UnitOfWork
from records.staff.tables import AccountRow, AuditRow

SEALED = "record.sealed"
MAX_REASON_CHARS = 500


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


def record_sealing(uow: UnitOfWork, entity: str, entity_id: str, version: int, reason: str) -> None:
    """Write down that an ordinary record became confidential; tell pages and calls, which must not give it away.

    `version`: the record's own, with which it became so. What the trail said of it before vanishes with it.
    """
    record(uow, SEALED, entity, entity_id, reason[:MAX_REASON_CHARS], sealed=True)
    for family in ("desk", "calls"):
        uow.emit(family, "sealed", entity_id, version, {"entity": entity})


async def latest(uow: UnitOfWork, query: str = "", limit: int = 200) -> list[AuditRow]:
    """The newest rows first; `query` is part of an action, a reason or a colleague's name, or a whole id."""
    statement = select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit)
    hidden = await _sealed_later(uow)
    if hidden:
        statement = statement.where(AuditRow.entity_id.not_in(hidden))
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


async def _sealed_later(uow: UnitOfWork) -> list[str]:
    """Records with open rows, for rows are never changed, that the access may not see any more."""
    if uow.access.sees_sealed:
        return []
    with uow.seeing_sealed():
        return list(await uow.session.scalars(select(AuditRow.entity_id).where(AuditRow.action == SEALED)))
