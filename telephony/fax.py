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


class FaxPort(Protocol):
    """A further ability of an engine whose capabilities say `fax`. The leg has ended when these return.

    Both raise `LegEnded` for a leg that ended before. What arrived of a fax that was cut is handed over.
    """

    async def receive(self, leg: CallLeg) -> FaxResult:
        """Take a fax on this leg, which may be ringing or up. The caller owns the file at `path`."""
        ...

    async def send(self, leg: CallLeg, document: Path) -> FaxResult:
        """Send a TIFF (G4, 1728 dots wide) on this leg, which is up."""
        ...
