"""Queries of chat sessions, their threads, contacts and messages."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased

from kit.unit_of_work import UnitOfWork
from records.messages.tables import AttachmentRow, Direction, MessageRow, OutboxRow, OutboxState, ThreadRow
from records.staff.tables import AccountRow
from router.contact import Channel, ContactStatus
from router.tables import ContactRow, QueueRow
from webchat.tables import ChatSessionRow, VisitorNoteRow

VISIBLE = (Direction.IN.value, Direction.OUT.value)
UNREAD_STATES = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.SENT, OutboxState.DELIVERED)


async def session_by_token(uow: UnitOfWork, token_hash: str) -> ChatSessionRow | None:
    return await uow.session.scalar(
        select(ChatSessionRow).where(ChatSessionRow.token_hash == token_hash, ChatSessionRow.expires_at > uow.now)
    )


async def session(uow: UnitOfWork, session_id: str) -> ChatSessionRow | None:
    return await uow.session.scalar(select(ChatSessionRow).where(ChatSessionRow.id == session_id))


async def extend(uow: UnitOfWork, session_id: str, until: datetime) -> None:
    await uow.session.execute(update(ChatSessionRow).where(ChatSessionRow.id == session_id).values(expires_at=until))


async def thread_of(uow: UnitOfWork, session_id: str) -> ThreadRow | None:
    """The thread that a session's first message began."""
    return await uow.session.scalar(
        select(ThreadRow).where(ThreadRow.channel == Channel.CHAT, ThreadRow.key == session_id)
    )


async def newest_contact(uow: UnitOfWork, session_id: str) -> ContactRow | None:
    """Of what the visitor wrote: a call that an agent makes about it stands in the thread, too, and is not his."""
    return await uow.session.scalar(
        select(ContactRow)
        .join(ThreadRow, ThreadRow.id == ContactRow.thread_id)
        .where(ThreadRow.channel == Channel.CHAT, ThreadRow.key == session_id)
        .where(ContactRow.channel != Channel.CALLBACK)
        .order_by(ContactRow.received_at.desc(), ContactRow.id.desc())
        .limit(1)
    )


async def session_of_contact(uow: UnitOfWork, contact_id: str) -> str | None:
    """The chat session whose thread a contact belongs to; None for a contact of another channel."""
    return await uow.session.scalar(
        select(ThreadRow.key)
        .join(ContactRow, ContactRow.thread_id == ThreadRow.id)
        .where(ContactRow.id == contact_id, ThreadRow.channel == Channel.CHAT)
    )


async def messages_after(uow: UnitOfWork, thread_id: str, seq: int, limit: int = 500) -> list[MessageRow]:
    """What the visitor may see: no notes, no events. Oldest first."""
    rows = await uow.session.scalars(
        select(MessageRow)
        .where(MessageRow.thread_id == thread_id, MessageRow.seq > seq, MessageRow.direction.in_(VISIBLE))
        .order_by(MessageRow.seq)
        .limit(limit)
    )
    return list(rows)


async def attachments_of(uow: UnitOfWork, message_ids: list[str]) -> list[AttachmentRow]:
    if not message_ids:
        return []
    rows = await uow.session.scalars(
        select(AttachmentRow).where(AttachmentRow.message_id.in_(message_ids)).order_by(AttachmentRow.id)
    )
    return list(rows)


async def attachment_for(uow: UnitOfWork, attachment_id: str, session_id: str) -> AttachmentRow | None:
    """A file the visitor uploaded, or one of a message in their thread."""
    row = await uow.session.scalar(select(AttachmentRow).where(AttachmentRow.id == attachment_id))
    if row is None or row.uploaded_by == session_id:
        return row
    key = await uow.session.scalar(
        select(ThreadRow.key)
        .join(MessageRow, MessageRow.thread_id == ThreadRow.id)
        .where(MessageRow.id == row.message_id, MessageRow.direction.in_(VISIBLE))
    )
    return row if key == session_id else None


async def uploads(uow: UnitOfWork, ids: list[str], session_id: str) -> list[AttachmentRow]:
    rows = await uow.session.scalars(
        select(AttachmentRow).where(AttachmentRow.id.in_(ids), AttachmentRow.uploaded_by == session_id)
    )
    by_id = {row.id: row for row in rows}
    return [by_id[each] for each in ids if each in by_id]


