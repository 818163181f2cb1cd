"""The file of a fax: what it is by its bytes, how many pages it has, and a PDF to read it by."""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass, field
from typing import Literal

log = logging.getLogger(__name__)

WALL_S = 45.0
MAX_PAGES = 400
AT_ONCE = 2
STANDARD, FINE = "standard", "fine"
_TIFF_HEADS = (b"II*\x00", b"MM\x00*")
_PDF_HEAD = b"%PDF-"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaxFile:
    """`pdf` is what agents open, empty where the file cannot be read; `error` then says why, for an operator.

    `damaged` counts pages that cannot be decoded. `mode`: standard or fine, empty where that is not known.
    """

    pages: int = 0
    damaged: int = 0
    mode: str = ""
    pdf: bytes = field(default=b"", repr=False)
    error: str = ""


def kind_of(data: bytes) -> Literal["tiff", "pdf"] | None:
    """By the first bytes, never by what a sender claims."""
    if data.startswith(_TIFF_HEADS):
        return "tiff"
    return "pdf" if data.startswith(_PDF_HEAD) else None


class FaxReader:
    """Opens files of strangers in child processes with limits on time and memory, two at once."""

    def __init__(self, *, wall_s: float = WALL_S) -> None:
        self._wall_s = wall_s
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def read(self, data: bytes) -> FaxFile:
        """Never raises for what the file is: a fax is a fax, readable or not."""
        if not data:
            return FaxFile(error="empty")
        if kind_of(data) is None:
            return FaxFile(error="neither TIFF nor PDF")
        async with self._slots:
            return await self._in_child(data)

    async def _in_child(self, data: bytes) -> FaxFile:
        # The environment may hold secrets; the child gets none of it.
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "channels.fax.child",
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"},
        )
        try:
            answer, _ = await asyncio.wait_for(child.communicate(data), self._wall_s)
        except TimeoutError:
            return FaxFile(error="time limit")
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return _read_answer(answer)


def _read_answer(answer: bytes) -> FaxFile:
    head, _, pdf = answer.partition(b"\n")
    try:
        described = json.loads(head)
        if "error" in described:
            return FaxFile(error=str(described["error"]))
        return FaxFile(pages=described["pages"], damaged=described["damaged"], mode=described["mode"], pdf=pdf)
    except (ValueError, KeyError, TypeError):
        return FaxFile(error="ended by its limits")
