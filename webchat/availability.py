"""Whether a person can be reached now, and how long that takes: one answer for home page and chat."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from webchat.catalogue import Translator
from webchat.figures import moment


class Reason(StrEnum):
    OPEN = "open"
    CLOSED = "closed"  # out of hours
    BUSY = "busy"  # in hours, nobody signed in who could take a chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """`wait_low_s` and `wait_high_s` bound the expected wait of a contact that comes now; `opens_at` is aware."""

    reason: Reason
    wait_low_s: float | None = None
    wait_high_s: float | None = None
    opens_at: datetime | None = None

    @property
    def reachable(self) -> bool:
        return self.reason is Reason.OPEN

    def as_json(self) -> dict[str, Any]:
        return {
            "reachable": self.reachable,
            "reason": self.reason.value,
            "wait_low_s": self.wait_low_s,
            "wait_high_s": self.wait_high_s,
        }


class LiveFigures(Protocol):
    async def __call__(self) -> Availability:
        """The situation for a chat that begins now."""
        ...


def sentence(now: Availability, t: Translator, at: datetime, zone: ZoneInfo) -> str:
    """The situation in one sentence, waits in whole minutes."""
    if now.reason is Reason.CLOSED:
        if now.opens_at is None:
            return t("home.out_of_hours_unknown")
        return t("home.out_of_hours", opens=moment(now.opens_at, at, zone, t))
    if now.reason is Reason.BUSY:
        return t("home.human_busy")
    if now.wait_low_s is None or now.wait_high_s is None:
        return t("home.human_unknown")
    if now.wait_high_s < 60:
        return t("home.human_soon")
    low, high = whole_minutes(now.wait_low_s, now.wait_high_s)
    return t("home.human_range", low=low, high=high)


def whole_minutes(low_s: float, high_s: float) -> tuple[int, int]:
    """The range in whole minutes that holds the one in seconds; 1 to 2 at the least, so that it reads as a range."""
    low = max(1, int(low_s // 60))
    return low, max(low + 1, -int(-high_s // 60))
