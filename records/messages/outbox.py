"""Another try for what could not be delivered."""

from kit.errors import Conflict, NotFound
from kit.unit_of_work import UnitOfWork
from records.messages import service, store
from records.messages.tables import MessageRow


async def retry(uow: UnitOfWork, message_id: str) -> MessageRow:
    """Put a finally failed message back in line. Raises `Conflict` when it has not failed."""
    row = await store.message(uow, message_id)
    if row is None:
        raise NotFound("There is no such message.")
    if not await store.requeue_failed(uow, message_id):
        raise Conflict("This message has not failed; there is nothing to repeat.", code="not_failed")
    await service.emit_delivery(uow, message_id)
    await uow.session.refresh(row)
    return row
