"""What citizens attach: capped, its type read from the bytes and not believed from the name, programs refused."""

import mimetypes
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import puremagic
from starlette.datastructures import UploadFile

from kit.blobs import Blob, BlobStore
from kit.errors import Invalid
from records.messages.attachments import safe_filename
from router.contact import Attachment

HEAD_BYTES = 8192
CHUNK_BYTES = 256 * 1024
UNKNOWN = "application/octet-stream"
PROGRAM_HEADS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!")
PROGRAM_ENDINGS = (
    *(".apk", ".app", ".bat", ".cmd", ".com", ".cpl", ".dll", ".exe", ".hta", ".jar", ".js", ".jse", ".lnk"),
    *(".msi", ".ps1", ".reg", ".scr", ".sh", ".vbe", ".vbs", ".wsf"),
)
CONTAINER_HEADS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}


class ProgramRefused(Invalid):
    code, title = "program_refused", "Programs are not taken"


class EmptyFile(Invalid):
    code, title = "empty_file", "The file is empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An upload whose bytes are stored durably, under no owner yet."""

    filename: str
    media_type: str
    size_bytes: int
    blob_key: str
    sha256: str

    @property
    def blob(self) -> Blob:
        return Blob(key=self.blob_key, size_bytes=self.size_bytes, sha256=self.sha256)

    def as_json(self) -> dict[str, Any]:
        return {
            "filename": self.filename,
            "media_type": self.media_type,
            "size_bytes": self.size_bytes,
            "blob_key": self.blob_key,
            "sha256": self.sha256,
        }


def attachments_from_json(items: list[dict[str, Any]]) -> tuple[Attachment, ...]:
    """The stored files that a page's own JSON names."""
    return tuple(Attachment(**{name: item[name] for name in Attachment.__slots__}) for item in items)


def media_type_of(head: bytes, filename: str) -> str:
    """What the first bytes say; the name only decides between the members of one family (text, office files)."""
    ending = PurePosixPath(filename.lower()).suffix
    if ending in OFFICE:
        # One container holds three kinds of documents: here the name may decide.
        return OFFICE[ending] if head.startswith(CONTAINER_HEADS) else UNKNOWN
    try:
        sniffed = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        sniffed = []
    found = next((item.mime_type for item in sniffed if item.mime_type), "")
    if found:
        return found
    guessed = mimetypes.guess_type(filename)[0] or UNKNOWN
    return guessed if guessed in ("text/plain", "text/csv") and b"\0" not in head else UNKNOWN


def refuse_programs(head: bytes, filename: str) -> None:
    """Raises `ProgramRefused`: nothing that could run on an agent's machine by a double click."""
    if PurePosixPath(filename.lower()).suffix in PROGRAM_ENDINGS or head.startswith(PROGRAM_HEADS):
        raise ProgramRefused(filename=filename)


async def receive(blobs: BlobStore, file: UploadFile, max_bytes: int) -> Received:
    """Store one upload. Raises `TooLarge`, `ProgramRefused`, `EmptyFile`, or `Unavailable` when the disk is full."""
    filename = safe_filename(file.filename or "")
    head = await file.read(HEAD_BYTES)
    if not head:
        raise EmptyFile(filename=filename)
    refuse_programs(head, filename)
    await file.seek(0)
    blob = await blobs.put(_chunks(file), max_bytes=max_bytes)
    return Received(
        filename=filename,
        media_type=media_type_of(head, filename),
        size_bytes=blob.size_bytes,
        blob_key=blob.key,
        sha256=blob.sha256,
    )


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK_BYTES):
        yield chunk
