"""Cases: opened from a contact, linked, urged, moved on. The citizen reads the public lines of the timeline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update

from kit import search
from kit.errors import Conflict
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.cases import states, store
from records.cases.tables import CaseContactRow, CaseEventRow, CaseRow, CaseStatus
from records.citizens import receipts
from records.staff import audit

SEARCH_ENTITY = "case"
REPORT = "report"
"""The kind whose cases are confidential from the first moment."""

Resume = Callable[[date, datetime], date]
"""The new deadline, of the old one and the instant at which the clock was stopped."""


class CaseEvent(StrEnum):
    """What a line of the timeline says; the pages put it into words."""

    OPENED = "opened"
    LINKED = "linked"
    URGED = "urged"
    STATUS = "status"
    CHANGED = "changed"
    NOTE = "note"
    CALL_ORDERED = "call_ordered"  # the answer is told by telephone; what follows is how that went
    CALL_CONFIRMED = "call_confirmed"
    CALL_HEARD = "call_heard"
    CALL_INTERRUPTED = "call_interrupted"
    CALL_NOT_REACHED = "call_not_reached"
    CALL_WRONG_PIN = "call_wrong_pin"
    CALL_NOT_WANTED = "call_not_wanted"
    CALL_NO_LINE = "call_no_line"
    DEPARTMENT_CALLED = "department_called"
    DEPARTMENT_ASKED = "department_asked"  # while the citizen was on the line
    DEPARTMENT_GIVEN = "department_given"  # the call was passed on
    CALL_GIVEN_UP = "call_given_up"


class Relation(StrEnum):
    OPENED = store.OPENED
    LINKED = "linked"
    URGED = "urged"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """`number` is that of the receipt; `due_on` a date in the workspace's zone."""

    number: str
    contact_id: str
    channel: str
    citizen_id: str | None
    kind: str
    category: str
    title: str
    summary: str
    urgency: str
    department_id: str | None
    due_on: date | None
    confidential: bool
    anonymous: bool
    sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEdit:
    """`values`: columns to set. `public_note` is read by the citizen. `seal`: why it became a confidential report."""

    values: Mapping[str, Any] = field(default_factory=dict)
    status: str | None = None
    public_note: str = ""
    seal: str = ""


async def open_case(uow: UnitOfWork, new: NewCase) -> CaseRow:
    row = CaseRow(
        id=new_id(),
        number=new.number,
        kind=new.kind,
        category=new.category,
        title=new.title,
        summary=new.summary,
        status=CaseStatus.REGISTERED,
        urgency=new.urgency,
        confidential=new.confidential,
        anonymous=new.anonymous,
        citizen_id=new.citizen_id,
        department_id=new.department_id,
        channel=new.channel,
        due_on=new.due_on,
        urged=0,
        created_by_id=uow.access.actor_id,
        created_at=uow.now,
        version=1,
        sealed=new.sealed,
    )
    uow.session.add(row)
    await uow.session.flush()
    _attach(uow, row, new.contact_id, Relation.OPENED)
    _tell(uow, row, CaseEvent.OPENED, public=True, detail={"status": row.status, "contact_id": new.contact_id})
    await _store(uow, row)
    return row


async def link(uow: UnitOfWork, row: CaseRow, contact_id: str, note: str = "") -> None:
    """The contact is about this case. Repeating is harmless."""
    if await _is_attached(uow, row, contact_id):
        return
    _attach(uow, row, contact_id, Relation.LINKED)
    _tell(uow, row, CaseEvent.LINKED, text=note, detail={"contact_id": contact_id})
    row.version += 1
    await _store(uow, row)


async def urge(uow: UnitOfWork, row: CaseRow, contact_id: str, note: str = "") -> None:
    """The citizen asks where it stays. Counted once for each contact; raises `Conflict` for a case that has ended."""
    if row.status in states.ENDS:
        raise Conflict("The case has ended; open it again or open another.", code="case_ended")
    earlier = await store.events(uow, row.id)
    if any(event.kind == CaseEvent.URGED and event.detail.get("contact_id") == contact_id for event in earlier):
        return
    if not await _is_attached(uow, row, contact_id):
        _attach(uow, row, contact_id, Relation.URGED)
    row.urged += 1
    row.version += 1
    _tell(uow, row, CaseEvent.URGED, public=True, detail={"contact_id": contact_id})
    if note:
        _tell(uow, row, CaseEvent.NOTE, text=note, detail={})
    await _store(uow, row)


