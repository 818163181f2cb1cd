"""What was said in a contact becomes confidential, with all that hangs on it. Needs an access that sees sealed rows."""

from sqlalchemy import or_, select, update

from kit import search
from kit.unit_of_work import UnitOfWork
from records.messages.service import SEARCH_ENTITY
from records.messages.tables import AttachmentRow, DraftRow, LedgerRow, MessageRow, OutboxRow, ThreadRow


async def seal_contact(uow: UnitOfWork, contact_id: str) -> None:
    """Messages with attachments, outbox and search, drafts, and the ledger. Repeating is harmless."""
    said = select(MessageRow.id).where(MessageRow.contact_id == contact_id)
    came = select(LedgerRow.id).where(LedgerRow.contact_id == contact_id)
    for statement in (
        update(AttachmentRow).where(AttachmentRow.message_id.in_(said)),
        update(OutboxRow).where(OutboxRow.message_id.in_(said)),
        update(DraftRow).where(DraftRow.contact_id == contact_id),
        update(LedgerRow).where(or_(LedgerRow.contact_id == contact_id, LedgerRow.duplicate_of_id.in_(came))),
        update(MessageRow).where(MessageRow.contact_id == contact_id),
    ):
        await uow.session.execute(statement.values(sealed=True))
    await search.seal(uow, SEARCH_ENTITY, said)


async def seal_thread(uow: UnitOfWork, thread_id: str) -> None:
    """The conversation itself, and the files that its citizen uploaded. Repeating is harmless."""
    key = await uow.session.scalar(
        update(ThreadRow).where(ThreadRow.id == thread_id).values(sealed=True).returning(ThreadRow.key)
    )
    await uow.session.execute(update(AttachmentRow).where(AttachmentRow.uploaded_by == key).values(sealed=True))
