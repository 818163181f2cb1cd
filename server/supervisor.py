"""Runs the platform's processes: starts them in order, starts again what dies, stops them in reverse order."""

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from server.speech import Say

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
# A process that lived this long has recovered: the next restart waits briefly again.
HEALTHY_AFTER_S = 30.0
POLL_S = 0.1
PR_SET_PDEATHSIG = 1
LAST_WORDS_S = 2.0
LINES_OF_A_QUIET_PART = 20
LONGEST_LINE = 1024 * 1024

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process. `ready` says whether it serves (None: nobody waits for it).

    `inherit`: descriptors it keeps open. `quiet`: its output is shown only when it fails.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], Awaitable[bool]] | None = None
    start_timeout_s: float = 60.0
    stop_timeout_s: float = 12.0
    inherit: Sequence[int] = ()
    quiet: bool = False


class StartFailed(Exception):
    """A part did not become ready. The text is for the operator."""


def _die_with(parent: int) -> Callable[[], None]:
    """What the child does before its program: ask the kernel to kill it when the supervisor dies."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

    def prepare() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


class Supervisor:
    """`tell` shows a line to the operator; the first restart waits `first_wait_s`, each further one twice as long."""

    def __init__(self, tell: Tell, say: Say, *, first_wait_s: float = FIRST_WAIT_S) -> None:
        self._tell = tell
        self._say = say
        self._first_wait_s = first_wait_s
        self._stopping = asyncio.Event()
        self._serving: set[str] = set()
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._parts: list[Part] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def pid(self, name: str) -> int:
        """Of the process that runs, or last ran, under `name`."""
        return self._running[name].pid

    def request_stop(self) -> None:
        """Ask for a clean end; the signal handlers call it. Safe to repeat."""
        self._stopping.set()

    async def wait(self) -> None:
        """Until somebody asks to stop."""
        await self._stopping.wait()

    async def start(self, part: Part) -> None:
        """Start `part`, wait until it is ready and keep it running. Raises `StartFailed`."""
        began = time.monotonic()
        process = await self._spawn(part)
        self._parts.append(part)
        # Before it has served once, an end is a failed start, told to the caller; only later ones are repaired.
        self._tasks.append(asyncio.create_task(self._keep(part, process)))
        if part.ready is None:
            self._serving.add(part.name)
            self._tell(self._say(f"{part.name} 已启动", f"{part.name} is started"))
            return
        while not await part.ready():
            if self.stopping:
                return
            if process.returncode is not None or time.monotonic() - began > part.start_timeout_s:
                raise StartFailed(
                    self._say(
                        f"{part.name} 未能启动，原因见它的输出；也可运行 axd doctor 检查",
                        f"{part.name} did not start; see its lines, or run: axd doctor",
                    )
                )
            await asyncio.sleep(POLL_S)
        self._serving.add(part.name)
        waited = f"({time.monotonic() - began:.1f} s)"
        self._tell(self._say(f"{part.name} 已就绪 {waited}", f"{part.name} is ready {waited}"))

    async def run_once(self, command: Sequence[str]) -> int:
        """Run a process to its end, with its output as it is. Returns its exit code; ends it when asked to stop."""
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, start_new_session=True, preexec_fn=_die_with(os.getpid())
        )
        ending = asyncio.create_task(process.wait())
        stop = asyncio.create_task(self.wait())
        await asyncio.wait((ending, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not ending.done():
            await self._end(process, timeout_s=5.0)
        return await ending

    async def stop(self) -> None:
        """End every part in reverse order: politely, then by force after its time-out."""
        self.request_stop()
        for part in reversed(self._parts):
            process = self._running.get(part.name)
            if process is not None and process.returncode is None:
                self._tell(self._say(f"正在停止 {part.name}", f"stopping {part.name}"))
                await self._end(process, part.stop_timeout_s)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_WORDS_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _spawn(self, part: Part) -> asyncio.subprocess.Process:
        # Its own session: a terminal's Ctrl-C reaches the supervisor alone, which then stops the parts in order.
        process = await asyncio.create_subprocess_exec(
            *part.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE,
            start_new_session=True,
            pass_fds=part.inherit,
            preexec_fn=_die_with(os.getpid()),
        )
        self._running[part.name] = process
        return process

    async def _keep(self, part: Part, process: asyncio.subprocess.Process) -> None:
        wait_s = self._first_wait_s
        while True:
            began = time.monotonic()
            await self._until_end(part, process)
            if self.stopping or part.name not in self._serving:
                return
            if time.monotonic() - began > HEALTHY_AFTER_S:
                wait_s = self._first_wait_s
            self._tell(
                self._say(
                    f"{part.name} 意外结束（代码 {process.returncode}),{wait_s:g} 秒后重新启动",
                    f"{part.name} ended unexpectedly (code {process.returncode}); starting it again in {wait_s:g} s",
                )
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)
                return
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            try:
                process = await self._spawn(part)
            except OSError as error:
                self._tell(f"{part.name}: {error}")
            if self.stopping:
                # Asked to stop while it was being started: nobody else has seen this process.
                await self._end(process, part.stop_timeout_s)

    async def _until_end(self, part: Part, process: asyncio.subprocess.Process) -> None:
        unseen: deque[str] = deque(maxlen=LINES_OF_A_QUIET_PART)
        relay = asyncio.create_task(self._relay(part, process, unseen.append if part.quiet else self._tell))
        await process.wait()
        # Helpers that the process left behind would keep its output, and perhaps its port, open.
        _kill_session(process.pid)
        await relay
        if process.returncode != 0:
            for line in unseen:
                self._tell(line)

    async def _relay(self, part: Part, process: asyncio.subprocess.Process, tell: Tell) -> None:
        """Pass on what the process writes, each line under its name, until it closes its output."""
        stream = process.stdout
        if stream is None:
            return
        while True:
            try:
                line = await stream.readline()
            except ValueError:
                continue
            if not line:
                return
            tell(f"{part.name:<8}| {line.decode(errors='replace').rstrip()}")

    async def _end(self, process: asyncio.subprocess.Process, timeout_s: float) -> None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), timeout_s)
        except TimeoutError:
            _kill_session(process.pid)
            await process.wait()


def _kill_session(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
