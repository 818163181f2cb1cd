"""Cases as pages see them: titles masked, the citizen hidden in confidential ones, sealed ones silent until opened."""

from collections.abc import Collection, Sequence

from desk.access import Actor
from desk.cases.deadlines import Deadlines, deadlines
from desk.schemas.citizens import CaseEventView, CaseSummary, CaseView
from kit.unit_of_work import UnitOfWork
from records.cases import store
from records.cases.tables import CaseEventRow, CaseRow
from records.citizens import masking
from records.citizens import store as citizens
from records.staff import grants
from records.staff import store as staff
from records.staff.permissions import Permission

CONTACT = "contact"


def knows_citizen(who: Actor, row: CaseRow) -> bool:
    """A confidential case hides who asks from all who may not unmask citizens, but for who registered it."""
    return not row.confidential or who.may(Permission.CITIZENS_REVEAL) or row.created_by_id == who.account_id


async def opened(uow: UnitOfWork, rows: Collection[CaseRow]) -> set[str]:
    """Ids of the cases whose content the account of the access may read: sealed ones need a reason given before."""
    sealed = [row.id for row in rows if row.sealed]
    contacts = await store.contacts_of(uow, sealed)
    granted = await grants.granted(uow, CONTACT, [one for ids in contacts.values() for one in ids])
    return {row.id for row in rows if not row.sealed or granted & set(contacts[row.id])}


async def summaries(uow: UnitOfWork, who: Actor, rows: Sequence[CaseRow]) -> list[CaseSummary]:
    readable, names, due = await opened(uow, rows), await _names(uow, rows), await deadlines(uow)
    return [
        _summary(row, due, names, is_open=row.id in readable, shows_citizen=knows_citizen(who, row)) for row in rows
    ]


async def feed_summaries(uow: UnitOfWork, case_ids: Sequence[str]) -> list[CaseSummary]:
    """For pages of many accounts at once: what all who may read cases may see of these."""
    rows, due = await store.by_id(uow, case_ids), await deadlines(uow)
    names = await _names(uow, rows)
    return [_summary(row, due, names, is_open=not row.sealed, shows_citizen=not row.confidential) for row in rows]


async def view(uow: UnitOfWork, who: Actor, row: CaseRow) -> CaseView:
    shows_citizen = knows_citizen(who, row)
    names, due = await _names(uow, [row]), await deadlines(uow)
    events = await store.events(uow, row.id)
    actors = await staff.names_of(uow, {event.actor_id for event in events})
    summary = _summary(row, due, names, is_open=True, shows_citizen=shows_citizen)
    return CaseView(
        **summary.model_dump(),
        summary=row.summary if shows_citizen else masking.mask_text(row.summary, names.get(row.id, ())),
        confidential=row.confidential,
        anonymous=row.anonymous,
        channel=row.channel,
        contact_ids=await store.contact_ids(uow, row.id) if shows_citizen else [],
        events=[_event(event, actors.get(event.actor_id or "")) for event in events],
    )


async def _names(uow: UnitOfWork, rows: Collection[CaseRow]) -> dict[str, list[str]]:
    """The citizen's names by case id, to be masked where titles hold them."""
    people = await citizens.citizens(uow, {row.citizen_id for row in rows if row.citizen_id})
    return {row.id: [people[row.citizen_id].name] for row in rows if row.citizen_id in people}


def _summary(
    row: CaseRow, due: Deadlines, names: dict[str, list[str]], *, is_open: bool, shows_citizen: bool
) -> CaseSummary:
    return CaseSummary(
        id=row.id,
        version=row.version,
        number=row.number,
        kind=row.kind,
        category=row.category if is_open else "",
        title=masking.mask_text(row.title, names.get(row.id, ())) if is_open else "",
        status=row.status,
        urgency=row.urgency,
        department_id=row.department_id,
        due_on=row.due_on.isoformat() if row.due_on else None,
        workdays_left=due.workdays_left(row),
        urged=row.urged,
        citizen_id=row.citizen_id if is_open and shows_citizen else None,
        created_at=row.created_at,
        sealed=row.sealed,
    )


def _event(row: CaseEventRow, actor_name: str | None) -> CaseEventView:
    return CaseEventView(id=row.id, kind=row.kind, public=row.public, text=row.text, actor_name=actor_name, at=row.at)
