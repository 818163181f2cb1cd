"""Use cases around cases: open from a contact with number and PIN, link, urge, change, find."""

from sqlalchemy import ColumnElement, select

from channels.acknowledgements import Acknowledgements
from desk.access import Actor
from desk.cases import presenting, reporting
from desk.cases.deadlines import Deadlines, deadlines, parse_day
from desk.inbox import reading
from desk.inbox.service import say, touch
from desk.inbox.store import LoadedContact
from desk.schemas.citizens import CaseChange, CaseInput, CaseSummary, CaseView, OpenedCase
from kit import search
from kit.errors import Conflict, Forbidden, Invalid
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from records.cases import service, states, store
from records.cases.service import REPORT, SEARCH_ENTITY, CaseEdit, NewCase
from records.cases.tables import CaseRow
from records.citizens import receipts
from records.citizens import store as citizens
from records.citizens.receipts import IssuedReceipt, Pin
from records.messages.service import WAKE_OUTBOX
from records.staff import audit
from records.staff import store as staff
from router.service import Router
from router.tables import ChoiceRow, ContactRow
from telephony.switchboard import result_calls

ANY_OPEN = "open"
_NULLABLE = frozenset({"department_id", "due_on"})
_COLUMNS = ("kind", "category", "title", "summary", "urgency", "department_id", "confidential")


async def open_case(
    database: Database, router: Router, acknowledgements: Acknowledgements, waker: Waker, who: Actor, body: CaseInput
) -> OpenedCase:
    """Open a case from a contact. A contact that has its receipt already gives the case that number; the citizen
    knows the PIN then, and `pin` is empty. Otherwise number and PIN are new, and the PIN is in the answer only.

    Raises what `reading.require_contact` and (for a report) `reporting.seal` raise, and `Invalid` for unknown words or
    a date in the past.
    """
    pin = await receipts.new_pin()
    async with database.unit_of_work(who.access) as uow:
        loaded = await reading.require_contact(uow, who, body.contact_id, for_update=True)
        if body.kind == REPORT:
            await reporting.seal(uow, router, who, loaded.row.id)
        due = await deadlines(uow)
        receipt, is_new = await _receipt(uow, loaded.row, pin, due)
        row = await service.open_case(uow, await _new_case(uow, loaded, body, receipt.number, due))
        await receipts.bind(uow, receipt.number, case_id=row.id, sealed=row.sealed)
        await _attach(uow, who, loaded.row, row, "case_opened")
        sent = not is_new and loaded.row.answerable
        if is_new and body.notify and row.due_on is not None:
            sent = await acknowledgements.send(uow, loaded.row, receipt, row.due_on)
            uow.after_commit(lambda: waker.wake(WAKE_OUTBOX))
        audit.record(uow, "case.opened", "case", row.id, sealed=row.sealed)
        view = await presenting.view(uow, who, row)
    return OpenedCase(case=view, pin=receipt.pin, receipt_sent=sent)


async def _receipt(uow: UnitOfWork, contact: ContactRow, pin: Pin, due: Deadlines) -> tuple[IssuedReceipt, bool]:
    """The contact's own receipt while no case has it, else a new one; and whether it is new."""
    known = await receipts.of_contact(uow, contact.id)
    if known is not None and known.case_id is None:
        return IssuedReceipt(id=known.id, number=known.number, pin=""), False
    issued = await receipts.issue(
        uow,
        pin,
        due.today,
        contact_id=contact.id if known is None else None,
        citizen_id=contact.citizen_id,
        sealed=contact.sealed,
    )
    return issued, True


async def _new_case(uow: UnitOfWork, loaded: LoadedContact, body: CaseInput, number: str, due: Deadlines) -> NewCase:
    await _require_words(uow, kind=body.kind, category=body.category)
    await _require_department(uow, body.department_id)
    due_on = parse_day(body.due_on) if body.due_on else due.for_new(body.urgency)
    if due_on < due.today:
        raise Invalid("The deadline has passed already.", code="bad_date")
    return NewCase(
        number=number,
        contact_id=loaded.row.id,
        channel=loaded.row.channel,
        citizen_id=loaded.citizen.id if loaded.citizen else None,
        kind=body.kind,
        category=body.category,
        title=body.title,
        summary=body.summary,
        urgency=body.urgency,
        department_id=body.department_id,
        due_on=due_on,
        confidential=body.confidential or bool(loaded.row.hints.get("confidential")),
        anonymous=bool(loaded.row.hints.get("anonymous")) or not (loaded.citizen and loaded.citizen.name),
        sealed=loaded.row.sealed,
    )


async def link(uow: UnitOfWork, who: Actor, case_id: str, contact_id: str, note: str) -> CaseView:
    """This contact is about that case. Repeating is harmless."""
    contact, row = await _both(uow, who, case_id, contact_id)
    await service.link(uow, row, contact_id, note)
    await _attach(uow, who, contact, row, "case_linked")
    return await presenting.view(uow, who, row)


async def urge(uow: UnitOfWork, who: Actor, case_id: str, contact_id: str, note: str) -> CaseView:
    """The citizen asks where it stays; counted once for each contact."""
    contact, row = await _both(uow, who, case_id, contact_id)
    await service.urge(uow, row, contact_id, note)
    await _attach(uow, who, contact, row, "case_urged")
    return await presenting.view(uow, who, row)


async def _both(uow: UnitOfWork, who: Actor, case_id: str, contact_id: str) -> tuple[ContactRow, CaseRow]:
    contact = (await reading.require_contact(uow, who, contact_id, for_update=True)).row
    row = await require_open(uow, await store.one(uow, case_id, for_update=True))
    if contact.sealed and not row.sealed:
        raise Invalid("A confidential contact does not belong to an ordinary case.", code="sealed_mix")
    return contact, row


