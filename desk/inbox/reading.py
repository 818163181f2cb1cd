"""What the inbox reads: the snapshot, lists, one contact, its thread, and why it went where it went."""

from datetime import datetime, time
from typing import Literal

from sqlalchemy import select

from channels.ways import ways_to
from desk.access import Actor
from desk.inbox import presenting, store
from desk.inbox.store import LoadedContact
from desk.inbox.visibility import reads, reads_queue
from desk.schemas.inbox import (
    AgentView,
    ContactDetail,
    ContactSummary,
    OfferView,
    SnapshotView,
    ThreadItem,
    ThreadPage,
    WhyOffer,
    WhyView,
)
from kit import search
from kit.errors import Forbidden, NotFound
from kit.unit_of_work import UnitOfWork
from records.citizens import store as citizens
from records.messages import store as messages
from records.messages.service import SEARCH_ENTITY
from records.messages.tables import MessageRow
from records.staff import store as staff
from router.service import Router
from router.tables import ContactRow, OfferRow, RuleRow

PAGE_SIZE = 60
Scope = Literal["mine", "waiting", "all"]


async def snapshot(uow: UnitOfWork, router: Router, who: Actor, cursor: str) -> SnapshotView:
    """All that the inbox holds. `cursor` was taken before this transaction began, so events after it complete it."""
    rows = await store.mine(uow, who.account_id)
    waits = await store.waiting(uow, who)
    return SnapshotView(
        cursor=cursor,
        server_time=uow.now,
        me=await own_agent(uow, router, who),
        offers=await offer_views(uow, who, await store.offers_to(uow, who.account_id)),
        contacts=await summaries(uow, who, rows),
        waiting=await summaries(uow, who, waits),
        done_today=await store.done_since(uow, who.account_id, await start_of_day(uow)),
    )


async def start_of_day(uow: UnitOfWork) -> datetime:
    """Midnight in the workspace's zone."""
    zone = await staff.zone(uow)
    return datetime.combine(uow.now.astimezone(zone).date(), time(), zone)


async def own_agent(uow: UnitOfWork, router: Router, who: Actor) -> AgentView | None:
    """How this account stands as an agent; None for one that handles no contacts."""
    standings = await router.agents(uow, [who.account_id])
    account = await staff.account(uow, who.account_id)
    return presenting.agent_view(standings[0], account) if standings else None


async def summaries(uow: UnitOfWork, who: Actor, rows: list[ContactRow]) -> list[ContactSummary]:
    return [presenting.summary(who, loaded) for loaded in await store.load(uow, rows)]


async def offer_views(uow: UnitOfWork, who: Actor, offers: list[OfferRow]) -> list[OfferView]:
    """Offers with their contacts; those whose contact the access cannot see do not exist."""
    loaded = {one.row.id: one for one in await store.contacts_by_id(uow, {offer.contact_id for offer in offers})}
    people = {one.row.citizen_id for one in loaded.values() if one.row.citizen_id}
    counts = await store.history_counts(uow, people)
    served = await store.served_by(uow, who.account_id, people)
    return [
        presenting.offer_view(
            who,
            offer,
            loaded[offer.contact_id],
            history_count=max(counts.get(loaded[offer.contact_id].row.citizen_id or "", 0) - 1, 0),
            served_before=loaded[offer.contact_id].row.citizen_id in served,
        )
        for offer in offers
        if offer.contact_id in loaded
    ]


async def contacts(uow: UnitOfWork, who: Actor, scope: Scope, queue_id: str | None, query: str) -> list[ContactSummary]:
    """A list of the inbox, at most 300. `query` looks in what was said, subjects and previews."""
    conditions = [ContactRow.queue_id == queue_id] if queue_id else []
    if scope == "mine":
        rows = [row for row in await store.mine(uow, who.account_id) if queue_id in (None, "", row.queue_id)]
    elif scope == "waiting":
        rows = await store.waiting(uow, who, *conditions)
    else:
        rows = await store.everything(uow, who, *conditions)
    found = await store.load(uow, rows)
    if query.strip():
        hits = await contacts_that_say(uow, query)
        found = [one for one in found if one.row.id in hits and one.is_open_to(who)]
    return [presenting.summary(who, one) for one in found]


async def contacts_that_say(uow: UnitOfWork, query: str, limit: int = 300) -> set[str]:
    """Ids of contacts with a message that holds every word of `query`, newest first in doubt."""
    hits = await search.find(uow, query, [SEARCH_ENTITY], limit)
    rows = await uow.session.scalars(
        select(MessageRow.contact_id).where(MessageRow.id.in_([entity_id for _, entity_id in hits]))
    )
    return set(rows)


