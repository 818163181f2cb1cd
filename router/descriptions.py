"""Rows as the routing functions want them described."""

from datetime import datetime

from kit.clock import to_ms
from router.contact import ContactStatus, Presence
from router.effects import (
    AgentDescription,
    Capacity,
    ContactDescription,
    ContactTruth,
    Placement,
    Preferred,
    RoutingPresence,
    score_ms,
)
from router.queues import target_s
from router.store import RoutingSettings
from router.tables import AgentRow, ContactRow, OfferRow

PLACEMENTS = {
    ContactStatus.QUEUED: Placement.QUEUED,
    ContactStatus.OFFERED: Placement.OFFERED,
    ContactStatus.ACTIVE: Placement.ACTIVE,
}


def contact_description(row: ContactRow, settings: RoutingSettings) -> ContactDescription:
    """A contact that waits; its place goes by `queued_at`, its relaxation by `waiting_since`."""
    queue = settings.queue(row.home_queue_id or row.queue_id)
    entered, sla_s = row.queued_at or row.received_at, target_s(queue.sla_s, queue.channel, row.channel)
    return ContactDescription(
        contact_id=row.id,
        plan=settings.plan(queue.id, row.channel, row.requirements),
        score_ms=score_ms(queued_at_ms=to_ms(entered), sla_s=sla_s, priority=row.priority),
        queued_at_ms=to_ms(row.waiting_since or entered),
        emergency=queue.emergency,
        step=row.step,
        preferred=_preferred(row),
    )


def _preferred(row: ContactRow) -> Preferred | None:
    if row.preferred_agent_id is None or row.preferred_until is None:
        return None
    return Preferred(
        agent_id=row.preferred_agent_id,
        until_ms=to_ms(row.preferred_until),
        direct=row.return_to_id is not None,
        return_to=row.return_to_id,
    )


def contact_truth(row: ContactRow, settings: RoutingSettings, offer: OfferRow | None) -> ContactTruth:
    """Where SQL has the contact; `offer`: its pending offer, when it is offered."""
    description = contact_description(row, settings)
    placement = PLACEMENTS.get(ContactStatus(row.status), Placement.GONE)
    if row.status == ContactStatus.WRAP_UP and settings.queue(row.queue_id).wrap_up_blocks:
        placement = Placement.WRAP_UP
    if placement is Placement.OFFERED:
        if offer is None:
            return ContactTruth(contact=description, placement=Placement.QUEUED)
        return ContactTruth(
            contact=description,
            placement=placement,
            agent_id=offer.agent_id,
            fence=offer.fence,
            expires_at_ms=to_ms(offer.expires_at),
        )
    return ContactTruth(contact=description, placement=placement, agent_id=row.agent_id, fence=row.fence)


def is_connected(row: AgentRow, now: datetime) -> bool:
    """Whether a desk socket of the agent was alive within its lease."""
    return row.connected_until is not None and row.connected_until > now


def routing_presence(row: AgentRow, now: datetime) -> RoutingPresence:
    """What routing may think of the agent: no socket, no offers; a pending not-ready counts at once."""
    if row.presence == Presence.OFFLINE:
        return RoutingPresence.OFFLINE
    if not is_connected(row, now):
        return RoutingPresence.LOST
    if row.presence == Presence.NOT_READY or row.pending:
        return RoutingPresence.NOT_READY
    return RoutingPresence.READY


def capacity(row: AgentRow) -> Capacity:
    return Capacity(**row.capacity)


def agent_description(
    row: AgentRow, skills: dict[str, int], now: datetime, idle_since: datetime | None
) -> AgentDescription:
    """`idle_since`: the end of the agent's last work, None when it never had any."""
    return AgentDescription(
        agent_id=row.id,
        skills=skills,
        capacity=capacity(row),
        presence=routing_presence(row, now),
        idle_since_ms=to_ms(max(idle_since, row.presence_since) if idle_since else row.presence_since),
    )
