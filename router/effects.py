"""What goes into the routing functions and what comes out of them.

Inputs describe agents and contacts the way SQL knows them. Results are effects: facts that Redis decided and
that SQL must follow. Applying an effect is idempotent: compare its fence (offers) or its step (moves) with the
row first. All times are milliseconds since the Unix epoch, UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from router.contact import DEFAULT_CAPACITY, ChannelClass

EMERGENCY_MS = 10**13
"""Subtracted from the score of an emergency: larger than any time stamp, so it is served before all others."""

SQL_GRACE_MS = 2_000
"""Redis expires an offer this much after `Offered.expires_at_ms`: it never overtakes an accept that SQL granted."""


class Strategy(StrEnum):
    """BEST: the highest level first, the weakest required skill being an agent's level; ties by longest idle."""

    BEST = "best"
    LONGEST_IDLE = "longest_idle"


class RoutingPresence(StrEnum):
    """Presence as routing sees it. OFFLINE and LOST take back a pending offer, NOT_READY lets it ring out."""

    READY = "ready"
    NOT_READY = "not_ready"
    OFFLINE = "offline"
    LOST = "lost"


class Placement(StrEnum):
    """Where SQL says that a contact is; GONE: routing has nothing to do with it (closed, parked, abandoned)."""

    QUEUED = "queued"
    OFFERED = "offered"
    ACTIVE = "active"
    WRAP_UP = "wrap_up"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Capacity:
    voice: int = DEFAULT_CAPACITY[ChannelClass.VOICE]
    chat: int = DEFAULT_CAPACITY[ChannelClass.CHAT]
    message: int = DEFAULT_CAPACITY[ChannelClass.MESSAGE]


@dataclass(frozen=True, kw_only=True)
class AgentDescription:
    """`skills` {skill id: level 1..10}; `idle_since_ms`: order of longest idle; `occupied_by`: ids of legs
    (dial-out, consult) that keep the agent busy."""

    agent_id: str
    skills: Mapping[str, int]
    capacity: Capacity = Capacity()
    presence: RoutingPresence = RoutingPresence.OFFLINE
    idle_since_ms: int = 0
    occupied_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """After `after_s` of waiting (from `queued_at_ms`) these requirements hold; with `queue_id` the contact
    overflows there."""

    after_s: int
    requirements: Mapping[str, int]
    queue_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How contacts of one kind are served. Build one for each queue and rule and reuse it: its wire text is kept.

    `requirements` {skill id: minimum level 1..10}; `steps` in the order of `after_s`. A step without `queue_id`
    stays in the queue that was reached before it.
    """

    queue_id: str
    channel_class: ChannelClass
    requirements: Mapping[str, int]
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_timeout_s: int = 10
    steps: tuple[Step, ...] = ()

    @cached_property
    def wire(self) -> str:
        """What the functions intern: `class|strategy|ring_ms`, then `after_ms|queue|requirements` for each stage."""
        stages = [f"0|{self.queue_id}|{requirements_text(self.requirements)}"]
        queue_id = self.queue_id
        for step in self.steps:
            queue_id = step.queue_id or queue_id
            stages.append(f"{step.after_s * 1000}|{queue_id}|{requirements_text(step.requirements)}")
        head = f"{self.channel_class}|{self.strategy}|{self.ring_timeout_s * 1000}"
        return ";".join([head, *stages])


@dataclass(frozen=True, kw_only=True)
class Preferred:
    """Keep the contact for one agent until `until_ms` (at most 10 s ahead, 20 s when `direct`), if that agent is
    ready.

    `direct`: chosen by a person (transfer), so skills are not asked. `return_to`: who gets it back, for up to
    10 s, when the chosen agent does not answer.
    """

    agent_id: str
    until_ms: int
    direct: bool = False
    return_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class ContactDescription:
    """A contact that waits. `score_ms`: see `score_ms()`, lowest first. `step`: steps of the plan that SQL has seen."""

    contact_id: str
    plan: Plan
    score_ms: int
    queued_at_ms: int
    emergency: bool = False
    step: int = 0
    preferred: Preferred | None = None


@dataclass(frozen=True, kw_only=True)
class ContactTruth:
    """A contact as SQL has it, for `load` and `sync`. `agent_id` and `fence` for offered, active and wrap-up;
    `expires_at_ms` for offered. WRAP_UP means a wrap-up that holds the slot; one that does not is GONE."""

    contact: ContactDescription
    placement: Placement
    agent_id: str | None = None
    fence: int = 0
    expires_at_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Effect:
    """`event_id`: entry of the effect stream, for `ack` once SQL has it."""

    event_id: str = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class Offered(Effect):
    """A reservation for one agent.

    `why`: eligible (agents with the skills), free (of these, able to take it now), found_by (contact|agent: who
    looked for whom), strategy, levels {skill: level}, waiting_ms, score_ms, step, preferred.
    """

    contact_id: str
    agent_id: str
    fence: int
    offered_at_ms: int
    expires_at_ms: int
    why: dict[str, Any] = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class Expired(Effect):
    """Nobody answered. The contact has its place again; if an `Offered` follows, it has a new agent already."""

    contact_id: str
    agent_id: str
    fence: int


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Effect):
    """An offer taken back, `reason`: offline, lost, requeued, cancelled, sync. Unless cancelled the contact has its
    place again."""

    contact_id: str
    agent_id: str
    fence: int
    reason: str


class MoveKind(StrEnum):
    RELAXED = "relaxed"
    OVERFLOWED = "overflowed"
    PREFERRED_EXPIRED = "preferred_expired"
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True)
class Moved(Effect):
    """The contact waits otherwise than before. `step`: steps of the plan applied; `queue_id`: where it waits now."""

    contact_id: str
    kind: MoveKind
    step: int
    queue_id: str


@dataclass(frozen=True, kw_only=True)
class AgentPaused(Effect):
    """The agent is not ready from now on; `reason`: no_answer."""

    agent_id: str
    reason: str
    at_ms: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`applied` False: nothing was done, the call came too late (other state, older fence, contact unknown or
    already known)."""

    applied: bool
    effects: tuple[Effect, ...] = ()
    more: bool = False
    """Of `tick`: further deadlines are due, call again."""


def score_ms(*, queued_at_ms: int, sla_s: int, priority: int = 0, ageing_s: int = 60) -> int:
    """Linear ageing without re-scoring: a priority point is worth `ageing_s` of waiting. Constant for a contact."""
    return queued_at_ms + sla_s * 1000 - ageing_s * 1000 * priority


def requirements_text(requirements: Mapping[str, int]) -> str:
    """`skill:level,...` in the order of ids, so that equal requirements have equal text."""
    return ",".join(f"{skill}:{level}" for skill, level in sorted(requirements.items()))
