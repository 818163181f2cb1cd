"""One search over contacts, cases and citizens, each by the right to see it; what is found is masked like anywhere."""

from desk.access import Actor
from desk.cases import presenting as case_presenting
from desk.cases.service import ids_that_say
from desk.citizens.opening import is_open
from desk.inbox import presenting, reading
from desk.inbox import store as inbox
from desk.inbox.visibility import reads
from desk.schemas.inbox import SearchHit, SearchResults
from kit import search
from kit.unit_of_work import UnitOfWork
from records.cases import store as case_store
from records.citizens import masking, store
from records.citizens.addresses import NO_ADDRESS, normalise
from records.citizens.service import SEARCH_ENTITY
from records.citizens.tables import CitizenRow
from records.staff.permissions import Permission

MOST_OF_A_KIND = 20
SHORTEST_PHONE = 7


async def find(uow: UnitOfWork, who: Actor, query: str) -> SearchResults:
    """At most twenty of each kind, the newest first: cases, citizens, contacts."""
    if not query.strip():
        return SearchResults(hits=[])
    hits: list[SearchHit] = []
    if who.may(Permission.CASES_READ):
        hits += await _cases(uow, who, query)
    if who.may(Permission.CITIZENS_READ):
        hits += await _citizens(uow, query)
    if who.may(Permission.CONTACTS_HANDLE) or who.may(Permission.CONTACTS_SEE_ALL):
        hits += await _contacts(uow, who, query)
    return SearchResults(hits=hits)


async def _cases(uow: UnitOfWork, who: Actor, query: str) -> list[SearchHit]:
    rows = await case_store.by_id(uow, await ids_that_say(uow, query, MOST_OF_A_KIND))
    readable = await case_presenting.opened(uow, rows)
    shown = await case_presenting.summaries(uow, who, [row for row in rows if row.id in readable])
    return [
        SearchHit(entity="case", id=one.id, title=one.title, subtitle=one.number, at=one.created_at)
        for one in sorted(shown, key=lambda one: one.created_at, reverse=True)
    ]


async def _citizens(uow: UnitOfWork, query: str) -> list[SearchHit]:
    phone = normalise("phone", query) if sum(map(str.isdigit, query)) >= SHORTEST_PHONE else ""
    found = await search.find(uow, phone or query, [SEARCH_ENTITY], MOST_OF_A_KIND)
    rows: dict[str, CitizenRow] = {}
    for _, citizen_id in found:
        row = await store.kept(uow, citizen_id)
        if await is_open(uow, row):
            rows[row.id] = row
    return [await _citizen(uow, row) for row in rows.values()]


async def _citizen(uow: UnitOfWork, row: CitizenRow) -> SearchHit:
    reachable = [one for one in await store.addresses_of(uow, row.id) if one.kind not in NO_ADDRESS]
    shown = [masking.mask_address(one.kind, one.value) for one in reachable]
    return SearchHit(
        entity="citizen",
        id=row.id,
        title=masking.mask_name(row.name) or next(iter(shown), ""),
        subtitle=row.organisation or "，".join(shown),
        at=row.created_at,
    )


async def _contacts(uow: UnitOfWork, who: Actor, query: str) -> list[SearchHit]:
    ids = await reading.contacts_that_say(uow, query)
    restricted = await inbox.restricted_queues(uow)
    loaded = [
        one
        for one in await inbox.contacts_by_id(uow, ids)
        if reads(who, one.whereabouts, restricted) and one.is_open_to(who)
    ]
    loaded.sort(key=lambda one: one.row.received_at, reverse=True)
    views = [presenting.summary(who, one) for one in loaded[:MOST_OF_A_KIND]]
    return [
        SearchHit(
            entity="contact",
            id=one.id,
            title=one.subject or one.preview,
            subtitle=one.citizen_name or one.sender,
            at=one.received_at,
        )
        for one in views
    ]
