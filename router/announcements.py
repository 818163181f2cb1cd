"""What the router tells pages about: ids and routing fields only; each session's socket makes its own view of them."""

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import update

from kit.unit_of_work import UnitOfWork
from router.contact import ChannelClass, OfferOutcome, class_of
from router.tables import AgentRow, ContactRow, OfferRow

DESK = "desk"
CALLS = "calls"
"""What the switchboard follows: else it would read of every chat message, too."""


def contact_changed(uow: UnitOfWork, row: ContactRow, *, previous_agent_id: str | None = None) -> None:
    """Tell staff, and the citizen's page of a live contact. `row.version` has grown already."""
    contact_counted(uow, row, previous_agent_id=previous_agent_id)
    if class_of(row.channel) is not ChannelClass.MESSAGE:
        public = {"id": row.id, "status": row.status, "agent_id": row.agent_id}
        uow.emit(f"chat:{row.thread_id}", "contact", row.id, row.version, public, sealed=row.sealed)


def contact_counted(uow: UnitOfWork, row: ContactRow, *, previous_agent_id: str | None = None) -> None:
    """Tell staff alone: nothing changed that the citizen sees."""
    data = _routing_fields(row, previous_agent_id)
    uow.emit(DESK, "contact", row.id, row.version, data, sealed=row.sealed)
    if class_of(row.channel) is ChannelClass.VOICE:
        uow.emit(CALLS, "contact", row.id, row.version, data, sealed=row.sealed)


class Unread(Protocol):
    """As much of a contact as it takes to tell that its citizen wrote: a row, or what was read of one."""

    id: str
    status: str
    agent_id: str | None
    queue_id: str | None
    channel: str
    preview: str
    last_in_at: datetime | None
    unread: int
    version: int
    sealed: bool


def contact_unread(uow: UnitOfWork, row: Unread) -> None:
    """Tell staff that the citizen wrote, and that nothing else of the contact changed; a sealed one by id only."""
    data = _routing_fields(row, None)
    if not row.sealed and row.last_in_at is not None:
        data |= {"unread": row.unread, "preview": row.preview, "last_in_at": row.last_in_at.isoformat()}
    uow.emit(DESK, "contact", row.id, row.version, data, sealed=row.sealed)


def _routing_fields(row: ContactRow | Unread, previous_agent_id: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "agent_id": row.agent_id,
        "previous_agent_id": previous_agent_id,
        "queue_id": row.queue_id,
        "channel": row.channel,
    }


def offer_changed(uow: UnitOfWork, row: OfferRow) -> None:
    """An offer has two versions: pending and decided."""
    data = {
        "id": row.id,
        "contact_id": row.contact_id,
        "agent_id": row.agent_id,
        "fence": str(row.fence),
        "outcome": row.outcome,
        "expires_at": row.expires_at.isoformat(),
    }
    version = 1 if row.outcome == OfferOutcome.PENDING else 2
    uow.emit(DESK, "offer", row.id, version, data, sealed=row.sealed)


async def agent_changed(uow: UnitOfWork, agent_id: str | None) -> None:
    """Presence, state or load of an agent differ from now on; harmless without one."""
    if agent_id is None:
        return
    await uow.session.flush()
    row = await uow.session.scalar(
        update(AgentRow)
        .where(AgentRow.id == agent_id)
        .values(version=AgentRow.version + 1)
        .returning(AgentRow)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    if row is not None:
        data = {"id": row.id, "presence": row.presence, "reason": row.reason, "pending": row.pending}
        uow.emit(DESK, "agent", row.id, row.version, data)
