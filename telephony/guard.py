"""Against those who would use our telephone at our cost, or keep it busy: whom a role may call, and how often."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from kit.errors import Forbidden, TooMany

# Reachable for everybody, always: police, fire, ambulance, traffic police.
EMERGENCY = frozenset({"110", "119", "120", "122"})
MOST_SOURCES = 10_000
AUTOMATIC = "automatic"
"""Stands for an account where nobody of ours chose the number: the system dials it by itself."""


class GuardSettings(BaseModel):
    """Numbers are E.164 or short; a plan is a list of beginnings, "" allows every number, a leading "!" forbids.

    The longest beginning that fits decides. Times in seconds.
    """

    model_config = ConfigDict(frozen=True)

    plans: Mapping[str, tuple[str, ...]] = Field(
        default={"": ("+86", "!+8616", "!+86900")}, description='role to beginnings; the role "" stands for all others'
    )
    calls_per_hour: int = Field(default=60, ge=1, description="dialled by one account")
    most_digits: int = Field(default=18, ge=3)
    source_calls: int = Field(default=10, ge=1, description="accepted from one caller within source_window_s")
    source_window_s: float = Field(default=60.0, gt=0)
    calls_per_second: int = Field(default=100, ge=1, description="accepted from all callers together")


class Window:
    """Counts what happened in the last `seconds`, for each of at most `MOST_SOURCES` names."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._past: OrderedDict[str, deque[float]] = OrderedDict()

    def admit(self, name: str) -> bool:
        """Whether one more fits; a refused one is not counted, so that patience helps."""
        now = self._clock()
        past = self._past.setdefault(name, deque())
        self._past.move_to_end(name)
        if len(self._past) > MOST_SOURCES:
            self._past.popitem(last=False)
        while past and past[0] <= now - self._seconds:
            past.popleft()
        if len(past) >= self._most:
            return False
        past.append(now)
        return True


class FloodGuard:
    """Who calls too often hears busy; the others are served."""

    def __init__(self, settings: GuardSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._sources = Window(settings.source_calls, settings.source_window_s, clock)
        self._all = Window(settings.calls_per_second, 1.0, clock)

    def admit(self, source: str) -> bool:
        """`source`: the caller's number, or the line where it is withheld."""
        return self._sources.admit(source) and self._all.admit("")


class DialGuard:
    """Decides about a number before it is dialled; emergency numbers are always allowed to people and never counted."""

    def __init__(self, settings: GuardSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._accounts = Window(settings.calls_per_hour, 3600.0, clock)

    def require(self, account_id: str, roles: Sequence[str], number: str) -> None:
        """Raises `Forbidden` (code `destination_not_allowed`) or `TooMany` (code `too_many_dials`)."""
        if number in EMERGENCY and account_id != AUTOMATIC:
            return
        if not self.permits(roles, number):
            raise Forbidden("This number may not be called.", code="destination_not_allowed")
        if not self._accounts.admit(account_id):
            raise TooMany("Too many calls within an hour.", code="too_many_dials")

    def permits(self, roles: Sequence[str], number: str) -> bool:
        """Whether a plan of theirs has the number. Nobody's emergency is one that a stranger typed for us to dial."""
        is_known = number not in EMERGENCY and self._is_number(number)
        return is_known and any(self._allows(role, number) for role in (*roles, ""))

    def _is_number(self, number: str) -> bool:
        digits = number.removeprefix("+")
        return digits.isascii() and digits.isdigit() and len(digits) <= self._settings.most_digits

    def _allows(self, role: str, number: str) -> bool:
        fitting = [
            beginning
            for beginning in self._settings.plans.get(role, ())
            if number.startswith(beginning.removeprefix("!"))
        ]
        return bool(fitting) and not max(fitting, key=lambda beginning: len(beginning.removeprefix("!"))).startswith(
            "!"
        )
