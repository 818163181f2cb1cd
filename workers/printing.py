"""HTML to PDF in a killable child: letters, sheets and the pages of faxes. Nothing is ever loaded from elsewhere."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE

WALL_S = 60.0
AT_ONCE = 2
_slots = asyncio.Semaphore(AT_ONCE)


class PrintingFailed(Exception):
    """The child was ended by its limits or could not make sense of what it got; `str()` says which."""


async def print_pdf(html: str) -> bytes:
    """The PDF of a page that we wrote ourselves, with all that people wrote escaped. Raises `PrintingFailed`."""
    return await run_child("workers.typesetting", [], html.encode())


async def run_child(module: str, arguments: list[str], data: bytes, *, wall_s: float = WALL_S) -> bytes:
    """What `python -m module` makes of `data`, two at once. Raises `PrintingFailed`."""
    async with _slots:
        # The environment may hold secrets; the child gets what fonts need and none of the rest.
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1", "HOME": "/nonexistent"},
        )
        try:
            answer, _ = await asyncio.wait_for(child.communicate(data), wall_s)
        except TimeoutError as error:
            raise PrintingFailed("time limit") from error
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if child.returncode != 0 or not answer:
        raise PrintingFailed("ended by its limits")
    return answer