async def change(uow: UnitOfWork, case_id: str, version: int, edit: CaseEdit, resume: Resume) -> CaseRow:
    """Change fields, move on, tell the citizen: all or nothing. `resume` reckons the deadline after a pause.

    Raises `NotFound`, `Conflict` (code `version`, with the present one; or see `states.require`), `Invalid`.
    """
    row = await store.one(uow, case_id, for_update=True)
    if row.version != version:
        raise Conflict("Somebody changed this case meanwhile.", code="version", version=row.version)
    changed = sorted(name for name, value in edit.values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, edit.values[name])
    if edit.seal and not row.sealed:
        await _seal(uow, row, edit.seal)
    if changed:
        _tell(uow, row, CaseEvent.CHANGED, detail={"fields": changed})
    if edit.status is not None and edit.status != row.status:
        await _move(uow, row, edit, resume)
    elif edit.public_note:
        _tell(uow, row, CaseEvent.NOTE, public=True, text=edit.public_note, detail={})
    row.version += 1
    await _store(uow, row)
    return row


async def note(uow: UnitOfWork, row: CaseRow, kind: CaseEvent, *, text: str = "") -> None:
    """A line of the timeline that only staff read."""
    _tell(uow, row, kind, text=text, detail={})
    row.version += 1
    await _store(uow, row)


async def seal_reports(uow: UnitOfWork, contact_id: str, reason: str) -> list[str]:
    """That `contact_id` belongs to cases is confidential from now on, and so are the reports that it opened.

    Returns the ids of these, sealed before or now. Needs an access that sees sealed rows; repeating is harmless.
    """
    await uow.session.execute(update(CaseContactRow).where(CaseContactRow.contact_id == contact_id).values(sealed=True))
    rows = await store.opened_from(uow, contact_id, REPORT)
    for row in rows:
        if not row.sealed:
            await _seal(uow, row, reason)
            row.version += 1
            await _store(uow, row)
    return [row.id for row in rows]


async def _seal(uow: UnitOfWork, row: CaseRow, reason: str) -> None:
    """The case turns out to be a confidential report: all of it vanishes for those without the right."""
    for kind in (CaseContactRow, CaseEventRow):
        await uow.session.execute(update(kind).where(kind.case_id == row.id).values(sealed=True))
    await receipts.bind(uow, row.number, sealed=True)
    row.sealed = True
    audit.record_sealing(uow, "case", row.id, row.version + 1, reason)


async def _move(uow: UnitOfWork, row: CaseRow, edit: CaseEdit, resume: Resume) -> None:
    told = bool(edit.public_note) or await _was_told(uow, row)
    before, after = row.status, states.require(row.status, edit.status or "", told=told)
    if before == CaseStatus.WAITING_FOR_CITIZEN and row.due_on is not None:
        paused = await store.since_when(uow, row, CaseStatus.WAITING_FOR_CITIZEN)
        if paused is not None:
            row.due_on = resume(row.due_on, paused.at)
    row.status = after
    row.closed_at = uow.now if after in states.ENDS else None
    detail = {"before": before, "status": str(after)}
    _tell(uow, row, CaseEvent.STATUS, public=True, text=edit.public_note, detail=detail)


async def _was_told(uow: UnitOfWork, row: CaseRow) -> bool:
    return any(event.text for event in await store.events(uow, row.id, public_only=True))


async def _is_attached(uow: UnitOfWork, row: CaseRow, contact_id: str) -> bool:
    query = select(CaseContactRow.id).where(CaseContactRow.case_id == row.id, CaseContactRow.contact_id == contact_id)
    return await uow.session.scalar(query) is not None


def _attach(uow: UnitOfWork, row: CaseRow, contact_id: str, relation: Relation) -> None:
    uow.session.add(
        CaseContactRow(case_id=row.id, contact_id=contact_id, relation=relation, created_at=uow.now, sealed=row.sealed)
    )


def _tell(
    uow: UnitOfWork,
    row: CaseRow,
    kind: CaseEvent,
    *,
    public: bool = False,
    text: str = "",
    detail: Mapping[str, Any],
) -> None:
    uow.session.add(
        CaseEventRow(
            case_id=row.id,
            kind=kind,
            public=public,
            text=text,
            detail=dict(detail),
            actor_id=uow.access.actor_id,
            at=uow.now,
            sealed=row.sealed,
        )
    )


async def _store(uow: UnitOfWork, row: CaseRow) -> None:
    """Write it, make it findable, and tell the pages by id: each makes its own view of it."""
    await uow.session.flush()
    text = "\n".join((row.number, row.title, row.summary))
    await search.index(uow, SEARCH_ENTITY, row.id, text, sealed=row.sealed)
    data = {"id": row.id, "status": row.status, "citizen_id": row.citizen_id}
    uow.emit("desk", "case", row.id, row.version, data, sealed=row.sealed)
