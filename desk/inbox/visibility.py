"""Which contacts an account may see, beyond the seal that `kit.access` has applied already.

The same rule stands here twice, for a row in hand and for a query; a test keeps the two alike.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select, true

from desk.access import Actor
from records.staff.permissions import Permission
from router.contact import ContactStatus, OfferOutcome
from router.states import ENDS
from router.tables import ContactRow, OfferRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What decides who sees a contact. `offered_to`: the agent who is asked right now."""

    status: str
    agent_id: str | None
    queue_id: str | None
    offered_to: str | None = None


def sees(who: Actor, contact: Whereabouts, restricted: Collection[str]) -> bool:
    """Whether the contact belongs in this account's inbox. `restricted`: queues that need a right of their own."""
    if who.account_id in (contact.agent_id, contact.offered_to):
        return True
    if not reads_queue(who, contact.queue_id, restricted):
        return False
    if who.may(Permission.CONTACTS_SEE_ALL):
        return True
    return contact.status == ContactStatus.QUEUED and who.may(Permission.CONTACTS_HANDLE)


def reads(who: Actor, contact: Whereabouts, restricted: Collection[str]) -> bool:
    """Whether the account may open it: what it sees, and past contacts as part of a citizen's history."""
    if sees(who, contact, restricted):
        return True
    is_past = contact.status in ENDS and who.may(Permission.CITIZENS_READ)
    return is_past and reads_queue(who, contact.queue_id, restricted)


def reads_queue(who: Actor, queue_id: str | None, restricted: Collection[str]) -> bool:
    """The director's mailbox is closed to all but those it is meant for."""
    return queue_id not in restricted or who.may(Permission.MAILBOX_DIRECTOR)


def sees_clause(who: Actor, restricted: Collection[str]) -> ColumnElement[bool]:
    """`sees` for a query over `ContactRow`."""
    others: ColumnElement[bool] = false()
    if who.may(Permission.CONTACTS_SEE_ALL):
        others = true()
    elif who.may(Permission.CONTACTS_HANDLE):
        others = ContactRow.status == ContactStatus.QUEUED
    if restricted and not who.may(Permission.MAILBOX_DIRECTOR):
        others = others & or_(ContactRow.queue_id.is_(None), ContactRow.queue_id.not_in(restricted))
    asked = select(OfferRow.contact_id).where(
        OfferRow.agent_id == who.account_id, OfferRow.outcome == OfferOutcome.PENDING
    )
    return or_(ContactRow.agent_id == who.account_id, ContactRow.id.in_(asked), others)
