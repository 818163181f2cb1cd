"""What the switchboard asks of rooms above it; `server/wiring.py` supplies it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kit.blobs import Blob
from kit.unit_of_work import UnitOfWork
from telephony.calls import Media
from telephony.ivr.nodes import Say


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivingCall:
    """A call at its first ring. `caller` is "" when withheld; `engine_id` is unique among all calls.

    `session`: of the chat whose page the call comes from; the page of a report does not tell it.
    """

    engine_id: str
    caller: str
    dialled: str
    line: str = ""
    language: str = "zh-CN"
    name: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenMessage:
    """What a caller left. `contact_id`: of the call; `key` makes handing in idempotent."""

    key: str
    contact_id: str
    topic: str
    caller: str
    dialled: str
    language: str
    audio: Blob
    duration_s: float
    receipt: bool
    session: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    contact_id: str
    number: str = ""
    pin: str = ""


Arrive = Callable[[ArrivingCall], Awaitable[str]]
"""Make the call a contact; its id. Idempotent by `engine_id`.

Raises `Unavailable` when nothing was stored, `Forbidden` for a number that nothing is taken from.
"""

Phrases = Callable[[UnitOfWork, Sequence[str], str], Awaitable[Say]]
"""The workspace's words for keys (see `telephony.switchboard.waiting.Phrase`) in a language, with places to fill."""

HandIn = Callable[[SpokenMessage], Awaitable[HandedIn]]


class Speaker(Protocol):
    """Turns what is to be said into sounds. Never raises and never keeps a caller waiting long."""

    async def sounds(self, say: Say, language: str, values: dict[str, str]) -> Sequence[Media]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecording:
    """`started_at` is aware, in the workspace's zone."""

    id: str
    started_at: datetime
    duration_s: int


class SupervisorDesk(Protocol):
    """What supervisors may do on the telephone is what they may do on the page, and is written down like there."""

    async def sign_in(self, staff_number: str, pin: str, source: str) -> str | None:
        """The account, None for whoever is none of them, guessed wrong or guessed too often: nobody learns which."""
        ...

    async def agent(self, staff_number: str) -> str | None:
        """The account of an agent."""
        ...

    async def takes_part(self, account_id: str, contact_id: str, action: str) -> bool:
        """Whether he may; then it is written down. `action`: call.listen, call.whisper, call.barge, call.ended."""
        ...

    async def recordings(self, account_id: str, digits: str) -> Sequence[FoundRecording]:
        """Those of a caller, of an agent's staff number or of a line that `digits` name, the newest first."""
        ...

    async def recording(self, account_id: str, recording_id: str) -> Path | None:
        """The WAV file, and it is written down that it was heard; None once it is gone or closed to him."""
        ...
