"""Small pictures of attachments, so that an agent sees what a file is before opening it.

Files of strangers are opened in a child process with limits on memory and time; one that breaks it has no preview.
"""

import asyncio
import logging
import os
import sys
from typing import Any

from sqlalchemy import select

from kit import blobs
from kit.access import Access
from kit.blobs import BlobStore
from kit.jobs import JobRuntime
from records.messages.service import emit_delivery
from records.messages.tables import AttachmentRow

log = logging.getLogger(__name__)

TIMEOUT_S = 30.0
MAX_INPUT_BYTES = 30 * 1024 * 1024


async def make_preview(runtime: JobRuntime, payload: dict[str, Any]) -> None:
    """Draw `payload["attachment_id"]`; repeating it is harmless, an unreadable file is left without a preview."""
    store: BlobStore = runtime.services.blobs
    access = Access.system(payload["workspace_id"])
    async with runtime.database.unit_of_work(access, read_only=True) as uow:
        row = await uow.session.scalar(select(AttachmentRow).where(AttachmentRow.id == payload["attachment_id"]))
    if row is None or row.preview_blob_key is not None or row.size_bytes > MAX_INPUT_BYTES:
        return
    picture = await _draw(str(store.path(row.blob_key)), row.media_type)
    if picture is None:
        return
    blob = await store.put(picture)
    async with runtime.database.unit_of_work(access) as uow:
        blobs.record(uow, blob, "image/png", kept=True)
        fresh = await uow.session.get_one(AttachmentRow, row.id)
        fresh.preview_blob_key = blob.key
        if fresh.message_id is not None:
            await emit_delivery(uow, fresh.message_id)


async def _draw(path: str, media_type: str) -> bytes | None:
    # The environment may hold secrets; the child gets none of it.
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "workers.drawing",
        path,
        media_type,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"},
    )
    try:
        picture, _ = await asyncio.wait_for(child.communicate(), TIMEOUT_S)
    except TimeoutError:
        child.kill()
        await child.wait()
        log.warning("an attachment took too long to draw; it has no preview")
        return None
    return picture if child.returncode == 0 and picture else None
