"""How many automatic answers one correspondent gets in a day: two machines must not talk to each other for long."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from kit.unit_of_work import UnitOfWork
from records.messages.tables import AutoReplyRow

AUTOMATIC_PER_DAY = 5


async def take(uow: UnitOfWork, recipient: str, per_day: int) -> bool:
    """Count one automatic answer to `recipient` (any case) today (UTC); False where the day's number is used up."""
    address, day = recipient.lower(), uow.now.date().isoformat()
    counted = (
        update(AutoReplyRow)
        .where(AutoReplyRow.recipient == address, AutoReplyRow.day == day, AutoReplyRow.count < per_day)
        .values(count=AutoReplyRow.count + 1)
        .returning(AutoReplyRow.id)
    )
    if await uow.session.scalar(counted) is not None:
        return True
    found = await uow.session.scalar(
        select(AutoReplyRow.id).where(AutoReplyRow.recipient == address, AutoReplyRow.day == day)
    )
    if found is not None or per_day < 1:
        return False
    try:
        async with uow.session.begin_nested():
            uow.session.add(AutoReplyRow(recipient=address, day=day, count=1))
    except IntegrityError:
        return await uow.session.scalar(counted) is not None
    return True


async def give_back(uow: UnitOfWork, recipient: str) -> None:
    """The answer did not go out: it does not count."""
    await uow.session.execute(
        update(AutoReplyRow)
        .where(AutoReplyRow.recipient == recipient.lower(), AutoReplyRow.day == uow.now.date().isoformat())
        .where(AutoReplyRow.count > 0)
        .values(count=AutoReplyRow.count - 1)
    )