async def staff_number(uow: UnitOfWork, account_id: str) -> str | None:
    return await uow.session.scalar(select(AccountRow.staff_number).where(AccountRow.id == account_id))


async def raise_read_mark(uow: UnitOfWork, session_id: str, seq: int, *, by_agent: bool) -> bool:
    """Move a watermark up; False when it stood there or higher."""
    mark = ChatSessionRow.read_by_agent if by_agent else ChatSessionRow.read_by_visitor
    moved = await uow.session.scalar(
        update(ChatSessionRow)
        .where(ChatSessionRow.id == session_id, mark < seq)
        .values({mark: seq})
        .returning(ChatSessionRow.id)
    )
    return moved is not None


async def mark_delivered_read(uow: UnitOfWork, session_id: str, seq: int) -> list[str]:
    """The visitor has read up to `seq`: the outbox rows of what the agent wrote say so. Returns message ids."""
    theirs = (
        select(MessageRow.id)
        .join(ThreadRow, ThreadRow.id == MessageRow.thread_id)
        .where(ThreadRow.channel == Channel.CHAT, ThreadRow.key == session_id)
        # The system's own texts may hold a PIN that is still on its way: only the outbox settles those.
        .where(MessageRow.seq <= seq, MessageRow.direction == Direction.OUT, MessageRow.author_kind == "agent")
    )
    rows = await uow.session.scalars(
        update(OutboxRow)
        .where(OutboxRow.message_id.in_(theirs), OutboxRow.state.in_(UNREAD_STATES))
        .values(state=OutboxState.READ, finished_at=uow.now, lease_until=None)
        .returning(OutboxRow.message_id)
        .execution_options(synchronize_session=False)
    )
    return list(rows)


async def chat_queue(uow: UnitOfWork) -> QueueRow | None:
    """The queue that a chat without further hints waits in."""
    return await uow.session.scalar(
        select(QueueRow).where(QueueRow.channel == Channel.CHAT).order_by(QueueRow.position).limit(1)
    )


async def silent_since(uow: UnitOfWork, moment: datetime, limit: int) -> list[tuple[ChatSessionRow, ContactRow]]:
    """Active chats in which the agent spoke last, before `moment`."""
    contact = aliased(ContactRow)
    rows = await uow.session.execute(
        select(ChatSessionRow, contact)
        .join(ThreadRow, ThreadRow.key == ChatSessionRow.id)
        .join(contact, contact.thread_id == ThreadRow.id)
        .where(ThreadRow.channel == Channel.CHAT, contact.status == ContactStatus.ACTIVE)
        .where(contact.last_out_at <= moment, contact.last_out_at > contact.last_in_at)
        .limit(limit)
    )
    return [(session_row, contact_row) for session_row, contact_row in rows]


async def still_silent(uow: UnitOfWork, contact: ContactRow) -> bool:
    """Whether nothing was said since `contact` was read; locks the row."""
    row = await uow.session.scalar(select(ContactRow).where(ContactRow.id == contact.id).with_for_update())
    if row is None or row.status != ContactStatus.ACTIVE:
        return False
    return (row.last_in_at, row.last_out_at) == (contact.last_in_at, contact.last_out_at)


async def warn_once(uow: UnitOfWork, session_id: str, warned_for: datetime) -> bool:
    """Whether this caller is the one to warn about the silence after `warned_for`."""
    moved = await uow.session.scalar(
        update(ChatSessionRow)
        .where(ChatSessionRow.id == session_id)
        .where((ChatSessionRow.warned_for.is_(None)) | (ChatSessionRow.warned_for < warned_for))
        .values(warned_for=warned_for)
        .returning(ChatSessionRow.id)
    )
    return moved is not None


async def note(uow: UnitOfWork, token_hash: str, name: str) -> VisitorNoteRow | None:
    return await uow.session.scalar(
        select(VisitorNoteRow)
        .where(VisitorNoteRow.token_hash == token_hash, VisitorNoteRow.name == name)
        .where(VisitorNoteRow.expires_at > uow.now)
    )


async def forget_note(uow: UnitOfWork, token_hash: str, name: str) -> None:
    await uow.session.execute(
        delete(VisitorNoteRow).where(VisitorNoteRow.token_hash == token_hash, VisitorNoteRow.name == name)
    )


async def sweep_expired(uow: UnitOfWork) -> None:
    """Delete notes whose time is over."""
    await uow.session.execute(delete(VisitorNoteRow).where(VisitorNoteRow.expires_at <= uow.now))
