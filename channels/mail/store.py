"""Queries of mailboxes, folders and what the mail loops write down."""

from collections.abc import Sequence

from sqlalchemy import select, update

from channels import accounts
from channels.mail.tables import FolderRow, MailboxRow
from kit.unit_of_work import UnitOfWork
from records.messages.tables import MessageRow, OutboxRow, OutboxState, ThreadRow


async def mailboxes(uow: UnitOfWork) -> list[MailboxRow]:
    return await accounts.listed(uow, MailboxRow)


async def mailbox(uow: UnitOfWork, mailbox_id: str) -> MailboxRow | None:
    return await accounts.found(uow, MailboxRow, mailbox_id)


async def folder(uow: UnitOfWork, mailbox_id: str, name: str) -> FolderRow:
    """The folder's row, made when it is missing. Only its lease's holder may call this."""
    found = await uow.session.scalar(
        select(FolderRow).where(FolderRow.mailbox_id == mailbox_id, FolderRow.name == name)
    )
    if found is None:
        found = FolderRow(mailbox_id=mailbox_id, name=name)
        uow.session.add(found)
        await uow.session.flush()
    return found


async def folder_id(uow: UnitOfWork, mailbox_id: str, name: str) -> str:
    """Empty for a folder that was never read."""
    query = select(FolderRow.id).where(FolderRow.mailbox_id == mailbox_id, FolderRow.name == name)
    return await uow.session.scalar(query) or ""


async def thread_key_of(uow: UnitOfWork, message_ids: Sequence[str]) -> str | None:
    """The key of the thread of the first of these messages that is still there."""
    rows = await uow.session.execute(
        select(MessageRow.id, ThreadRow.key)
        .join(ThreadRow, ThreadRow.id == MessageRow.thread_id)
        .where(MessageRow.id.in_(message_ids))
    )
    found: dict[str, str] = {message_id: key for message_id, key in rows}  # noqa: C416 - rows are no pairs to mypy
    return next((found[message_id] for message_id in message_ids if message_id in found), None)


async def answered_mail(uow: UnitOfWork, message_id: str, channel: str) -> MessageRow | None:
    """The newest mail of the citizen on the contact that an outbound message belongs to, said before it."""
    contact = select(MessageRow.contact_id).where(MessageRow.id == message_id).scalar_subquery()
    return await uow.session.scalar(
        select(MessageRow)
        .where(MessageRow.contact_id == contact, MessageRow.direction == "in", MessageRow.channel == channel)
        .where(MessageRow.id < message_id)
        .order_by(MessageRow.id.desc())
        .limit(1)
    )


async def sent_earlier(uow: UnitOfWork, message: MessageRow, channel: str, limit: int) -> list[str]:
    """Ids of our earlier mails of the same thread, oldest first."""
    ids = await uow.session.scalars(
        select(MessageRow.id)
        .where(MessageRow.thread_id == message.thread_id, MessageRow.direction == "out")
        .where(MessageRow.channel == channel, MessageRow.id < message.id)
        .order_by(MessageRow.id.desc())
        .limit(limit)
    )
    return list(ids)[::-1]


async def mark_bounced(uow: UnitOfWork, message_id: str, reason: str) -> bool:
    """The mail with this message came back for good; False when it is not one that had gone out."""
    found = await uow.session.scalar(
        update(OutboxRow)
        .where(OutboxRow.message_id == message_id)
        .where(OutboxRow.state.in_([OutboxState.SENDING, OutboxState.SENT, OutboxState.DELIVERED]))
        .values(state=OutboxState.FAILED, last_error=reason[:500], finished_at=uow.now, lease_until=None)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None
