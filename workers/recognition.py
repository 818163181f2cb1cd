"""What scans say, read after they are queued: findable, and shown under the fax or letter."""

import asyncio
import json
import logging
import os
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from typing import Any

from sqlalchemy import select

from kit.access import Access
from kit.blobs import BlobStore
from kit.jobs import JobRuntime
from records.messages import service
from records.messages.tables import AttachmentRow

log = logging.getLogger(__name__)

WALL_S = 240.0
MAX_INPUT_BYTES = 60 * 1024 * 1024
MAX_TEXT_CHARS = 60_000
PAGE_BREAK = "\n\n"


async def recognise(runtime: JobRuntime, payload: dict[str, Any]) -> None:
    """Read `payload["attachment_id"]`; repeating it is harmless, what cannot be read is left without a text."""
    store: BlobStore = runtime.services.blobs
    access = Access.system(payload["workspace_id"])
    async with runtime.database.unit_of_work(access, read_only=True) as uow:
        row = await uow.session.scalar(select(AttachmentRow).where(AttachmentRow.id == payload["attachment_id"]))
    if row is None or row.recognised is not None or row.size_bytes > MAX_INPUT_BYTES:
        return
    if shutil.which("tesseract") is None:
        log.warning("scans are not read: tesseract is not installed (packages tesseract-ocr, tesseract-ocr-chi-sim)")
        return
    pages = await read_scan(str(store.path(row.blob_key)), row.media_type)
    text = PAGE_BREAK.join(filter(None, pages))[:MAX_TEXT_CHARS]
    async with runtime.database.unit_of_work(access) as uow:
        await service.note_recognised(uow, row.id, text)


async def read_scan(path: str, media_type: str, *, wall_s: float = WALL_S) -> list[str]:
    """The text of each page of a PDF or picture; empty where it was too much or broke its reader."""
    # A group of its own, so that tesseract ends together with its parent.
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "workers.reading",
        path,
        media_type,
        stdout=PIPE,
        stderr=DEVNULL,
        start_new_session=True,
        env={
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONUTF8": "1",
            "OMP_THREAD_LIMIT": "1",
        },
    )
    try:
        answer, _ = await asyncio.wait_for(child.communicate(), wall_s)
    except TimeoutError:
        log.warning("a scan took too long to read; it has no text")
        return []
    finally:
        if child.returncode is None:
            os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    try:
        return [str(page) for page in json.loads(answer)["pages"]]
    except (ValueError, KeyError, TypeError):
        return []
