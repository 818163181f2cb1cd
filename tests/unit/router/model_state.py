"""What the model keeps of an agent and of a contact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from router.contact import ChannelClass
from router.effects import EMERGENCY_MS, Capacity, ContactDescription, Preferred, RoutingPresence

EXCLUDED_MS = 30_000
PREFERRED_MS = 10_000
DIRECT_MS = 20_000
READY = RoutingPresence.READY
WAITING = ("q", "r")


@dataclass
class Agent:
    agent_id: str
    number: int
    skills: dict[str, int]
    capacity: Capacity
    presence: RoutingPresence
    idle_ms: int
    legs: set[str]
    used: dict[ChannelClass, int] = field(default_factory=lambda: dict.fromkeys(ChannelClass, 0))
    pending: str | None = None
    findable: set[ChannelClass] = field(default_factory=set)
    """Classes in which contacts may find the agent: only after the agent was given the best waiting contact."""

    def free(self, channel_class: ChannelClass) -> bool:
        if self.presence != READY or self.pending or self.legs:
            return False
        if channel_class != ChannelClass.VOICE and self.used[ChannelClass.VOICE]:
            return False
        return self.used[channel_class] < self.slots(channel_class)

    def slots(self, channel_class: ChannelClass) -> int:
        slots: int = getattr(self.capacity, channel_class)
        return slots

    def meets(self, requirements: Mapping[str, int]) -> bool:
        return all(self.skills.get(skill, 0) >= level for skill, level in requirements.items())


@dataclass
class Contact:
    described: ContactDescription
    step: int
    preferred: Preferred | None
    state: str = ""
    agent_id: str | None = None
    fence: int = 0
    offer_due_ms: int = 0
    excluded: dict[str, int] = field(default_factory=dict)

    @property
    def score(self) -> int:
        return self.described.score_ms - (EMERGENCY_MS if self.described.emergency else 0)

    @property
    def channel_class(self) -> ChannelClass:
        return self.described.plan.channel_class

    @property
    def requirements(self) -> Mapping[str, int]:
        plan = self.described.plan
        return plan.steps[self.step - 1].requirements if self.step else plan.requirements

    @property
    def queue_id(self) -> str:
        plan = self.described.plan
        overflows = [step.queue_id for step in plan.steps[: self.step] if step.queue_id]
        return overflows[-1] if overflows else plan.queue_id

    def excludes(self, agent_id: str, now_ms: int) -> bool:
        return self.excluded.get(agent_id, 0) > now_ms

    def due_ms(self) -> int | None:
        """The next moment at which time alone changes something."""
        if self.state == "o":
            return self.offer_due_ms
        if self.state not in WAITING:
            return None
        moments = list(self.excluded.values())
        steps = self.described.plan.steps
        if self.step < len(steps):
            moments.append(self.described.queued_at_ms + steps[self.step].after_s * 1000)
        if self.state == "r" and self.preferred:
            moments.append(self.preferred.until_ms)
        return min(moments, default=None)

    def why(self, agent: Agent, now_ms: int) -> dict[str, Any]:
        return {
            "strategy": str(self.described.plan.strategy),
            "levels": {skill: agent.skills.get(skill, 0) for skill in self.requirements},
            "waiting_ms": now_ms - self.described.queued_at_ms,
            "score_ms": self.score,
            "step": self.step,
            "preferred": self.preferred is not None and self.preferred.agent_id == agent.agent_id,
        }
