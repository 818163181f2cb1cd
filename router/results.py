"""What the router answers: frozen values with ids, never with names or texts of citizens. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the rule table says about one request. `rule_id` None: no rule held, the default queue of the channel."""

    rule_id: str | None
    queue_id: str
    requirements: Mapping[str, int]
    priority: int = 0
    seal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a held contact enters the line. `hints` are added to what is known of it; the rules decide by them unless
    `queue_key` names the queue. `since` (aware UTC): the place that it keeps, from now when None."""

    hints: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None
    queue_key: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenState:
    """Whether a calendar is open; `changes_at` (aware UTC): when that ends, None: never. `told`: what the citizen is
    told, a code for the page's or the receipt's own words: open, closed_now, closed_holiday."""

    open_now: bool
    told: str
    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a new contact went. `due_at` aware UTC: when the queue's target (in workdays by the bureau's calendar) is
    missed; `due_on`: the same as a date in the workspace's zone. `waits_for_opening`: a live contact out of hours."""

    queue_id: str
    rule_id: str | None
    sealed: bool
    opening: OpenState
    due_at: datetime
    due_on: date
    waits_for_opening: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRange:
    """Seconds; eight of ten citizens wait between `low_s` and `high_s`. `method`: queue_length | head_of_line."""

    low_s: int
    high_s: int
    mean_s: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`position` 1 is next. `wait` None: nobody who could take it is here, so no honest number exists."""

    status: str
    position: int | None
    wait: WaitRange | None
    agent_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStanding:
    """`state` is derived: ready, ringing, on_contact, wrap_up, not_ready, offline, lost. `load` by channel class."""

    agent_id: str
    version: int
    presence: str
    reason: str | None
    pending: str | None
    state: str
    since: datetime
    capacity: Mapping[str, int]
    load: Mapping[str, int]
    group_name: str
    queue_ids: tuple[str, ...] = ()
    longest_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStanding:
    """One line of the board, of today in the workspace's zone. `service_level` None: nothing answered yet."""

    queue_id: str
    waiting: int
    longest_wait_s: int | None
    expected: WaitRange | None
    answered: int
    answered_in_time: int
    abandoned: int
    overdue: int
    free_agents: int
    online_agents: int
    trend: tuple[int, ...]

    @property
    def service_level(self) -> float | None:
        return self.answered_in_time / self.answered if self.answered else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmStanding:
    """`level` red | yellow | blue; `code` and `detail` are put into words by the page."""

    id: str
    level: str
    code: str
    since: datetime
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    at: datetime
    open_now: bool
    queues: tuple[QueueStanding, ...]
    agents: tuple[AgentStanding, ...]
    alarms: tuple[AlarmStanding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """`level` None takes the skill away."""

    agent_id: str
    skill_id: str
    level: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementChange:
    """One requirement set in use: who can take it before and after a change of levels (agent ids, sorted)."""

    requirements: Mapping[str, int]
    queue_ids: tuple[str, ...]
    waiting: int
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillsPreview:
    """`effects`: only sets that change, worst first. `unreachable`: waiting contacts that nobody could take then."""

    at: datetime
    effects: tuple[RequirementChange, ...]
    unchanged: int
    unreachable_contact_ids: tuple[str, ...]
