"""Between Python values and the compact texts of the functions: `|` separates the fields of an effect."""

from collections.abc import Iterable
from typing import Any

from router.effects import (
    EMERGENCY_MS,
    AgentDescription,
    AgentPaused,
    ContactDescription,
    ContactTruth,
    Effect,
    Expired,
    Moved,
    MoveKind,
    Offered,
    Outcome,
    Withdrawn,
    requirements_text,
)

Argument = str | int
NOT_APPLIED, MORE = 0, 2
SEPARATOR = "\x1f"


def packed(arguments: Iterable[Argument]) -> str:
    """All arguments of a call as one, each ended by a unit separator."""
    return SEPARATOR.join(map(str, arguments)) + SEPARATOR


def agent_arguments(agent: AgentDescription) -> tuple[Argument, ...]:
    capacity = agent.capacity
    return (
        agent.agent_id,
        requirements_text(agent.skills),
        capacity.voice,
        capacity.chat,
        capacity.message,
        agent.presence,
        agent.idle_since_ms,
        ",".join(agent.occupied_by),
    )


def contact_arguments(contact: ContactDescription) -> tuple[Argument, ...]:
    score = contact.score_ms - EMERGENCY_MS if contact.emergency else contact.score_ms
    head = (contact.contact_id, contact.plan.wire, score, contact.queued_at_ms, contact.step)
    preferred = contact.preferred
    if preferred is None:
        return (*head, "", "", "", "")
    return (*head, preferred.agent_id, preferred.until_ms, int(preferred.direct), preferred.return_to or "")


def truth_arguments(truth: ContactTruth) -> tuple[Argument, ...]:
    tail = (truth.placement, truth.agent_id or "", truth.fence, truth.expires_at_ms)
    return (*contact_arguments(truth.contact), *tail)


def outcome_of(reply: list[Any]) -> Outcome:
    return Outcome(
        applied=reply[0] != NOT_APPLIED,
        effects=tuple(effect_of(item) for item in reply[1:]),
        more=reply[0] == MORE,
    )


def effects_of(entries: Iterable[tuple[Any, dict[Any, Any]]]) -> list[Effect]:
    """From entries of the effect stream."""
    return [effect_of(f"{text_of(event_id)}|{text_of(next(iter(fields.values())))}") for event_id, fields in entries]


def effect_of(item: bytes | str) -> Effect:
    event_id, kind, *fields = text_of(item).split("|")
    return _DECODERS[kind](event_id, fields)


def text_of(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _offered(event_id: str, fields: list[str]) -> Offered:
    contact_id, agent_id, fence, offered_at, expires_at, eligible, free, found_by, strategy = fields[:9]
    levels, waiting, score, step, preferred = fields[9:]
    return Offered(
        event_id=event_id,
        contact_id=contact_id,
        agent_id=agent_id,
        fence=int(fence),
        offered_at_ms=int(offered_at),
        expires_at_ms=int(expires_at),
        why={
            "eligible": int(eligible),
            "free": int(free),
            "found_by": found_by,
            "strategy": strategy,
            "levels": levels_of(levels),
            "waiting_ms": int(waiting),
            "score_ms": int(score),
            "step": int(step),
            "preferred": preferred == "1",
        },
    )


def levels_of(text: str) -> dict[str, int]:
    """The map of a `skill:level,...` text."""
    pairs = (part.rpartition(":") for part in text.split(",") if part)
    return {skill: int(level) for skill, _, level in pairs}


def _expired(event_id: str, fields: list[str]) -> Expired:
    contact_id, agent_id, fence = fields
    return Expired(event_id=event_id, contact_id=contact_id, agent_id=agent_id, fence=int(fence))


def _withdrawn(event_id: str, fields: list[str]) -> Withdrawn:
    contact_id, agent_id, fence, reason = fields
    return Withdrawn(event_id=event_id, contact_id=contact_id, agent_id=agent_id, fence=int(fence), reason=reason)


def _moved(event_id: str, fields: list[str]) -> Moved:
    contact_id, kind, step, queue_id = fields
    return Moved(event_id=event_id, contact_id=contact_id, kind=MoveKind(kind), step=int(step), queue_id=queue_id)


def _paused(event_id: str, fields: list[str]) -> AgentPaused:
    agent_id, reason, at_ms = fields
    return AgentPaused(event_id=event_id, agent_id=agent_id, reason=reason, at_ms=int(at_ms))


_DECODERS = {"O": _offered, "X": _expired, "W": _withdrawn, "M": _moved, "P": _paused}
