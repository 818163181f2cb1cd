"""Contacts where one more message changes nothing but the count of unread ones: read and written for many at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from kit.unit_of_work import UnitOfWork
from records.messages.service import LockedThread
from records.messages.tables import ThreadRow
from router.announcements import contact_unread
from router.contact import Channel, ContactStatus
from router.tables import ContactRow

STANDING = (ContactStatus.RECEIVED, ContactStatus.QUEUED, ContactStatus.OFFERED, ContactStatus.ACTIVE)


@dataclass(slots=True, kw_only=True)
class Standing:
    """Such a contact, locked by this transaction, as far as counting and telling need it."""

    id: str
    thread: LockedThread
    citizen_id: str | None
    status: str
    agent_id: str | None
    queue_id: str | None
    channel: str
    unread: int
    version: int
    sealed: bool
    preview: str = ""
    last_in_at: datetime | None = None


# Built once: to build and hash them anew costs more than to run them. The threads come first and by themselves: SQLite,
# left the choice, would walk all contacts of the workspace instead of the few threads.
_THREADS = select(ThreadRow.id).where(ThreadRow.key.in_(bindparam("keys", expanding=True)))
_CONTACTS = (
    select(
        ThreadRow.key,
        ThreadRow.id.label("thread_id"),
        ThreadRow.channel.label("thread_channel"),
        ThreadRow.last_seq,
        ContactRow.id,
        ContactRow.citizen_id,
        ContactRow.status,
        ContactRow.agent_id,
        ContactRow.queue_id,
        ContactRow.channel,
        ContactRow.unread,
        ContactRow.version,
        ContactRow.sealed,
    )
    .join(ThreadRow, ThreadRow.id == ContactRow.thread_id)
    .where(ContactRow.thread_id.in_(bindparam("thread_ids", expanding=True)), ContactRow.status.in_(STANDING))
    .where(ContactRow.channel != Channel.CALLBACK)  # made about the conversation: nobody writes to it
    .order_by(ContactRow.id)
    .with_for_update()
)


async def standing_by_key(uow: UnitOfWork, thread_keys: Collection[str]) -> dict[str, Standing]:
    """By the keys of their threads. Each is locked, the contact before its thread as everywhere."""
    thread_ids = list(await uow.session.scalars(_THREADS, {"keys": list(thread_keys)}))
    rows = await uow.session.execute(_CONTACTS, {"thread_ids": thread_ids}) if thread_ids else ()
    return {row.key: _standing(row) for row in rows}


def _standing(row: Row[*tuple[Any, ...]]) -> Standing:
    return Standing(
        id=row.id,
        thread=LockedThread(id=row.thread_id, channel=row.thread_channel, last_seq=row.last_seq),
        citizen_id=row.citizen_id,
        status=row.status,
        agent_id=row.agent_id,
        queue_id=row.queue_id,
        channel=row.channel,
        unread=row.unread,
        version=row.version,
        sealed=row.sealed,
    )


def count(uow: UnitOfWork, contact: Standing, preview: str, at: datetime) -> None:
    """The citizen wrote once more, `at` (aware): tell the pages; `save_counts` writes it."""
    contact.preview, contact.last_in_at = preview, at
    contact.unread += 1
    contact.version += 1
    contact_unread(uow, contact)


async def save_counts(uow: UnitOfWork, contacts: Sequence[Standing]) -> None:
    """Write what was counted."""
    await uow.update_many(
        ContactRow,
        [
            {
                "id": contact.id,
                "preview": contact.preview,
                "last_in_at": contact.last_in_at,
                "unread": contact.unread,
                "version": contact.version,
            }
            for contact in contacts
        ],
    )
