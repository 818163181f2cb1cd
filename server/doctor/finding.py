"""What a check answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.settings import Settings
from server.speech import Say


class Verdict(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence on what is there and, unless it is good, one on what to do."""

    verdict: Verdict
    what: str
    mend: str = ""


Check = Callable[[Settings, Say], Awaitable[list[Finding]]]
Checks = Mapping[str, Check]


def good(what: str) -> Finding:
    return Finding(verdict=Verdict.GOOD, what=what)


def warning(what: str, mend: str) -> Finding:
    return Finding(verdict=Verdict.WARNING, what=what, mend=mend)


def wrong(what: str, mend: str) -> Finding:
    return Finding(verdict=Verdict.WRONG, what=what, mend=mend)


def without_database(say: Say) -> Finding:
    """Of a check that needs the database, which another check looks at."""
    what = say("数据库不可用", "the database cannot be used")
    return wrong(what, say("先修复 database 一项", "mend the database first"))
