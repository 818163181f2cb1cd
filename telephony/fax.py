"""What a fax is, whatever engine carries it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from telephony.calls import CallLeg


class FaxStatus(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"  # cut: some pages came, or were taken
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaxResult:
    """`path`: the TIFF, None where no page came. `error` is the network's own word, for an operator.

    `station`: what the other machine says it is.
    """

    status: FaxStatus
    pages: int
    path: Path | None = None
    station: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftFax:
    """One that an earlier process was receiving: `call_id` is the id of its leg."""

    mark: str
    call_id: str
    caller: str
    dialled: str


class FaxPort(Protocol):
    """A further ability of an engine whose capabilities say `fax`. The leg has ended when a fax is over.

    A fax goes on without the process that began it. The next one finds it by its mark: letters and digits, another for
    each fax, remembered by the engine until it is told to forget it.
    """

    async def receive(self, leg: CallLeg, mark: str) -> FaxResult:
        """Take a fax on this leg, which may be ringing or up. What arrived of a fax that was cut is handed over.

        Raises `LegEnded` for a leg that ended before. The file at `path` stays until the fax is forgotten.
        """
        ...

    async def send(self, leg: CallLeg, document: Path, mark: str) -> FaxResult:
        """Send a TIFF (G4, 1728 dots wide) on this leg, which is up. Raises as `receive`."""
        ...

    async def resume(self, mark: str) -> FaxResult | None:
        """What became of a fax, once it is over; None where none was begun under `mark`, or nobody knows its end."""
        ...

    async def left(self) -> list[LeftFax]:
        """What came in while an earlier process ended, or comes in still."""
        ...

    async def forget(self, mark: str) -> None:
        """Its end is written down. Harmless to repeat."""
        ...
