"""What records a citizen's record was merged with and split into, with all that came from a split address, and back."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, update

from desk.access import Actor
from desk.citizens import service
from desk.citizens.opening import require_citizen
from desk.schemas.citizens import CitizenView
from desk.schemas.identity import RecordChange, SplitInput
from kit.unit_of_work import UnitOfWork
from records.cases.tables import CaseRow
from records.citizens import masking, splitting, store
from records.citizens.addresses import normalise
from records.citizens.tables import MergeRow, ReceiptRow, SatisfactionRow, SplitRow
from records.messages.tables import MessageRow, ThreadRow
from records.staff import audit
from records.staff import store as staff
from router.tables import ContactRow


async def split(uow: UnitOfWork, who: Actor, citizen_id: str, body: SplitInput) -> CitizenView:
    """Give some addresses a record of their own, with every contact that came from them; the new record's card."""
    row = await require_citizen(uow, citizen_id)
    contacts = await _contacts_from(uow, row.id, body.address_ids)
    done = await splitting.split(uow, row.id, body.address_ids, contacts, body.reason, by=who.account_id)
    await _give(uow, contacts, done.new_id)
    detail = {"split_id": done.id, "new_id": done.new_id}
    audit.record(uow, "citizen.split", "citizen", row.id, body.reason, detail, sealed=row.sealed)
    await service.tell_inboxes(uow, row.id)
    await service.tell_inboxes(uow, done.new_id)
    return await service.view(uow, who, done.new_id)


async def undo_split(uow: UnitOfWork, who: Actor, split_id: str) -> None:
    """Raises what `records.citizens.splitting.undo` raises."""
    undone = await splitting.undo(uow, split_id, by=who.account_id)
    row = await require_citizen(uow, undone.from_id)
    await _give(uow, undone.moved_contact_ids, row.id)
    audit.record(uow, "citizen.unsplit", "citizen", row.id, detail={"split_id": split_id}, sealed=row.sealed)
    await service.tell_inboxes(uow, row.id)


async def _contacts_from(uow: UnitOfWork, citizen_id: str, address_ids: Collection[str]) -> list[str]:
    family = await store.family_of(uow, citizen_id)
    wanted = {(row.kind, row.value) for row in await store.addresses_of(uow, citizen_id) if row.id in address_ids}
    # Also what this account may not see: it belongs to whom it came from all the same.
    with uow.seeing_sealed():
        rows = (await uow.session.scalars(select(ContactRow).where(ContactRow.citizen_id.in_(family)))).all()
    return [row.id for row in rows if (row.sender_kind, normalise(row.sender_kind, row.sender)) in wanted]


async def _give(uow: UnitOfWork, contact_ids: Sequence[str], citizen_id: str) -> None:
    """Contacts with their messages, threads, receipts and ratings, and cases that none but these contacts belong to."""
    with uow.seeing_sealed():
        theirs = select(ContactRow.thread_id).where(ContactRow.id.in_(contact_ids))
        others = select(ContactRow.thread_id).where(ContactRow.id.not_in(contact_ids))
        changes = [
            update(ContactRow).where(ContactRow.id.in_(contact_ids)),
            update(ThreadRow).where(ThreadRow.id.in_(theirs), ThreadRow.id.not_in(others)),
            *(
                update(kind).where(kind.contact_id.in_(contact_ids))
                for kind in (MessageRow, ReceiptRow, SatisfactionRow)
            ),
            update(CaseRow).where(CaseRow.id.in_(await _own_cases(uow, contact_ids))),
        ]
        for change in changes:
            await uow.session.execute(change.values(citizen_id=citizen_id))


async def _own_cases(uow: UnitOfWork, contact_ids: Sequence[str]) -> list[str]:
    linked = select(ContactRow.case_id).where(ContactRow.case_id.is_not(None))
    theirs = set(await uow.session.scalars(linked.where(ContactRow.id.in_(contact_ids))))
    others = set(await uow.session.scalars(linked.where(ContactRow.id.not_in(contact_ids))))
    return [case_id for case_id in theirs - others if case_id]


async def history(uow: UnitOfWork, who: Actor, citizen_id: str) -> list[RecordChange]:
    """Every merge and split of the record and of those merged into it, newest first."""
    row = await require_citizen(uow, citizen_id)
    family = await store.family_of(uow, row.id)
    merges, splits = await store.merge_history(uow, family), await store.split_history(uow, family)
    names = await staff.names_of(
        uow,
        {one.merged_by_id for one in merges}
        | {one.split_by_id for one in splits}
        | {one.undone_by_id for one in merges}
        | {one.undone_by_id for one in splits},
    )
    rows: list[MergeRow | SplitRow] = [*merges, *splits]
    found = [await _line(uow, one, family, names) for one in rows]
    return sorted(found, key=lambda line: line.at, reverse=True)


async def _line(uow: UnitOfWork, row: MergeRow | SplitRow, family: list[str], names: dict[str, str]) -> RecordChange:
    if isinstance(row, MergeRow):
        kept_id, other_id, at, by_id = row.kept_id, row.merged_id, row.merged_at, row.merged_by_id
    else:
        kept_id, other_id, at, by_id = row.from_id, row.new_id, row.split_at, row.split_by_id
    other_id = other_id if kept_id in family else kept_id
    return RecordChange(
        id=row.id,
        kind="merge" if isinstance(row, MergeRow) else "split",
        other_id=other_id,
        other_name=await _name(uow, other_id),
        reason=row.reason,
        at=at,
        by=names.get(by_id, ""),
        undone_at=row.undone_at,
        undone_by=names.get(row.undone_by_id or ""),
        can_undo=row.undone_at is None,
    )


async def _name(uow: UnitOfWork, citizen_id: str) -> str:
    found = await store.citizens(uow, [citizen_id])
    return masking.mask_name(found[citizen_id].name) if citizen_id in found else ""
