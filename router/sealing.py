"""A contact turns out to be a confidential report after it has arrived: from then on nothing of it is there for those
without the right. In the transaction of what brings it about, with the system's eyes: who brings it about may lack it.
"""

from sqlalchemy import select, update

from kit.access import sealable_with
from kit.unit_of_work import UnitOfWork
from records.cases import service as cases
from records.cases.tables import CaseRow
from records.citizens import sealing as citizens
from records.citizens import store as citizen_store
from records.messages import sealing as messages
from records.staff import audit
from router import store
from router.announcements import contact_counted
from router.skills import merged
from router.tables import ContactRow


async def seal(uow: UnitOfWork, contact_id: str, reason: str) -> bool:
    """Make a contact confidential with all that belongs to it; False when it was before, and nothing changes.

    Every row that names the contact follows, of whatever room: calls, recordings, promises, what was said. Its thread
    follows when it holds nothing else, and its citizen when nothing else is known of them. From now on it asks for the
    skill that confidential reports ask for. The row in hand is up to date afterwards.
    """
    with uow.seeing_sealed():
        row = await _mark(uow, contact_id)
        if row is None:
            return False
        for kind in sealable_with("contact_id"):
            await uow.session.execute(update(kind).where(kind.contact_id == row.id).values(sealed=True))
        await messages.seal_contact(uow, row.id)
        await citizens.seal_receipts(uow, row.id, await cases.seal_reports(uow, row.id, reason))
        await _seal_thread(uow, row)
        await _seal_citizen(uow, row, reason)
    audit.record_sealing(uow, "contact", row.id, row.version, reason)
    contact_counted(uow, row)
    return True


async def _mark(uow: UnitOfWork, contact_id: str) -> ContactRow | None:
    """The row, locked, sealed and asking for clearance; None when it was sealed before."""
    await uow.session.flush()
    row: ContactRow | None = await uow.session.scalar(
        update(ContactRow)
        .where(ContactRow.id == contact_id, ContactRow.sealed.is_(False))
        .values(sealed=True, version=ContactRow.version + 1)
        .returning(ContactRow)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    settings = await store.routing_settings(uow)
    if row is not None and settings.sealed_queue is not None:
        row.requirements = merged(row.requirements, settings.clearance(settings.sealed_queue))
        await uow.session.flush()
    return row


async def _seal_thread(uow: UnitOfWork, row: ContactRow) -> None:
    others = select(ContactRow.id).where(ContactRow.thread_id == row.thread_id, ContactRow.sealed.is_(False))
    if await uow.session.scalar(others.limit(1)) is None:
        await messages.seal_thread(uow, row.thread_id)


async def _seal_citizen(uow: UnitOfWork, row: ContactRow, reason: str) -> None:
    if row.citizen_id is None:
        return
    family = await citizen_store.family_of(uow, row.citizen_id)
    for kind in (ContactRow, CaseRow):
        others = select(kind.id).where(kind.citizen_id.in_(family), kind.sealed.is_(False))
        if await uow.session.scalar(others.limit(1)) is not None:
            return
    for citizen in await citizens.seal(uow, family, reason[: audit.MAX_REASON_CHARS]):
        audit.record_sealing(uow, "citizen", citizen.id, citizen.version, reason)
