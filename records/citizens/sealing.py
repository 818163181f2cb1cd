"""A citizen of whom nothing but confidential matters is known vanishes from the ordinary records."""

from sqlalchemy import delete, or_, select, update

from kit import search
from kit.unit_of_work import UnitOfWork
from records.citizens import merging, store
from records.citizens.service import SEARCH_ENTITY
from records.citizens.tables import (
    AddressRow,
    CitizenRow,
    DoNotContactRow,
    ReceiptAskerRow,
    ReceiptRow,
    RepresentativeRow,
    SatisfactionRow,
)


async def seal_receipts(uow: UnitOfWork, contact_id: str, case_ids: list[str]) -> None:
    """Those of a contact and of these cases. They go on opening the matter for who holds them.

    What the citizen thought of it counts no more: reports are not asked about.
    """
    theirs = or_(ReceiptRow.contact_id == contact_id, ReceiptRow.case_id.in_(case_ids))
    await uow.session.execute(update(ReceiptRow).where(theirs).values(sealed=True))
    receipts = select(ReceiptRow.id).where(theirs)
    await uow.session.execute(delete(ReceiptAskerRow).where(ReceiptAskerRow.receipt_id.in_(receipts)))
    said = update(SatisfactionRow).where(SatisfactionRow.contact_id == contact_id)
    await uow.session.execute(said.values(sealed=True))


async def seal(uow: UnitOfWork, family: list[str], reason: str) -> list[CitizenRow]:
    """`family`: a record and all that were merged into it; see `store.family_of`. Returns what was not sealed before.

    Who came in confidence from the same address before is the same citizen: the records become one. Needs an access
    that sees sealed rows.
    """
    twins = await _seal_addresses(uow, family)
    sealed = await uow.session.scalars(
        update(CitizenRow)
        .where(CitizenRow.id.in_(family), CitizenRow.sealed.is_(False))
        .values(sealed=True, version=CitizenRow.version + 1)
        .returning(CitizenRow)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    rows = list(sealed)
    await search.seal(uow, SEARCH_ENTITY, family)
    await _seal_wishes(uow, family)
    for twin_id in twins:
        known, own = await store.kept(uow, twin_id), await store.kept(uow, family[0])
        if known.id != own.id:
            await merging.merge(uow, known.id, own.id, reason, by=uow.access.actor_id or "", confirmed=True)
    return rows


async def _seal_wishes(uow: UnitOfWork, family: list[str]) -> None:
    """For whom they speak, and what they do not want, would name them."""
    theirs = or_(RepresentativeRow.person_id.in_(family), RepresentativeRow.enterprise_id.in_(family))
    await uow.session.execute(update(RepresentativeRow).where(theirs).values(sealed=True))
    unwanted = update(DoNotContactRow).where(DoNotContactRow.citizen_id.in_(family))
    await uow.session.execute(unwanted.values(sealed=True))


async def _seal_addresses(uow: UnitOfWork, family: list[str]) -> list[str]:
    """Ids of citizens who are known in confidence by one of the addresses, which is theirs then."""
    twins = []
    open_ones = select(AddressRow).where(AddressRow.citizen_id.in_(family), AddressRow.sealed.is_(False))
    for address in (await uow.session.scalars(open_ones)).all():
        known = None if address.stated else await store.seen_address(uow, address.kind, address.value, sealed=True)
        if known is None:
            address.sealed = True
        else:
            twins.append(known.citizen_id)
            await uow.session.delete(address)
    await uow.session.flush()
    return twins
