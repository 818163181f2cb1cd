"""Message centres for SMPP: the npm package `smpp` in a process of its own, which can be killed and come back."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.tree import ROOT
from tests.support.waiting import wait_until

SCRIPT = ROOT / "tests" / "peers" / "smsc.js"
SYSTEM_ID, PASSWORD = "axd", "geheim12"
Event = dict[str, Any]


class Smsc:
    """What the centre said is in `events`, over all its lives. `certificate` and its key make it speak TLS."""

    def __init__(self, certificate: Sequence[Path] = ()) -> None:
        self.port = free_port()
        self._certificate = certificate
        self.events: list[Event] = []
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._delivered = 0

    async def start(self) -> None:
        argv = [_node(), str(SCRIPT), str(self.port), SYSTEM_ID, PASSWORD, *map(str, self._certificate)]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe, limit=1 << 24)
        self._listening = asyncio.create_task(self._listen(self._process))
        lives = len(self.of("listening"))
        await wait_until(lambda: len(self.of("listening")) > lives, "the message centre listens")

    async def kill(self) -> None:
        """As a crash does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._listening is not None:
            await self._listening

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.events.append(json.loads(line))

    def of(self, event: str) -> list[Event]:
        return [one for one in self.events if one["event"] == event]

    def order(self, do: str, **values: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **values}).encode() + b"\n")

    def set(self, **values: Any) -> None:
        """How it behaves: throttle (the next n), refuse (status), receipts, hex, silent, deaf (after it `hears` n),
        keeps (delivers again at the next bind what was not answered)."""
        self.order("set", values=values)

    async def bound(self, times: int = 1) -> None:
        await wait_until(lambda: len(self.of("bound")) >= times, f"bound {times} times")

    async def submitted(self, count: int) -> list[Event]:
        await wait_until(lambda: len(self.of("submit")) >= count, f"{count} parts are submitted")
        return self.of("submit")

    async def deliver(self, text: str = "", **fields: Any) -> int:
        """One deliver_sm; returns the status of our answer. `hex`: its octets; else the peer finds the alphabet."""
        self._delivered += 1
        number = f"d{self._delivered}"
        values = {"source_addr": "8613900000001", "source_addr_ton": 1, "destination_addr": "8657188120001", **fields}
        octets = values.pop("hex", None)
        if octets is None and "message_payload_hex" not in values:
            values["short_message"] = text
        self.order("deliver", id=number, fields=values, **({"hex": octets} if octets is not None else {}))
        return (await self.answers(number))[0]

    async def deliver_long(
        self, text: str, reference: int, numbers: list[int] | None = None, **fields: Any
    ) -> list[int]:
        """In parts, as a phone cuts them; `numbers` says which and in which order. The statuses of our answers."""
        self._delivered += 1
        name = f"d{self._delivered}"
        values = {"source_addr": "8613900000001", "source_addr_ton": 1, "destination_addr": "8657188120001", **fields}
        self.order("deliverLong", id=name, text=text, reference=reference, numbers=numbers, fields=values)
        return await self.answers(name, len(numbers) if numbers else -(-len(text.encode("utf-16-be")) // 134))

    async def answers(self, name: str, count: int = 1) -> list[int]:
        def found() -> list[int]:
            return [one["status"] for one in self.of("answered") if str(one.get("id")).split(":")[0] == name]

        await wait_until(lambda: len(found()) >= count, f"{name} is answered {count} times", timeout_s=30)
        return found()


def _node() -> str:
    found = shutil.which("node") or str(ROOT / ".cache" / "node" / "bin" / "node")
    if not (ROOT / "tests" / "peers" / "node_modules" / "smpp").is_dir() or not Path(found).exists():
        pytest.fail("the npm package smpp is not installed; run: scripts/install-test-peers")
    return found


@asynccontextmanager
async def smsc(certificate: Sequence[Path] = ()) -> AsyncIterator[Smsc]:
    made = Smsc(certificate)
    await made.start()
    try:
        yield made
    finally:
        with suppress(ProcessLookupError):
            await made.kill()
