"""The citizen card: who it is as far as it may be shown, everything they came with, and merging by hand."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_, select

from desk.access import Actor
from desk.cases import presenting as cases
from desk.citizens import presenting
from desk.citizens.opening import is_open, require_citizen
from desk.inbox import store as inbox
from desk.inbox.service import touch
from desk.inbox.store import LoadedContact
from desk.inbox.visibility import reads, sees_clause
from desk.schemas.citizens import (
    AddressView,
    CaseSummary,
    CitizenInput,
    CitizenView,
    MatchView,
    MergeView,
    PastContact,
    RevealView,
)
from kit.errors import Invalid, NotFound
from kit.unit_of_work import UnitOfWork
from records.cases import store as case_store
from records.citizens import masking, matching, merging, service, store
from records.citizens.addresses import NO_ADDRESS
from records.citizens.service import CitizenEdit
from records.citizens.tables import AddressRow, CitizenRow
from records.staff import audit
from records.staff import store as staff
from records.staff.permissions import Permission
from router.contact import OPEN_STATUSES
from router.states import ENDS
from router.tables import ChoiceRow, ContactRow

CLASSES = "citizen_class"
MOST_READ = 300
MOST_SHOWN = 50


async def view(uow: UnitOfWork, who: Actor, citizen_id: str) -> CitizenView:
    """The card of the record that stands for `citizen_id`. Raises what `require_citizen` raises."""
    row = await require_citizen(uow, citizen_id)
    family = await store.family_of(uow, row.id)
    history = await _history(uow, who, family)
    return CitizenView(
        id=row.id,
        version=row.version,
        kind="enterprise" if row.kind == "enterprise" else "person",
        class_key=row.class_key,
        name=row.name if row.kind == "enterprise" else masking.mask_name(row.name),
        honorific=row.honorific,
        organisation=row.organisation,
        credit_code=masking.mask_code(row.credit_code) if row.credit_code else None,
        language=row.language,
        note=row.note,
        addresses=[_address(one) for one in await _reachable(uow, row)],
        history=[_past(one, row.name) for one in history[:MOST_SHOWN]],
        history_count=len(history),
        open_cases=await _open_cases(uow, who, family),
        merges=await _merges(uow, family),
        do_not_contact=await presenting.forbidden(uow, family),
        spokesmen=await presenting.spokesmen(uow, row, family),
    )


async def change(uow: UnitOfWork, who: Actor, citizen_id: str, body: CitizenInput) -> CitizenView:
    """A masked value that comes back as it was shown changes nothing. Raises `Conflict` (code `version`), `Invalid`."""
    row = await require_citizen(uow, citizen_id)
    given = body.model_dump(exclude_unset=True, exclude={"version"})
    for field, shown in (
        ("name", masking.mask_name(row.name) if row.kind != "enterprise" else ""),
        ("credit_code", masking.mask_code(row.credit_code or "")),
    ):
        if shown and given.get(field) == shown:
            del given[field]
    await _require_class(uow, given.get("class_key"))
    for field in ("honorific", "credit_code", "class_key"):
        if field in given and given[field] is None:
            given[field] = ""
    await service.change(uow, row.id, body.version, CitizenEdit(**given))
    audit.record(uow, "citizen.changed", "citizen", row.id, detail={"fields": sorted(given)}, sealed=row.sealed)
    await tell_inboxes(uow, row.id)
    return await view(uow, who, row.id)


async def _require_class(uow: UnitOfWork, class_key: str | None) -> None:
    known = select(ChoiceRow.id).where(ChoiceRow.list == CLASSES, ChoiceRow.key == class_key)
    if class_key and await uow.session.scalar(known) is None:
        raise Invalid("There is no such class of citizens.", code="no_such_class")


async def reveal(uow: UnitOfWork, who: Actor, citizen_id: str, field: str, reason: str) -> RevealView:
    """One value unmasked, and written into the audit trail. `field`: `name`, `credit_code` or the id of an address."""
    row = await require_citizen(uow, citizen_id)
    if field in ("name", "credit_code"):
        value, shown = getattr(row, field) or "", field
    else:
        address = await _own_address(uow, row, field)
        value, shown = address.value, f"address.{address.kind}"
    detail = {"field": shown}
    audit.record(uow, "citizen.revealed", "citizen", row.id, reason, detail, sealed=row.sealed)
    return RevealView(value=value)


async def matches(uow: UnitOfWork, who: Actor, citizen_id: str) -> list[MatchView]:
    row = await require_citizen(uow, citizen_id)
    return [
        MatchView(
            citizen_id=match.citizen.id,
            name=masking.mask_name(match.citizen.name),
            addresses=[masking.mask_address(one.kind, one.value) for one in await _reachable(uow, match.citizen)],
            reasons=[str(reason) for reason in match.reasons],
            needs_confirmation=match.is_weak,
        )
        for match in await matching.matches(uow, row.id)
        if await is_open(uow, match.citizen)
    ]


async def merge(
    uow: UnitOfWork, who: Actor, citizen_id: str, other_id: str, reason: str, *, confirmed: bool
) -> CitizenView:
    """The other record leads to this one from now on; can be undone. See `merging.merge`."""
    row = await require_citizen(uow, citizen_id)
    other = await require_citizen(uow, other_id)
    merged = await merging.merge(uow, row.id, other.id, reason, by=who.account_id, confirmed=confirmed)
    detail = {"merge_id": merged.id, "merged_id": merged.merged_id}
    audit.record(uow, "citizen.merged", "citizen", row.id, reason, detail, sealed=row.sealed)
    await tell_inboxes(uow, row.id)
    return await view(uow, who, row.id)


async def undo_merge(uow: UnitOfWork, who: Actor, merge_id: str) -> None:
    undone = await merging.undo(uow, merge_id, by=who.account_id)
    row = await require_citizen(uow, undone.kept_id)
    audit.record(uow, "citizen.unmerged", "citizen", row.id, detail={"merge_id": merge_id}, sealed=row.sealed)
    await tell_inboxes(uow, row.id)
    await tell_inboxes(uow, undone.merged_id)


async def dismiss_match(uow: UnitOfWork, who: Actor, citizen_id: str, other_id: str) -> None:
    row = await require_citizen(uow, citizen_id)
    await merging.dismiss(uow, row.id, other_id)
    audit.record(uow, "match.dismissed", "citizen", row.id, detail={"other_id": other_id}, sealed=row.sealed)


async def _history(uow: UnitOfWork, who: Actor, family: Sequence[str]) -> list[LoadedContact]:
    """Contacts on all channels, newest first, of those whose content the account may read."""
    restricted = await inbox.restricted_queues(uow)
    past: ColumnElement[bool] = ContactRow.status.in_(ENDS)
    if restricted and not who.may(Permission.MAILBOX_DIRECTOR):
        past = and_(past, or_(ContactRow.queue_id.is_(None), ContactRow.queue_id.not_in(restricted)))
    rows = await uow.session.scalars(
        select(ContactRow)
        .where(ContactRow.citizen_id.in_(family), or_(sees_clause(who, restricted), past))
        .order_by(ContactRow.received_at.desc())
        .limit(MOST_READ)
    )
    loaded = await inbox.load(uow, rows.all())
    return [one for one in loaded if reads(who, one.whereabouts, restricted) and one.is_open_to(who)]


async def _open_cases(uow: UnitOfWork, who: Actor, family: Sequence[str]) -> list[CaseSummary]:
    if not who.may(Permission.CASES_READ):
        return []
    rows = await case_store.open_of(uow, family)
    return await cases.summaries(uow, who, [row for row in rows if cases.knows_citizen(who, row)])


async def _merges(uow: UnitOfWork, family: Sequence[str]) -> list[MergeView]:
    rows = await store.merges_into(uow, family)
    merged = await store.citizens(uow, {row.merged_id for row in rows})
    names = await staff.names_of(uow, {row.merged_by_id for row in rows})
    return [
        MergeView(
            id=row.id,
            merged_id=row.merged_id,
            merged_name=masking.mask_name(merged[row.merged_id].name) if row.merged_id in merged else "",
            reason=row.reason,
            merged_at=row.merged_at,
            merged_by=names.get(row.merged_by_id, ""),
        )
        for row in rows
    ]


async def _reachable(uow: UnitOfWork, row: CitizenRow) -> list[AddressRow]:
    """Phones, mailboxes and the like; a session's id on our own pages says nothing to anybody."""
    return [one for one in await store.addresses_of(uow, row.id) if one.kind not in NO_ADDRESS]


async def _own_address(uow: UnitOfWork, row: CitizenRow, address_id: str) -> AddressRow:
    for address in await _reachable(uow, row):
        if address.id == address_id:
            return address
    raise NotFound("The citizen has no such address.")


async def tell_inboxes(uow: UnitOfWork, citizen_id: str) -> None:
    """Open contacts of the citizen show another name now."""
    family = await store.family_of(uow, citizen_id)
    rows = await uow.session.scalars(
        select(ContactRow).where(ContactRow.citizen_id.in_(family), ContactRow.status.in_(OPEN_STATUSES))
    )
    for row in rows.all():
        await touch(uow, row)


def _address(row: AddressRow) -> AddressView:
    masked = masking.mask_address(row.kind, row.value)
    return AddressView(id=row.id, kind=row.kind, masked=masked, stated=row.stated, shared=row.shared)


def _past(loaded: LoadedContact, name: str) -> PastContact:
    row = loaded.row
    return PastContact(
        id=row.id,
        channel=row.channel,
        subject=masking.mask_text(row.subject or row.preview, [name]),
        at=row.received_at,
        status=row.status,
        disposition=row.disposition,
        agent_name=loaded.agent_name,
    )
