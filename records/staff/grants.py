"""Opening a sealed record takes a stated reason; the right to read it then lasts for a while."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select

from kit.errors import Forbidden
from kit.unit_of_work import UnitOfWork
from records.staff import audit
from records.staff.tables import GrantRow

LASTS = timedelta(hours=8)


def grant(uow: UnitOfWork, entity: str, entity_id: str, reason: str) -> None:
    """The account of the access may read the sealed record for eight hours; audited.

    Raises `Forbidden` for an access that sees nothing sealed or stands for no account.
    """
    if not uow.access.sees_sealed or uow.access.actor_id is None:
        raise Forbidden("Confidential records need a right of their own.")
    uow.session.add(
        GrantRow(
            account_id=uow.access.actor_id,
            entity=entity,
            entity_id=entity_id,
            reason=reason,
            granted_at=uow.now,
            expires_at=uow.now + LASTS,
        )
    )
    audit.record(uow, "sealed.opened", entity, entity_id, reason, sealed=True)


async def granted(uow: UnitOfWork, entity: str, entity_ids: Collection[str]) -> set[str]:
    """Which of the records the account of the access has opened."""
    if not entity_ids or uow.access.actor_id is None:
        return set()
    found = await uow.session.scalars(
        select(GrantRow.entity_id).where(
            GrantRow.account_id == uow.access.actor_id,
            GrantRow.entity == entity,
            GrantRow.entity_id.in_(entity_ids),
            GrantRow.expires_at > uow.now,
        )
    )
    return set(found)
