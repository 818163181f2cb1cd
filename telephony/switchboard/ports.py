"""What the switchboard asks of rooms above it; `server/wiring.py` supplies it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kit.blobs import Blob
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

HandIn = Callable[[SpokenMessage], Awaitable[HandedIn]]


class Speaker(Protocol):
    """Turns what is to be said into sounds. Never raises and never keeps a caller waiting long."""

    async def sounds(self, say: Say, language: str, values: dict[str, str]) -> Sequence[Media]: ...
