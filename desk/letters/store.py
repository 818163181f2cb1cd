"""Queries of letters, visits and their answers."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select, update

from channels.letter.inbound import PAPER
from kit.unit_of_work import UnitOfWork
from records.citizens.tables import CitizenRow, ReceiptRow
from records.messages.tables import AttachmentRow, LedgerRow, MessageRow, OutboxRow, OutboxState
from router.tables import ContactRow

MOST_ALIKE = 10
MOST_OF_SENDER = 50


async def item_of(uow: UnitOfWork, channel: str, account: str, provider_id: str) -> LedgerRow | None:
    """What was registered under this id before."""
    return await uow.session.scalar(
        select(LedgerRow).where(
            LedgerRow.channel == channel, LedgerRow.account == account, LedgerRow.provider_id == provider_id
        )
    )


async def number_of(uow: UnitOfWork, contact_id: str) -> str | None:
    return await uow.session.scalar(select(ReceiptRow.number).where(ReceiptRow.contact_id == contact_id).limit(1))


async def with_files(uow: UnitOfWork, hashes: Sequence[str]) -> list[ContactRow]:
    """Letters and visits with the very same scan."""
    query = (
        select(ContactRow)
        .join(MessageRow, MessageRow.contact_id == ContactRow.id)
        .join(AttachmentRow, AttachmentRow.message_id == MessageRow.id)
        .where(ContactRow.channel.in_(PAPER), AttachmentRow.sha256.in_(hashes))
        .order_by(ContactRow.received_at.desc())
        .limit(MOST_ALIKE)
    )
    return list((await uow.session.scalars(query)).unique())


async def of_sender(uow: UnitOfWork, name: str, dated: date) -> list[ContactRow]:
    """Letters and visits of somebody of this name that bear this date."""
    query = (
        select(ContactRow)
        .join(CitizenRow, CitizenRow.id == ContactRow.citizen_id)
        .where(ContactRow.channel.in_(PAPER), CitizenRow.name == name.strip())
        .order_by(ContactRow.received_at.desc())
        .limit(MOST_OF_SENDER)
    )
    rows = await uow.session.scalars(query)
    return [row for row in rows if row.hints.get("dated") == dated.isoformat()][:MOST_ALIKE]


async def forget_uploads(uow: UnitOfWork, ids: Sequence[str]) -> None:
    await uow.session.execute(
        delete(AttachmentRow).where(AttachmentRow.id.in_(ids), AttachmentRow.message_id.is_(None))
    )


async def mark_posted(uow: UnitOfWork, message_id: str) -> bool:
    """False where it was said before."""
    found = await uow.session.scalar(
        update(OutboxRow)
        .where(OutboxRow.message_id == message_id, OutboxRow.state != OutboxState.DELIVERED)
        .values(state=OutboxState.DELIVERED, finished_at=uow.now, lease_until=None, last_error="")
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None
