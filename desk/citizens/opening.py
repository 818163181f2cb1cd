"""Which card an account may read: a citizen who came in confidence opens with one of their contacts."""

from sqlalchemy import select

from desk.inbox import store as inbox
from kit.errors import Forbidden
from kit.unit_of_work import UnitOfWork
from records.citizens import store
from records.citizens.tables import CitizenRow
from records.staff import grants
from router.tables import ContactRow


async def require_citizen(uow: UnitOfWork, citizen_id: str) -> CitizenRow:
    """The kept record. Raises `NotFound`, or `Forbidden` (code `sealed_not_opened`) for one that came in confidence."""
    row = await store.kept(uow, citizen_id)
    if not await is_open(uow, row):
        raise Forbidden("This citizen came in confidence: open the contact first.", code="sealed_not_opened")
    return row


async def is_open(uow: UnitOfWork, row: CitizenRow) -> bool:
    """Whether the account of the access may read the card: it is not sealed, or one of its contacts was opened."""
    if not row.sealed:
        return True
    family = await store.family_of(uow, row.id)
    contacts = await uow.session.scalars(select(ContactRow.id).where(ContactRow.citizen_id.in_(family)))
    return bool(await grants.granted(uow, inbox.GRANTED, contacts.all()))
