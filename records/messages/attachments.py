"""Files of messages: what came in with one, and uploads that wait for theirs."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Protocol

from kit import blobs
from kit.blobs import Blob
from kit.due_work import schedule
from kit.errors import Invalid
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.messages import store
from records.messages.jobs import MessageJob
from records.messages.tables import AttachmentRow, MessageRow

MAX_FILENAME_CHARS = 200
UNNAMED = "file"
DRAWABLE = ("image/", "application/pdf")
PREVIEW_ATTEMPTS = 2
RECOGNITION_ATTEMPTS = 2
SCANNED = frozenset({"fax", "letter", "visit"})
"""Channels whose files are pictures of text."""


class StoredFile(Protocol):
    """A file whose bytes are in the blob store; `router.contact.Attachment` is one."""

    @property
    def filename(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def blob_key(self) -> str: ...
    @property
    def sha256(self) -> str: ...


async def add(uow: UnitOfWork, message: MessageRow, files: Sequence[StoredFile]) -> list[AttachmentRow]:
    """Attach files that came with a message; from now on, and not before, their blobs are kept."""
    rows = [
        AttachmentRow(
            id=new_id(),
            message_id=message.id,
            filename=safe_filename(file.filename),
            media_type=file.media_type,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            blob_key=file.blob_key,
            created_at=uow.now,
            sealed=message.sealed,
        )
        for file in files
    ]
    uow.session.add_all(rows)
    for row in rows:
        await blobs.keep(uow, row.blob_key)
    await _order_previews(uow, rows)
    if message.channel in SCANNED:
        await _order_recognition(uow, rows)
    return rows


async def claim(
    uow: UnitOfWork, message: MessageRow, ids: Sequence[str], uploaded_by: str | None
) -> list[AttachmentRow]:
    """Give uploads to their message; each can be claimed once, by who uploaded it. Raises `Invalid`."""
    if not ids:
        return []
    rows = await store.unsent_attachments(uow, ids, uploaded_by or "")
    if len(rows) != len(set(ids)):
        raise Invalid("An attachment is missing or was sent already; add it again.", code="attachment_gone")
    for row in rows:
        row.message_id, row.sealed = message.id, message.sealed
        await blobs.keep(uow, row.blob_key)
    await _order_previews(uow, rows)
    return rows


async def _order_previews(uow: UnitOfWork, rows: Sequence[AttachmentRow]) -> None:
    """A worker draws what can be drawn; nobody waits for it."""
    for row in rows:
        if row.media_type.startswith(DRAWABLE):
            await schedule(uow, MessageJob.PREVIEW, {"attachment_id": row.id}, max_attempts=PREVIEW_ATTEMPTS)


async def _order_recognition(uow: UnitOfWork, rows: Sequence[AttachmentRow]) -> None:
    """A worker reads what is written in the pictures; the contact is in its queue already."""
    for row in rows:
        if row.media_type.startswith(DRAWABLE):
            await schedule(uow, MessageJob.RECOGNISE, {"attachment_id": row.id}, max_attempts=RECOGNITION_ATTEMPTS)


def upload(uow: UnitOfWork, blob: Blob, *, filename: str, media_type: str, uploaded_by: str) -> AttachmentRow:
    """Note a stored blob as an upload that a message may claim within a day."""
    blobs.record(uow, blob, media_type, kept=False)
    row = AttachmentRow(
        uploaded_by=uploaded_by,
        filename=safe_filename(filename),
        media_type=media_type,
        size_bytes=blob.size_bytes,
        sha256=blob.sha256,
        blob_key=blob.key,
        created_at=uow.now,
    )
    uow.session.add(row)
    return row


def safe_filename(name: str) -> str:
    """The last part of `name` without control characters, shortened with its ending kept; never empty."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = "".join(character for character in last if character.isprintable()).strip(" .")
    if len(clean) <= MAX_FILENAME_CHARS:
        return clean or UNNAMED
    suffix = PurePosixPath(clean).suffix[:16]
    return clean[: MAX_FILENAME_CHARS - len(suffix)] + suffix
