"""Untrusted mail is parsed in a child process with CPU, memory and wall limits, so that no mail can stall a mailbox.

Children are reused: starting one costs a quarter of a second, parsing a mail about two milliseconds.
"""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass
from typing import Any

from channels.adapter import MalformedInbound
from channels.mail.parsing.child import FRAME_LENGTH
from channels.mail.parsing.model import ParsedMail, from_wire

_MAX_ANSWER_BYTES = 400_000_000
_PIPE_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class SandboxLimits:
    """Per mail `cpu_s` and `wall_s` seconds; per child `memory_bytes`, and a fresh child after `mails_per_child`
    mails or when more than `kept_bytes` stay in use."""

    cpu_s: float = 4.0
    wall_s: float = 20.0
    memory_bytes: int = 1_500_000_000
    kept_bytes: int = 300_000_000
    mails_per_child: int = 2_000


class _ChildFailed(Exception):
    """The child died, was killed for a limit, or answered nonsense."""


class MailSandbox:
    """At most `size` children, started when first needed. Use `close` at the end."""

    def __init__(self, limits: SandboxLimits | None = None, *, size: int = 1) -> None:
        self._limits = limits or SandboxLimits()
        self._slots = asyncio.Semaphore(size)
        self._idle: list[_Child] = []

    async def parse(self, raw: bytes) -> ParsedMail:
        """What `raw` says. A mail that is too much with its HTML is read without it.

        Raises `MalformedInbound` where it is too much even so; the next mail is not affected.
        """
        async with self._slots:
            try:
                return await self._attempt(raw, with_html=True)
            except _ChildFailed:
                pass
            try:
                return await self._attempt(raw, with_html=False)
            except _ChildFailed as error:
                raise MalformedInbound(f"The mail could not be read within the limits: {error}") from error

    async def close(self) -> None:
        """End all idle children."""
        while self._idle:
            await self._idle.pop().kill()

    async def _attempt(self, raw: bytes, *, with_html: bool) -> ParsedMail:
        child = self._idle.pop() if self._idle else await _Child.start(self._limits.memory_bytes)
        try:
            async with asyncio.timeout(self._limits.wall_s):
                answer, files = await child.ask(raw, with_html=with_html, cpu_s=self._limits.cpu_s)
        except TimeoutError as error:
            await child.kill()
            raise _ChildFailed("time limit") from error
        except BaseException:
            await child.kill()
            raise
        if child.mails < self._limits.mails_per_child and answer["memory_bytes"] < self._limits.kept_bytes:
            self._idle.append(child)
        else:
            await child.kill()
        return _read_answer(answer, files)


def _read_answer(answer: dict[str, Any], files: list[bytes]) -> ParsedMail:
    if "error" in answer:
        raise _ChildFailed(str(answer["error"]))
    try:
        return from_wire(answer["mail"], files)
    except (KeyError, TypeError, ValueError) as error:
        raise _ChildFailed("unreadable answer") from error


class _Child:
    def __init__(self, process: Process) -> None:
        self._process = process
        self.mails = 0

    @classmethod
    async def start(cls, memory_bytes: int) -> "_Child":
        # The environment may hold secrets; the child gets none of it.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "channels.mail.parsing.child",
            str(memory_bytes),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"},
            limit=_PIPE_BYTES,
        )
        return cls(process)

    async def ask(self, raw: bytes, *, with_html: bool, cpu_s: float) -> tuple[dict[str, Any], list[bytes]]:
        reader, writer = self._process.stdout, self._process.stdin
        if reader is None or writer is None:
            raise _ChildFailed("no pipe")
        self.mails += 1
        order = json.dumps({"size": len(raw), "with_html": with_html, "cpu_s": cpu_s}).encode()
        try:
            writer.write(FRAME_LENGTH.pack(len(order)) + order)
            writer.write(raw)
            await writer.drain()
            head = FRAME_LENGTH.unpack(await reader.readexactly(FRAME_LENGTH.size))[0]
            answer: dict[str, Any] = json.loads(await self._read(reader, head))
            return answer, [await self._read(reader, size) for size in answer["sizes"]]
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise _ChildFailed("the parser was ended by its limits") from error

    async def kill(self) -> None:
        """End the process and its pipes; harmless when it is already gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
            with contextlib.suppress(OSError):
                await self._process.stdin.wait_closed()

    @staticmethod
    async def _read(reader: asyncio.StreamReader, size: int) -> bytes:
        if not 0 <= size <= _MAX_ANSWER_BYTES:
            raise ValueError("an answer of impossible size")
        return await reader.readexactly(size)
