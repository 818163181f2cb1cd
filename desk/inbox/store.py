"""Queries of the inbox: contacts with all that a page shows of them, in a handful of statements for any number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from desk.access import Actor
from desk.inbox.visibility import Whereabouts, sees_clause
from kit.unit_of_work import UnitOfWork
from records.cases.tables import CaseRow
from records.citizens import store as citizen_store
from records.citizens.tables import CitizenRow
from records.messages import drafts
from records.messages import store as messages
from records.staff import store as staff
from records.staff.tables import GrantRow
from router.contact import ContactStatus, OfferOutcome
from router.states import HAS_AGENT
from router.tables import ContactRow, InteractionRow, OfferRow, QueueRow

GRANTED = "contact"
LIST_LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedContact:
    """A contact and what its row in the list shows beside it. `granted_to`: accounts that opened a sealed one."""

    row: ContactRow
    citizen: CitizenRow | None = None
    agent_name: str | None = None
    case_number: str | None = None
    has_draft: bool = False
    offered_to: str | None = None
    granted_to: frozenset[str] = frozenset()

    @property
    def whereabouts(self) -> Whereabouts:
        return Whereabouts(
            status=self.row.status, agent_id=self.row.agent_id, queue_id=self.row.queue_id, offered_to=self.offered_to
        )

    def is_open_to(self, who: Actor) -> bool:
        """Whether its content may be shown: it is not sealed, or this account gave a reason."""
        return not self.row.sealed or who.account_id in self.granted_to


async def contact(uow: UnitOfWork, contact_id: str, *, for_update: bool = False) -> ContactRow | None:
    query = select(ContactRow).where(ContactRow.id == contact_id)
    return await uow.session.scalar(query.with_for_update() if for_update else query)


async def contacts_by_id(uow: UnitOfWork, ids: Collection[str]) -> list[LoadedContact]:
    return await load(uow, list(await uow.session.scalars(select(ContactRow).where(ContactRow.id.in_(ids)))))


async def load(uow: UnitOfWork, rows: Sequence[ContactRow]) -> list[LoadedContact]:
    """Add to contacts what stands beside them, in the order given."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    people = await citizens(uow, {row.citizen_id for row in rows if row.citizen_id})
    names = await staff.names_of(uow, {row.agent_id for row in rows})
    numbers = await _case_numbers(uow, {row.case_id for row in rows if row.case_id})
    drafted = {row.contact_id for row in await messages.drafts_of(uow, ids) if not drafts.is_empty(row.body)}
    offered = await _offered_to(uow, [row.id for row in rows if row.status == ContactStatus.OFFERED])
    granted = await grants(uow, [row.id for row in rows if row.sealed])
    return [
        LoadedContact(
            row=row,
            citizen=people.get(row.citizen_id or ""),
            agent_name=names.get(row.agent_id or ""),
            case_number=numbers.get(row.case_id or ""),
            has_draft=row.id in drafted,
            offered_to=offered.get(row.id),
            granted_to=granted.get(row.id, frozenset()),
        )
        for row in rows
    ]


async def citizens(uow: UnitOfWork, ids: Collection[str]) -> dict[str, CitizenRow]:
    """Citizens by the id asked for; one that was merged is answered by the record it went into."""
    found: dict[str, CitizenRow] = {}
    wanted = set(ids)
    while wanted:
        found |= await citizen_store.citizens(uow, wanted)
        wanted = {row.merged_into_id for row in found.values() if row.merged_into_id} - set(found)
    return {one: _kept(found, row) for one, row in found.items()}


def _kept(found: dict[str, CitizenRow], row: CitizenRow) -> CitizenRow:
    while row.merged_into_id and row.merged_into_id in found:
        row = found[row.merged_into_id]
    return row