async def _attach(uow: UnitOfWork, who: Actor, contact: ContactRow, row: CaseRow, event: str) -> None:
    """Show the case on the contact and in its thread, unless that would give a confidential one away."""
    if row.sealed and not contact.sealed:
        return
    contact.case_id = row.id
    await touch(uow, contact)
    await say(uow, contact, event, {"case_id": row.id, "number": row.number}, who)


async def change(uow: UnitOfWork, router: Router, who: Actor, case_id: str, body: CaseChange) -> CaseView:
    """See `records.cases.service.change`. What the body does not name stays; department and date can be emptied.

    Raises what that and, when it becomes a report, `reporting.openers` raise.
    """
    before = await require_open(uow, await store.one(uow, case_id))
    was_answered = before.status in result_calls.ANSWERED
    openers = await reporting.openers(uow, who, before, body.kind)
    given = body.model_dump(exclude_unset=True)
    values = {name: given[name] for name in _COLUMNS if given.get(name) is not None or name in _NULLABLE & set(given)}
    if "due_on" in given:
        values["due_on"] = parse_day(given["due_on"]) if given["due_on"] else None
    await _require_words(uow, kind=values.get("kind"), category=values.get("category"))
    await _require_department(uow, values.get("department_id"))
    edit = CaseEdit(
        values=values,
        status=body.status,
        public_note=(body.public_note or "").strip(),
        seal=reporting.REGISTERED if values.get("kind") == REPORT else "",
    )
    row = await service.change(uow, case_id, body.version, edit, (await deadlines(uow)).resumed)
    await reporting.seal_openers(uow, router, who, openers)
    if not was_answered:
        await result_calls.order(uow, row, only_if_asked=True)
    audit.record(uow, "case.changed", "case", row.id, detail={"fields": sorted(given)}, sealed=row.sealed)
    return await presenting.view(uow, who, row)


async def tell_by_telephone(uow: UnitOfWork, who: Actor, case_id: str) -> CaseView:
    """Have the citizen called who hears the answer after the PIN. Harmless while that call is still to be made.

    Raises `Conflict` (code `nothing_to_tell`) where there is no answer, no number, or confidence to keep.
    """
    row = await require_open(uow, await store.one(uow, case_id, for_update=True))
    if not await result_calls.order(uow, row, only_if_asked=False):
        raise Conflict("There is no answer yet, no telephone number, or it is a report.", code="nothing_to_tell")
    audit.record(uow, "case.told_by_telephone", "case", row.id)
    return await presenting.view(uow, who, row)


async def read(database: Database, who: Actor, case_id: str) -> CaseView:
    """One case. Each reading of a sealed one is audited; raises `Forbidden` (code `sealed_not_opened`) without a
    reason given for one of its contacts (`contact_id` says which to open).
    """
    async with database.unit_of_work(who.access, read_only=True) as uow:
        row = await require_open(uow, await store.one(uow, case_id))
        view = await presenting.view(uow, who, row)
    if row.sealed:
        async with database.unit_of_work(who.access) as uow:
            audit.record(uow, "case.read", "case", case_id, sealed=True)
    return view


async def require_open(uow: UnitOfWork, row: CaseRow) -> CaseRow:
    """`row`, if its content may be read. Raises `Forbidden` (code `sealed_not_opened`)."""
    if row.id in await presenting.opened(uow, [row]):
        return row
    contacts = await store.contact_ids(uow, row.id)
    raise Forbidden(
        "This case is confidential: give a reason to open its contact.",
        code="sealed_not_opened",
        contact_id=next(iter(contacts), None),
    )


async def listed(uow: UnitOfWork, who: Actor, query: str, status: str, citizen_id: str) -> list[CaseSummary]:
    """At most 200 cases. `status` one of them, or `open`; of a citizen's cases those whose citizen one may know."""
    conditions: list[ColumnElement[bool]] = []
    if status:
        conditions.append(CaseRow.status.in_(states.OPEN) if status == ANY_OPEN else CaseRow.status == status)
    if citizen_id:
        conditions.append(CaseRow.citizen_id.in_(await citizens.family_of(uow, citizen_id)))
    if query.strip():
        conditions.append(CaseRow.id.in_(await ids_that_say(uow, query)))
    rows = await store.listed(uow, *conditions)
    if citizen_id:
        rows = [row for row in rows if presenting.knows_citizen(who, row)]
    return await presenting.summaries(uow, who, rows)


async def ids_that_say(uow: UnitOfWork, query: str, limit: int = 200) -> list[str]:
    """Ids of cases whose number, title or summary holds every word of `query`."""
    number = receipts.clean_number(query)
    return [found for _, found in await search.find(uow, number or query, [SEARCH_ENTITY], limit)]


async def _require_words(uow: UnitOfWork, **words: str | None) -> None:
    """Kind and category are words of the workspace's lists."""
    for name, word in words.items():
        if word is None:
            continue
        known = select(ChoiceRow.id).where(ChoiceRow.list == name, ChoiceRow.key == word)
        if await uow.session.scalar(known) is None:
            raise Invalid(f"There is no such {name}.", code=f"unknown_{name}")


async def _require_department(uow: UnitOfWork, department_id: str | None) -> None:
    if department_id is not None and department_id not in {row.id for row in await staff.departments(uow)}:
        raise Invalid("There is no such department.", code="unknown_department")
