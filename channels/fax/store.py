"""What became of a fax that we sent, written into its outbox row."""

from sqlalchemy import update

from kit.unit_of_work import UnitOfWork
from records.messages.tables import OutboxRow, OutboxState
from router.contact import Channel

ON_THE_WAY = (OutboxState.SENDING, OutboxState.SENT)


async def mark(uow: UnitOfWork, message_id: str, *, delivered: bool, reason: str) -> bool:
    """The gateway's verdict on a fax; False where it is not one of ours or its end is known already.

    A failure that comes after the delivery is about an earlier try, and changes nothing.
    """
    before = (*ON_THE_WAY, OutboxState.FAILED) if delivered else ON_THE_WAY
    found = await uow.session.scalar(
        update(OutboxRow)
        .where(OutboxRow.message_id == message_id, OutboxRow.channel == Channel.FAX, OutboxRow.state.in_(before))
        .values(
            state=OutboxState.DELIVERED if delivered else OutboxState.FAILED,
            last_error="" if delivered else reason[:500],
            finished_at=uow.now,
            lease_until=None,
        )
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None
