"""Who gave number and PIN of a matter from another address: perhaps its citizen, which people decide."""

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from kit.errors import NotFound
from kit.unit_of_work import UnitOfWork
from records.citizens import store
from records.citizens.addresses import normalise
from records.citizens.service import SenderAddress
from records.citizens.tables import AddressRow, CitizenRow, ReceiptAskerRow, ReceiptRow


async def note(uow: UnitOfWork, receipt: ReceiptRow, asker: SenderAddress) -> None:
    """Once for each address that is not the citizen's own. Nothing of a report: who asks after it stays unknown."""
    if receipt.sealed or receipt.citizen_id is None:
        return
    value = normalise(asker.kind, asker.value)
    seen = await store.seen_address(uow, asker.kind, value, sealed=False)
    if seen is not None and seen.citizen_id == (await store.kept(uow, receipt.citizen_id)).id:
        return
    try:
        async with uow.session.begin_nested():
            uow.session.add(ReceiptAskerRow(receipt_id=receipt.id, kind=asker.kind, value=value, asked_at=uow.now))
    except IntegrityError:
        return


async def others(uow: UnitOfWork, citizen: CitizenRow) -> set[str]:
    """Ids of who gave number and PIN of one of the citizen's matters, and of those whose the citizen gave."""
    if citizen.sealed:
        return set()
    family = await store.family_of(uow, citizen.id)
    rows = await uow.session.execute(
        select(ReceiptRow.citizen_id, AddressRow.citizen_id)
        .join(ReceiptAskerRow, ReceiptAskerRow.receipt_id == ReceiptRow.id)
        .join(AddressRow, (AddressRow.kind == ReceiptAskerRow.kind) & (AddressRow.value == ReceiptAskerRow.value))
        .where(ReceiptRow.sealed.is_(False), AddressRow.sealed.is_(False))
        .where(AddressRow.stated.is_(False), AddressRow.shared.is_(False))
        .where(or_(ReceiptRow.citizen_id.in_(family), AddressRow.citizen_id == citizen.id))
    )
    found = {citizen_id for pair in rows for citizen_id in pair} - set(family)
    kept = [await _kept(uow, citizen_id) for citizen_id in found]
    return {citizen_id for citizen_id in kept if citizen_id is not None}


async def _kept(uow: UnitOfWork, citizen_id: str) -> str | None:
    try:
        return (await store.kept(uow, citizen_id)).id
    except NotFound:  # sealed meanwhile
        return None
