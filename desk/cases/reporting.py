"""A case of the kind report makes the contact that opened it confidential."""

from collections.abc import Sequence

from sqlalchemy import select

from desk.access import Actor
from desk.inbox.store import GRANTED
from kit.errors import Forbidden
from kit.unit_of_work import UnitOfWork
from records.cases import store
from records.cases.service import REPORT
from records.cases.tables import CaseRow
from records.staff import grants
from records.staff.permissions import Permission
from router.service import Router
from router.states import ENDS
from router.tables import ContactRow

REGISTERED = "登记为举报"


async def seal(uow: UnitOfWork, router: Router, who: Actor, contact_id: str) -> None:
    """The contact is a report from now on; whoever may go on reading it has given the reason by registering it.

    Raises `Forbidden` (code `report_needs_transfer`) for one without the right: it would vanish from their hands.
    """
    _require_right(who)
    if await router.seal(uow, contact_id, REGISTERED):
        grants.grant(uow, GRANTED, contact_id, REGISTERED)
        await uow.session.flush()


def _require_right(who: Actor) -> None:
    if not who.may(Permission.SEALED_READ):
        raise Forbidden(
            "Transfer this contact to the desk for confidential reports (举报专席); it is registered there.",
            code="report_needs_transfer",
        )


async def openers(uow: UnitOfWork, who: Actor, row: CaseRow, kind: str | None) -> list[str]:
    """Ids of the contacts to be sealed with a case that becomes a report by changing to `kind`.

    Raises `Forbidden` like `seal` when one of them goes on; those that have ended nobody could transfer.
    """
    if kind != REPORT or row.sealed:
        return []
    ids = await store.openers(uow, row.id)
    rows = (await uow.session.scalars(select(ContactRow).where(ContactRow.id.in_(ids)))).all()
    if any(contact.status not in ENDS for contact in rows):
        _require_right(who)
    return [contact.id for contact in rows]


async def seal_openers(uow: UnitOfWork, router: Router, who: Actor, contact_ids: Sequence[str]) -> None:
    """After the case: what `openers` found follows it."""
    for contact_id in contact_ids:
        if who.may(Permission.SEALED_READ):
            await seal(uow, router, who, contact_id)
        else:
            await router.seal(uow, contact_id, REGISTERED)
