"""Files that came in with an item."""

from collections.abc import Sequence
from typing import Protocol

from channels.adapter import Attachment
from kit.access import Access
from kit.blobs import BlobStore, record
from kit.unit_of_work import Database


class NewFile(Protocol):
    @property
    def filename(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def data(self) -> bytes: ...


async def keep(
    database: Database, access: Access, blobs: BlobStore, files: Sequence[NewFile]
) -> tuple[Attachment, ...]:
    """Store the files; the arrival that refers to them keeps them. Those of a repeat are deleted after a day."""
    stored = [await blobs.put(file.data) for file in files]
    if stored:
        async with database.unit_of_work(access) as uow:
            for file, blob in zip(files, stored, strict=True):
                record(uow, blob, file.media_type, kept=False)
    return tuple(
        Attachment(
            filename=file.filename,
            media_type=file.media_type[:127],
            size_bytes=blob.size_bytes,
            blob_key=blob.key,
            sha256=blob.sha256,
        )
        for file, blob in zip(files, stored, strict=True)
    )