async def _case_numbers(uow: UnitOfWork, ids: Collection[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = await uow.session.execute(select(CaseRow.id, CaseRow.number).where(CaseRow.id.in_(ids)))
    return dict(rows.all())


async def _offered_to(uow: UnitOfWork, contact_ids: Sequence[str]) -> dict[str, str]:
    if not contact_ids:
        return {}
    rows = await uow.session.execute(
        select(OfferRow.contact_id, OfferRow.agent_id)
        .where(OfferRow.contact_id.in_(contact_ids), OfferRow.outcome == OfferOutcome.PENDING)
        .order_by(OfferRow.fence)
    )
    return dict(rows.all())


async def grants(uow: UnitOfWork, contact_ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """Who has opened each of these sealed contacts and may still read it."""
    if not contact_ids:
        return {}
    rows = await uow.session.execute(
        select(GrantRow.entity_id, GrantRow.account_id)
        .where(GrantRow.entity == GRANTED, GrantRow.entity_id.in_(contact_ids), GrantRow.expires_at > uow.now)
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for contact_id, account_id in rows:
        found.setdefault(contact_id, set()).add(account_id)
    return {contact_id: frozenset(accounts) for contact_id, accounts in found.items()}


async def queues(uow: UnitOfWork) -> list[QueueRow]:
    return list(await uow.session.scalars(select(QueueRow).order_by(QueueRow.position)))


async def restricted_queues(uow: UnitOfWork) -> frozenset[str]:
    return frozenset(await uow.session.scalars(select(QueueRow.id).where(QueueRow.restricted.is_(True))))


async def mine(uow: UnitOfWork, account_id: str) -> list[ContactRow]:
    """What this agent has in hand: active, parked, in wrap-up."""
    query = select(ContactRow).where(ContactRow.agent_id == account_id, ContactRow.status.in_(HAS_AGENT))
    return list(await uow.session.scalars(query.order_by(ContactRow.received_at)))


async def waiting(uow: UnitOfWork, who: Actor, *conditions: ColumnElement[bool]) -> list[ContactRow]:
    """Queued contacts that the account may see, first in line first."""
    query = select(ContactRow).where(ContactRow.status == ContactStatus.QUEUED, *conditions)
    query = query.where(sees_clause(who, await restricted_queues(uow)))
    query = query.order_by(ContactRow.due_at, ContactRow.queued_at, ContactRow.id).limit(LIST_LIMIT)
    return list(await uow.session.scalars(query))


async def everything(uow: UnitOfWork, who: Actor, *conditions: ColumnElement[bool]) -> list[ContactRow]:
    """All contacts that the account may see, newest first."""
    query = select(ContactRow).where(sees_clause(who, await restricted_queues(uow)), *conditions)
    return list(
        await uow.session.scalars(query.order_by(ContactRow.received_at.desc(), ContactRow.id.desc()).limit(LIST_LIMIT))
    )


async def offers_to(uow: UnitOfWork, account_id: str) -> list[OfferRow]:
    """Offers that wait for this agent's answer, oldest first."""
    query = select(OfferRow).where(OfferRow.agent_id == account_id, OfferRow.outcome == OfferOutcome.PENDING)
    return list(await uow.session.scalars(query.order_by(OfferRow.offered_at)))


async def offers(uow: UnitOfWork, *conditions: ColumnElement[bool]) -> list[OfferRow]:
    return list(await uow.session.scalars(select(OfferRow).where(*conditions).order_by(OfferRow.fence)))


async def history_counts(uow: UnitOfWork, citizen_ids: Collection[str]) -> dict[str, int]:
    """How many contacts each citizen record has, of those the access may see."""
    if not citizen_ids:
        return {}
    rows = await uow.session.execute(
        select(ContactRow.citizen_id, func.count())
        .where(ContactRow.citizen_id.in_(citizen_ids))
        .group_by(ContactRow.citizen_id)
    )
    return {citizen_id: count for citizen_id, count in rows if citizen_id}


async def served_by(uow: UnitOfWork, account_id: str, citizen_ids: Collection[str]) -> set[str]:
    """Which of these citizens the agent has served before."""
    if not citizen_ids:
        return set()
    rows = await uow.session.scalars(
        select(ContactRow.citizen_id)
        .join(InteractionRow, InteractionRow.contact_id == ContactRow.id)
        .where(InteractionRow.agent_id == account_id, ContactRow.citizen_id.in_(citizen_ids))
        .distinct()
    )
    return {citizen_id for citizen_id in rows if citizen_id}


async def done_since(uow: UnitOfWork, account_id: str, moment: datetime) -> int:
    query = select(func.count()).select_from(InteractionRow)
    query = query.where(InteractionRow.agent_id == account_id, InteractionRow.ended_at >= moment)
    return await uow.session.scalar(query) or 0


async def current_interaction(uow: UnitOfWork, contact_id: str, account_id: str) -> str | None:
    found: str | None = await uow.session.scalar(
        select(InteractionRow.id)
        .where(InteractionRow.contact_id == contact_id, InteractionRow.agent_id == account_id)
        .where(InteractionRow.ended_at.is_(None))
        .order_by(InteractionRow.accepted_at.desc())
        .limit(1)
    )
    return found