async def require_contact(
    uow: UnitOfWork, who: Actor, contact_id: str, *, is_open: bool = True, for_update: bool = False
) -> LoadedContact:
    """The contact if this account may open it.

    Raises `NotFound` when not, and `Forbidden` (code `sealed_not_opened`) for a sealed one that needs a reason first.
    """
    row = await store.contact(uow, contact_id, for_update=for_update)
    loaded = await store.load(uow, [row] if row is not None else [])
    restricted = await store.restricted_queues(uow)
    if not loaded or not reads(who, loaded[0].whereabouts, restricted):
        raise NotFound("There is no such contact.")
    if is_open and not loaded[0].is_open_to(who):
        raise Forbidden("This contact is confidential: give a reason to open it.", code="sealed_not_opened")
    return loaded[0]


async def detail(uow: UnitOfWork, who: Actor, loaded: LoadedContact) -> ContactDetail:
    row, is_open = loaded.row, loaded.is_open_to(who)
    thread = await messages.thread(uow, row.thread_id)
    ways = await ways_to(uow, row) if is_open else []
    return ContactDetail(
        **presenting.summary(who, loaded).model_dump(),
        topic=_text(row.hints.get("topic")) if is_open else None,
        requirements=row.requirements,
        hints=presenting.masked_hints(row.hints) if is_open else {},
        thread_key=thread.key if is_open and thread else "",
        reply_channels=list(dict.fromkeys(way.channel for way in ways if not way.forbidden)),
        reply_ways=[presenting.reply_way(way) for way in ways],
        interaction_id=await store.current_interaction(uow, row.id, who.account_id),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


async def thread(uow: UnitOfWork, who: Actor, loaded: LoadedContact, before: str | None) -> ThreadPage:
    """One page of everything said with this citizen on all channels, oldest first."""
    row = loaded.row
    family = await citizens.family_of(uow, row.citizen_id) if row.citizen_id else []
    hidden = await _hidden_contacts(uow, who, row, family)
    rows = await messages.page(
        uow, contact_id=row.id, citizen_ids=family, hidden_contacts=hidden, before=before, limit=PAGE_SIZE + 1
    )
    shown = rows[-PAGE_SIZE:]
    return ThreadPage(
        items=await thread_items(uow, shown, presenting.citizen_name(loaded)),
        before=shown[0].id if len(rows) > PAGE_SIZE else None,
    )


async def _hidden_contacts(uow: UnitOfWork, who: Actor, row: ContactRow, family: list[str]) -> list[str]:
    """Contacts of the citizen whose content stays closed to this account though it sees this one."""
    restricted = await store.restricted_queues(uow)
    query = select(ContactRow).where(ContactRow.citizen_id.in_(family), ContactRow.id != row.id)
    query = query.where(ContactRow.sealed.is_(True) | ContactRow.queue_id.in_(restricted))
    others = await store.load(uow, list(await uow.session.scalars(query)))
    return [
        other.row.id
        for other in others
        if not other.is_open_to(who)
        or (who.account_id != other.row.agent_id and not reads_queue(who, other.row.queue_id, restricted))
    ]


async def thread_items(uow: UnitOfWork, rows: list[MessageRow], citizen_name: str) -> list[ThreadItem]:
    ids = [row.id for row in rows]
    files = await messages.attachments_of(uow, ids)
    outbox = await messages.outbox_of(uow, ids)
    names = await staff.names_of(uow, {row.author_id for row in rows if row.author_kind == "agent"})
    return [
        presenting.thread_item(
            row, presenting.author_name(row, names, citizen_name), files.get(row.id, ()), outbox.get(row.id)
        )
        for row in rows
    ]


async def why(uow: UnitOfWork, who: Actor, loaded: LoadedContact) -> WhyView:
    """The decision record of a contact: rule, requirements, and each offer with its reasons."""
    row = loaded.row
    queues = {queue.id: queue for queue in await store.queues(uow)}
    offers = await store.offers(uow, OfferRow.contact_id == row.id)
    names = await staff.names_of(uow, {offer.agent_id for offer in offers})
    queue = queues.get(row.queue_id or "")
    rule = await uow.session.scalar(select(RuleRow.name).where(RuleRow.id == row.rule_id)) if row.rule_id else None
    return WhyView(
        queue_name=_in_language(who, queue.name, queue.name_en) if queue else "",
        rule_name=rule,
        requirements=row.requirements,
        priority=row.priority,
        offers=[
            WhyOffer(
                offered_at=offer.offered_at,
                agent_id=offer.agent_id,
                agent_name=names.get(offer.agent_id, ""),
                outcome=offer.outcome,
                decline_reason=offer.decline_reason,
                why=offer.why,
            )
            for offer in offers
        ],
    )


def _in_language(who: Actor, chinese: str, english: str) -> str:
    return english if who.language.startswith("en") else chinese
