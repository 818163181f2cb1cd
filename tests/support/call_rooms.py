"""One room for each call engine: the engine with telephones around it, as the contract suite sees them.

A further engine adds its room to `SUBJECTS`. Rooms of engines that carry real sound listen for a moment where they are
asked what somebody hears, and let a telephone's keys take 100 ms each.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from telephony.calls import Adopted, CallEngine, CallLeg, HangUpCause
from tests.support.asterisk_peer import asterisk_room, registered
from tests.support.calls import FakeEngine, FakeParty
from tests.support.page_phones import embedded_room
from tests.support.waiting import wait_until


class Telephone(Protocol):
    """The far end of a leg."""

    async def press(self, digits: str) -> None: ...

    async def speak(self, hz: int | None) -> None:
        """Say this tone from now on, until told otherwise; None: say nothing."""
        ...

    async def hears(self) -> frozenset[int]:
        """Which of `tones.TONES` arrive from now on, for a moment."""
        ...

    async def keys_heard(self) -> str:
        """What the other side sent as keys, so far."""
        ...

    async def answer(self) -> None: ...

    async def decline(self) -> None: ...

    async def hang_up(self) -> None: ...

    async def send_fax_tone(self) -> None: ...

    async def ended(self) -> None:
        """Returns once the call is over for this telephone; fails when that does not come."""
        ...


class EngineRoom(Protocol):
    """`target` can be dialled and rings at the telephone that `rings` returns; `nobody` cannot be reached."""

    folder: Path
    target: str
    nobody: str

    @property
    def engine(self) -> CallEngine: ...

    async def call(self, caller: str = "13800138000") -> tuple[CallLeg, Telephone]:
        """Somebody calls 12396: the leg that `run` handed over, RINGING, and his telephone."""
        ...

    async def rings(self) -> Telephone: ...


@dataclass
class FakeRoom:
    engine: FakeEngine
    folder: Path
    target: str = "extension:801"
    nobody: str = "extension:999"
    came: "asyncio.Queue[CallLeg]" = field(default_factory=asyncio.Queue)

    async def call(self, caller: str = "13800138000") -> tuple[CallLeg, FakeParty]:
        party = await self.engine.call(caller)
        return await self.came.get(), party

    async def rings(self) -> FakeParty:
        return await self.engine.rings(self.target)


@asynccontextmanager
async def fake(folder: Path) -> AsyncIterator[EngineRoom]:
    room = FakeRoom(FakeEngine(real_time=True, folder=folder), folder)
    room.engine.unreachable.add(room.nobody)
    async with running(room.engine, room.came):
        yield room


@asynccontextmanager
async def running(engine: CallEngine, came: "asyncio.Queue[CallLeg]") -> AsyncIterator[None]:
    """The engine takes calls; what comes in lands in `came`."""

    async def incoming(leg: CallLeg) -> None:
        await came.put(leg)

    async def adopted(_: Adopted) -> None:
        return None

    task = asyncio.create_task(engine.run(incoming, adopted))

    async def ready() -> bool:
        if task.done():
            task.result()
        return (await engine.check()).ok

    try:
        await wait_until(ready, f"engine {engine.name} is ready", timeout_s=30)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[EngineRoom]:
    async with embedded_room(folder) as room, running(room.engine, room.came):
        yield room


@asynccontextmanager
async def asterisk(folder: Path) -> AsyncIterator[EngineRoom]:
    async with asterisk_room(folder) as room, running(room.engine, room.came):
        await registered(room)
        yield room


SUBJECTS: dict[str, Callable[[Path], AbstractAsyncContextManager[EngineRoom]]] = {
    "fake": fake,
    "embedded": embedded,
    "asterisk": asterisk,
}

ENDINGS = frozenset({HangUpCause.UNREACHABLE, HangUpCause.FAILED, HangUpCause.CONGESTION})
