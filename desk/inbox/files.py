"""Attachments on their way to a page: by id, after the permission check, never as a page of their own."""

from fastapi.responses import FileResponse
from sqlalchemy import select

from desk.access import Actor
from desk.inbox import store
from desk.inbox.store import LoadedContact
from desk.inbox.visibility import reads, reads_queue, sees_clause
from kit.blobs import BlobRow, BlobStore
from kit.errors import Forbidden, NotFound
from kit.unit_of_work import UnitOfWork
from records.citizens import store as citizens
from records.messages import store as messages
from records.messages.tables import AttachmentRow
from router.tables import ContactRow

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def require_attachment(uow: UnitOfWork, who: Actor, attachment_id: str) -> AttachmentRow:
    """An upload of one's own, or a file of a thread that this account may read.

    Raises `NotFound`, and `Forbidden` (code `sealed_not_opened`) for one of a confidential contact not opened yet.
    """
    row = await messages.attachment(uow, attachment_id)
    if row is None:
        raise NotFound("There is no such attachment.")
    if row.message_id is None:
        if row.uploaded_by != who.account_id:
            raise NotFound("There is no such attachment.")
        return row
    message = await messages.message(uow, row.message_id)
    contacts = await store.contacts_by_id(uow, [message.contact_id] if message else [])
    if not contacts or not await _is_in_a_thread_of(uow, who, contacts[0]):
        raise NotFound("There is no such attachment.")
    if not contacts[0].is_open_to(who):
        raise Forbidden("This contact is confidential: give a reason to open it.", code="sealed_not_opened")
    return row


async def _is_in_a_thread_of(uow: UnitOfWork, who: Actor, loaded: LoadedContact) -> bool:
    """Whether the contact itself may be read, or shows in the thread of another one of the same citizen."""
    restricted = await store.restricted_queues(uow)
    if reads(who, loaded.whereabouts, restricted):
        return True
    if loaded.row.citizen_id is None or not reads_queue(who, loaded.row.queue_id, restricted):
        return False
    family = await citizens.family_of(uow, loaded.row.citizen_id)
    query = select(ContactRow.id).where(ContactRow.citizen_id.in_(family), sees_clause(who, restricted)).limit(1)
    return await uow.session.scalar(query) is not None


def download(blobs: BlobStore, row: AttachmentRow) -> FileResponse:
    """As a file to keep, whatever it is: nothing of a stranger is ever rendered under our address."""
    return FileResponse(
        blobs.path(row.blob_key),
        media_type=row.media_type,
        filename=row.filename,
        content_disposition_type="attachment",
        headers=HEADERS,
    )


async def preview(uow: UnitOfWork, blobs: BlobStore, row: AttachmentRow) -> FileResponse:
    """The picture that a worker made of the first page. Raises `NotFound` as long as there is none."""
    media_type: str | None = None
    if row.preview_blob_key is not None:
        media_type = await uow.session.scalar(select(BlobRow.media_type).where(BlobRow.key == row.preview_blob_key))
    if row.preview_blob_key is None or media_type is None or not media_type.startswith("image/"):
        raise NotFound("There is no preview of this attachment.")
    return FileResponse(blobs.path(row.preview_blob_key), media_type=media_type, headers=HEADERS)
