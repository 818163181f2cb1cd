"""The rule table: conditions over a request decide queue, skills, priority and seal; the first line that holds wins.

All conditions of a line must hold; within one condition any value will do. A line without conditions always holds, and
the last line must be such a default. Conditions are JSON:

    channels, topics, kinds, categories, languages, recipients   lists of exact values (languages: zh matches zh-CN;
                                                                 recipients: an address, or @domain)
    subject, text, anywhere                                      lists of keywords, any case, anywhere in it
    hours                                                        ["22:00", "06:00"] in the workspace's zone
    weekdays                                                     numbers, 1 is Monday
    open                                                         {"bureau": false}: calendars that are open or not
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from kit.errors import Invalid
from router.contact import ContactRequest
from router.skills import validate_requirements


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the conditions ask about. `at` is in the workspace's zone."""

    channel: str
    recipient: str
    subject: str
    text: str
    at: datetime
    language: str = ""
    topic: str = ""
    kind: str = ""
    category: str = ""
    open_now: Mapping[str, bool]

    @classmethod
    def of(cls, request: ContactRequest, at: datetime, open_now: Mapping[str, bool]) -> "Facts":
        """`at`: now in the workspace's zone; `open_now` by calendar."""
        hints = {name: str(request.hints.get(name) or "") for name in ("topic", "kind", "category")}
        return cls(
            channel=request.channel,
            recipient=request.recipient.value.lower(),
            subject=request.subject.lower(),
            text=request.text.lower(),
            language=(request.language or "").lower(),
            at=at,
            open_now=open_now,
            **hints,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    id: str
    name: str
    conditions: Mapping[str, Any]
    queue_id: str
    requirements: Mapping[str, int]
    priority: int = 0
    seal: bool = False


def first_match(rules: Sequence[Rule], facts: Facts) -> Rule | None:
    """The first rule, in the order given, all of whose conditions hold."""
    return next((rule for rule in rules if holds(rule.conditions, facts)), None)


def holds(conditions: Mapping[str, Any], facts: Facts) -> bool:
    """Whether every one of (valid) `conditions` holds for `facts`."""
    return all(_CONDITIONS[name].holds(wanted, facts) for name, wanted in conditions.items())


def validate(rules: Sequence[Rule], queue_ids: Collection[str], skill_ids: Collection[str]) -> None:
    """Raises `Invalid` that names the line and says what is wrong with it."""
    for rule in rules:
        validate_conditions(rule.conditions, rule.name)
        if rule.queue_id not in queue_ids:
            raise Invalid(f"{rule.name}: there is no queue {rule.queue_id}.", code="unknown_queue")
        validate_requirements(rule.requirements, skill_ids, rule.name)
    if not rules or rules[-1].conditions:
        raise Invalid("The last line must have no conditions, so that every request finds a queue.", code="no_default")
    early = next((rule for rule in rules[:-1] if not rule.conditions), None)
    if early is not None:
        raise Invalid(f"{early.name}: has no conditions, so no line below it is ever reached.", code="unreachable_rule")


def validate_conditions(conditions: Mapping[str, Any], where: str) -> None:
    """Raises `Invalid` naming `where` for an unknown condition or a value of the wrong form."""
    for name, wanted in conditions.items():
        condition = _CONDITIONS.get(name)
        if condition is None:
            known = ", ".join(sorted(_CONDITIONS))
            raise Invalid(f"{where}: there is no condition {name}; there are {known}.", code="unknown_condition")
        if not condition.valid(wanted):
            raise Invalid(f"{where}: {name} must be {condition.form}.", code="invalid_condition")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    form: str
    valid: Callable[[Any], bool]
    holds: Callable[[Any, Facts], bool]


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item for item in value)


def _exactly(field: Callable[[Facts], str]) -> _Condition:
    return _Condition(form="a list of texts", valid=_texts, holds=lambda wanted, facts: field(facts) in wanted)


def _keywords(*fields: Callable[[Facts], str]) -> _Condition:
    def found(wanted: list[str], facts: Facts) -> bool:
        return any(word.lower() in field(facts) for word in wanted for field in fields)

    return _Condition(form="a list of keywords", valid=_texts, holds=found)


def _speaks(wanted: list[str], facts: Facts) -> bool:
    return any(facts.language == tag.lower() or facts.language.startswith(f"{tag.lower()}-") for tag in wanted)


def _reached(wanted: list[str], facts: Facts) -> bool:
    return any(
        facts.recipient.endswith(line.lower()) if line.startswith("@") else facts.recipient == line.lower()
        for line in wanted
    )


def _is_span(value: Any) -> bool:
    try:
        start, end = (time.fromisoformat(item) for item in value)
    except (TypeError, ValueError):
        return False
    return start != end


def _within(wanted: list[str], facts: Facts) -> bool:
    start, end = (time.fromisoformat(item) for item in wanted)
    now = facts.at.time()
    return start <= now < end if start < end else now >= start or now < end


def _are_weekdays(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(item) is int and 1 <= item <= 7 for item in value)


def _are_calendars(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(type(item) is bool for item in value.values())


_CONDITIONS: Mapping[str, _Condition] = {
    "channels": _exactly(lambda facts: facts.channel),
    "topics": _exactly(lambda facts: facts.topic),
    "kinds": _exactly(lambda facts: facts.kind),
    "categories": _exactly(lambda facts: facts.category),
    "languages": _Condition(form="a list of language tags", valid=_texts, holds=_speaks),
    "recipients": _Condition(form="a list of addresses or @domains", valid=_texts, holds=_reached),
    "subject": _keywords(lambda facts: facts.subject),
    "text": _keywords(lambda facts: facts.text),
    "anywhere": _keywords(lambda facts: facts.subject, lambda facts: facts.text),
    "hours": _Condition(form='two different times, as ["22:00", "06:00"]', valid=_is_span, holds=_within),
    "weekdays": _Condition(
        form="a list of numbers from 1 (Monday) to 7",
        valid=_are_weekdays,
        holds=lambda wanted, facts: facts.at.isoweekday() in wanted,
    ),
    "open": _Condition(
        form='calendars with true or false, as {"bureau": false}',
        valid=_are_calendars,
        holds=lambda wanted, facts: all(facts.open_now.get(name) is state for name, state in wanted.items()),
    ),
}
