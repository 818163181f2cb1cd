"""What a call is, whatever carries it: legs, bridges and the engine that makes them.

One contract suite runs over every engine (Asterisk, embedded, and the fake of the tests). An engine parks, plays and
bridges; it never chooses who answers. Times are seconds, numbers are E.164 where they could be normalised, otherwise
as the network gave them, and "" when withheld.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from kit.errors import AppError


class LegState(StrEnum):
    RINGING = "ringing"
    UP = "up"
    ENDED = "ended"


class HangUpCause(StrEnum):
    """Why a leg ended, in the words of the telephone network (ITU-T Q.850 values in brackets)."""

    NORMAL = "normal"  # 16
    BUSY = "busy"  # 17
    NO_ANSWER = "no_answer"  # 18, 19
    REJECTED = "rejected"  # 21
    UNREACHABLE = "unreachable"  # 1, 3, 20, 27
    CONGESTION = "congestion"  # 34, 42
    FAILED = "failed"  # all others


class SpyMode(StrEnum):
    """How a supervisor takes part: hears both; is heard by the agent alone; is heard by both."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


@dataclass(frozen=True, slots=True)
class Digit:
    """A key that was pressed: 0-9, * or #. Doubled digits of a bad network are already removed."""

    value: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FaxTone:
    """A fax machine calls (CNG, 1100 Hz)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of a leg."""

    cause: HangUpCause
    at: datetime


LegEvent = Digit | FaxTone | Answered | Ended


class LegEnded(AppError):
    """The leg is gone: what was asked of it did not happen."""

    status, code, title = 409, "leg_ended", "The call has ended"


class CallFailed(AppError):
    """The other side was not reached; `detail` holds the cause."""

    status, code, title = 502, "call_failed", "The call could not be made"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A recorded or spoken prompt: a WAV file, 16-bit mono PCM at 8 kHz, which engines may cache in their own form.

    `passing`: of one citizen or call; no engine keeps anything of it once it was played.
    """

    path: Path
    duration_s: float
    passing: bool = False


class CallLeg(Protocol):
    """One party's line. Methods on an ended leg raise `LegEnded`, as does one whose leg ends while it waits; all are
    safe to cancel. Keys wait in their order until `play(stop_on_digit=True)` or `collect_digits` takes them.
    """

    id: str
    caller: str
    dialled: str

    @property
    def state(self) -> LegState: ...

    @property
    def variables(self) -> dict[str, str]:
        """What the line says about itself: `line` (trunk, extension, web), `language`, `display_name`."""
        ...

    async def answer(self) -> None:
        """Repeating is harmless."""
        ...

    async def play(self, media: Media, *, stop_on_digit: bool = False) -> str | None:
        """Play to the end; with `stop_on_digit` a key ends it and is returned. Ends at once when cancelled."""
        ...

    async def play_all(self, sounds: AsyncGenerator[Media, None], *, stop_on_digit: bool = False) -> str | None:
        """As `play`, without a pause between them: each is asked for when the one before begins to be heard."""
        ...

    async def collect_digits(
        self, limit: int, timeout_s: float, *, first: str = "", terminator: str = "#", gap_s: float = 3.0
    ) -> str:
        """Up to `limit` keys: the first within `timeout_s`, the next each within `gap_s`, without the terminator.

        `first` was pressed already while a prompt played. "" when nothing came. Works in a bridge, too.
        """
        ...

    async def send_digits(self, digits: str) -> None: ...

    async def hold(self) -> None:
        """The party hears music, and nobody hears it."""
        ...

    async def resume(self) -> None: ...

    async def mute(self, muted: bool) -> None:
        """Nobody hears the party; it hears all."""
        ...

    async def music(self, playing: bool) -> None:
        """Waiting music while the leg is in no bridge; a prompt interrupts it and it goes on afterwards."""
        ...

    async def hang_up(self, cause: HangUpCause = HangUpCause.NORMAL) -> None:
        """Repeating is harmless."""
        ...

    def events(self) -> AsyncIterator[LegEvent]:
        """Every event from the leg's beginning, to each caller anew; ends after `Ended`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A finished one: WAV, 16-bit PCM, left what `left` said, right all others; `path` is the engine's own file."""

    path: Path
    started_at: datetime
    duration_s: float


class RecordingHandle(Protocol):
    async def stop(self) -> Recording:
        """End it (hang-up of a party ends it too) and hand over the file. Repeating answers the same."""
        ...


class Bridge(Protocol):
    """Parties who hear each other. It lives until `close`, also when it is empty."""

    id: str

    @property
    def legs(self) -> tuple[CallLeg, ...]: ...

    async def add(self, leg: CallLeg) -> None:
        """A leg is in one bridge at most: adding moves it."""
        ...

    async def remove(self, leg: CallLeg) -> None: ...

    async def record_stereo(self, left: CallLeg) -> RecordingHandle:
        """From now on: `left` on the left side, the mix of all others on the right."""
        ...

    async def play(self, media: Media) -> None:
        """To all of them."""
        ...

    async def close(self) -> None:
        """Legs stay up, in no bridge. Repeating is harmless."""
        ...


class Spy(Protocol):
    async def change(self, mode: SpyMode) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCapabilities:
    """`adopts_calls`: legs outlive the process and come back through `run`'s `on_adopted`."""

    adopts_calls: bool
    sip: bool
    fax: bool
    spy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineHealth:
    ok: bool
    detail: str = ""


OnIncoming = Callable[[CallLeg], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What was going on when an earlier process ended: legs, and which of them were bridged."""

    legs: tuple[CallLeg, ...] = ()
    bridges: tuple[Bridge, ...] = ()


OnAdopted = Callable[[Adopted], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """Whom to call. `to`: `agent:<account id>`, `web:<session id>`, `extension:<number>` or an E.164 number."""

    to: str
    caller: str
    timeout_s: float
    variables: dict[str, str] = field(default_factory=dict)


class CallEngine(Protocol):
    name: str
    capabilities: EngineCapabilities

    async def run(self, on_incoming: OnIncoming, on_adopted: OnAdopted) -> None:
        """Until cancelled; reconnects by itself. Each new inbound leg is handed over RINGING, in a task of its own."""
        ...

    async def originate(self, dial: Dial) -> CallLeg:
        """Ring `dial.to`; returns the leg RINGING at once. `Answered` or `Ended` follow as events.

        Raises `CallFailed` when it cannot even be tried.
        """
        ...

    async def bridge(self, *legs: CallLeg) -> Bridge: ...

    async def spy(self, target: CallLeg, listener: CallLeg, mode: SpyMode) -> Spy:
        """`listener` (up, in no bridge) takes part in the call of `target`, the agent's leg.

        Raises `AppError` code `not_supported` where the engine cannot.
        """
        ...

    async def check(self) -> EngineHealth: ...
