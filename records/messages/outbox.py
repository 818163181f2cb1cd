"""Delivery of what was written: its state as the pages show it, and another try for what failed."""

from kit.errors import Conflict, NotFound
from kit.unit_of_work import UnitOfWork
from records.messages import service, store
from records.messages.tables import MessageRow, OutboxState

FINISHED = frozenset({OutboxState.DELIVERED, OutboxState.READ, OutboxState.FAILED})
_RANK = {state: rank for rank, state in enumerate(OutboxState)}


async def set_state(
    uow: UnitOfWork, outbox_id: str, state: OutboxState, *, external_id: str | None = None, error: str = ""
) -> bool:
    """Move an outbox row to `state` and tell the pages. Reports that come late or twice change nothing.

    Receipts may come out of order, so sent, delivered and read only go forward. Returns whether it changed.
    """
    row = await store.outbox(uow, outbox_id)
    if row is None:
        raise NotFound("There is no such message on its way out.")
    is_receipt = state in (OutboxState.SENT, OutboxState.DELIVERED, OutboxState.READ)
    if row.state == state or (is_receipt and _passed(row.state, state)):
        return False
    row.state, row.last_error = state, error[:500]
    row.external_id = external_id or row.external_id
    row.finished_at = uow.now if state in FINISHED else None
    await uow.session.flush()
    await changed(uow, row.message_id)
    return True


def _passed(present: str, reported: OutboxState) -> bool:
    return present != OutboxState.FAILED and _RANK[OutboxState(present)] > _RANK[reported]


async def retry(uow: UnitOfWork, message_id: str) -> MessageRow:
    """Put a finally failed message back in line. Raises `Conflict` when it has not failed."""
    row = await store.message(uow, message_id)
    if row is None:
        raise NotFound("There is no such message.")
    if not await store.requeue_failed(uow, message_id):
        raise Conflict("This message has not failed; there is nothing to repeat.", code="not_failed")
    return await changed(uow, message_id)


async def changed(uow: UnitOfWork, message_id: str) -> MessageRow:
    """Raise the version of a message whose delivery or files changed, and tell the pages."""
    row = await store.message(uow, message_id)
    if row is None:
        raise NotFound("There is no such message.")
    row.version += 1
    await uow.session.flush()
    service.emit(uow, row)
    return row
