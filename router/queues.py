"""What a queue asks of an agent as waiting grows, and where a contact stands in the one line of all queues."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from router.contact import ChannelClass, class_of
from router.effects import Plan, Step, Strategy
from router.skills import merged

EVERY_SKILL = "*"
"""In a relaxation step: all skills that the step does not name."""

TARGET_S = {ChannelClass.VOICE: 15, ChannelClass.CHAT: 180, ChannelClass.MESSAGE: 86_400}
"""What a contact of another class than its queue's own is measured by: a form for the complaints desk is no call."""

Pairs = tuple[tuple[str, int], ...]


def pairs(requirements: Mapping[str, int]) -> Pairs:
    """Requirements in a form that can be hashed, in the order of skills."""
    return tuple(sorted(requirements.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """After `after_s` of waiting the named skills are required at most at these levels; 0 drops one."""

    after_s: int
    levels: Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """A queue as routing needs it. `requirements` are added to those of each contact."""

    id: str
    sla_s: int
    requirements: Pairs = ()
    relaxation: tuple[Relaxation, ...] = ()
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_timeout_s: int = 10
    emergency: bool = False
    overflow_after_s: int | None = None


def relaxed(requirements: Mapping[str, int], step: Relaxation, protected: frozenset[str]) -> dict[str, int]:
    """`requirements` lowered by one step. Skills in `protected` (confidential ones) are never lowered."""
    caps = dict(step.levels)
    result = {}
    for skill, level in requirements.items():
        cap = level if skill in protected else caps.get(skill, caps.get(EVERY_SKILL, level))
        if min(level, cap) > 0:
            result[skill] = min(level, cap)
    return result


@lru_cache(maxsize=4096)
def plan(
    queue: QueueSettings,
    overflow: QueueSettings | None,
    channel_class: ChannelClass,
    requirements: Pairs,
    protected: frozenset[str] = frozenset(),
) -> Plan:
    """How contacts of `queue` with these requirements of their own are served; equal arguments give the same object."""
    ends_s = queue.overflow_after_s if overflow is not None else None
    own, current = dict(requirements), merged(dict(queue.requirements), dict(requirements))
    steps: list[Step] = []
    for relaxation in sorted(queue.relaxation, key=lambda item: item.after_s):
        if ends_s is None or relaxation.after_s < ends_s:
            own, current = relaxed(own, relaxation, protected), relaxed(current, relaxation, protected)
            steps.append(Step(after_s=relaxation.after_s, requirements=current))
    if overflow is not None and ends_s is not None:
        after = merged(dict(overflow.requirements), own)
        steps.append(Step(after_s=ends_s, requirements=after, queue_id=overflow.id))
    return Plan(
        queue_id=queue.id,
        channel_class=channel_class,
        requirements=merged(dict(queue.requirements), dict(requirements)),
        strategy=queue.strategy,
        ring_timeout_s=queue.ring_timeout_s,
        steps=tuple(steps),
    )


def requirements_at(the_plan: Plan, step: int) -> Mapping[str, int]:
    """What holds after `step` steps of the plan."""
    return the_plan.steps[step - 1].requirements if step else the_plan.requirements


def target_s(sla_s: int, queue_channel: str, channel: str) -> int:
    """The target of a contact in a queue with `sla_s`, whose own channel is `queue_channel`."""
    kind = class_of(channel)
    return sla_s if kind is class_of(queue_channel) else max(sla_s, TARGET_S[kind])
