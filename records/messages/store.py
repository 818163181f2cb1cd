"""Queries of messages, threads, attachments, drafts and the outbox."""

from collections.abc import Sequence

from sqlalchemy import select, update

from kit.unit_of_work import UnitOfWork
from records.messages.tables import (
    AttachmentRow,
    CannedAnswerRow,
    Direction,
    DraftRow,
    MessageRow,
    OutboxRow,
    OutboxState,
    ThreadRow,
)


async def thread(uow: UnitOfWork, thread_id: str) -> ThreadRow | None:
    return await uow.session.scalar(select(ThreadRow).where(ThreadRow.id == thread_id))


async def next_seq(uow: UnitOfWork, thread_id: str) -> tuple[int, str] | None:
    """Take the next number of a thread; returns it with the thread's channel. None: no such thread."""
    row = (
        await uow.session.execute(
            update(ThreadRow)
            .where(ThreadRow.id == thread_id)
            .values(last_seq=ThreadRow.last_seq + 1)
            .returning(ThreadRow.last_seq, ThreadRow.channel)
            .execution_options(synchronize_session=False)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


async def by_client_id(uow: UnitOfWork, thread_id: str, client_id: str) -> MessageRow | None:
    return await uow.session.scalar(
        select(MessageRow).where(MessageRow.thread_id == thread_id, MessageRow.client_id == client_id)
    )


async def message(uow: UnitOfWork, message_id: str) -> MessageRow | None:
    return await uow.session.scalar(select(MessageRow).where(MessageRow.id == message_id))


async def raise_version(uow: UnitOfWork, message_id: str) -> MessageRow | None:
    """The message under its next version."""
    return await uow.session.scalar(
        update(MessageRow)
        .where(MessageRow.id == message_id)
        .values(version=MessageRow.version + 1)
        .returning(MessageRow)
        .execution_options(populate_existing=True)
    )


async def messages(uow: UnitOfWork, message_ids: Sequence[str]) -> list[MessageRow]:
    return list(await uow.session.scalars(select(MessageRow).where(MessageRow.id.in_(message_ids))))


async def page(
    uow: UnitOfWork,
    *,
    contact_id: str,
    citizen_ids: Sequence[str],
    hidden_contacts: Sequence[str],
    before: str | None,
    limit: int,
) -> list[MessageRow]:
    """The newest `limit` messages of a contact and of everything else these citizens said, oldest first.

    `before` is the id of a message: ids sort by time. Nothing of `hidden_contacts` is among them.
    """
    query = select(MessageRow).where((MessageRow.contact_id == contact_id) | MessageRow.citizen_id.in_(citizen_ids))
    if hidden_contacts:
        query = query.where(MessageRow.contact_id.not_in(hidden_contacts))
    if before is not None:
        query = query.where(MessageRow.id < before)
    rows = list(await uow.session.scalars(query.order_by(MessageRow.id.desc()).limit(limit)))
    return rows[::-1]


async def last_inbound(uow: UnitOfWork, contact_id: str, channel: str) -> MessageRow | None:
    """The citizen's newest message of a contact on a channel: what an answer replies to."""
    return await uow.session.scalar(
        select(MessageRow)
        .where(MessageRow.contact_id == contact_id, MessageRow.direction == Direction.IN)
        .where(MessageRow.channel == channel)
        .order_by(MessageRow.id.desc())
        .limit(1)
    )


async def attachments_of(uow: UnitOfWork, message_ids: Sequence[str]) -> dict[str, list[AttachmentRow]]:
    """Attachments by message id, in the order they were added."""
    found: dict[str, list[AttachmentRow]] = {}
    if not message_ids:
        return found
    rows = await uow.session.scalars(
        select(AttachmentRow).where(AttachmentRow.message_id.in_(message_ids)).order_by(AttachmentRow.id)
    )
    for row in rows:
        found.setdefault(row.message_id or "", []).append(row)
    return found


async def attachment(uow: UnitOfWork, attachment_id: str) -> AttachmentRow | None:
    return await uow.session.scalar(select(AttachmentRow).where(AttachmentRow.id == attachment_id))


async def unsent_attachments(uow: UnitOfWork, ids: Sequence[str], uploaded_by: str) -> list[AttachmentRow]:
    """Those of `ids` that this account or session uploaded and no message has claimed."""
    rows = await uow.session.scalars(
        select(AttachmentRow)
        .where(AttachmentRow.id.in_(ids), AttachmentRow.uploaded_by == uploaded_by)
        .where(AttachmentRow.message_id.is_(None))
    )
    return list(rows)


async def outbox_of(uow: UnitOfWork, message_ids: Sequence[str]) -> dict[str, OutboxRow]:
    if not message_ids:
        return {}
    rows = await uow.session.scalars(select(OutboxRow).where(OutboxRow.message_id.in_(message_ids)))
    return {row.message_id: row for row in rows}


async def requeue_failed(uow: UnitOfWork, message_id: str) -> bool:
    """Put a finally failed message back in line; False when it is not in that state."""
    found = await uow.session.scalar(
        update(OutboxRow)
        .where(OutboxRow.message_id == message_id, OutboxRow.state == OutboxState.FAILED)
        .values(
            state=OutboxState.QUEUED,
            attempts=0,
            next_attempt_at=uow.now,
            lease_until=None,
            last_error="",
            finished_at=None,
        )
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None


async def draft(uow: UnitOfWork, contact_id: str, kind: str) -> DraftRow | None:
    return await uow.session.scalar(select(DraftRow).where(DraftRow.contact_id == contact_id, DraftRow.kind == kind))


async def drafts_of(uow: UnitOfWork, contact_ids: Sequence[str]) -> list[DraftRow]:
    if not contact_ids:
        return []
    return list(await uow.session.scalars(select(DraftRow).where(DraftRow.contact_id.in_(contact_ids))))


async def replace_draft(
    uow: UnitOfWork, contact_id: str, kind: str, version: int, body: dict[str, object], author_id: str
) -> int | None:
    """Write a draft over exactly `version`; returns the new version, None when it is another one by now."""
    new_version: int | None = await uow.session.scalar(
        update(DraftRow)
        .where(DraftRow.contact_id == contact_id, DraftRow.kind == kind, DraftRow.version == version)
        .values(body=body, author_id=author_id, saved_at=uow.now, version=version + 1)
        .returning(DraftRow.version)
    )
    return new_version


async def canned_answers(uow: UnitOfWork) -> list[CannedAnswerRow]:
    return list(await uow.session.scalars(select(CannedAnswerRow).order_by(CannedAnswerRow.number)))
