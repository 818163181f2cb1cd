"""The rule table: first line that holds, clear errors, always a default."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Invalid
from router import default_rules
from router.contact import Address, ContactRequest
from router.rules import Facts, Rule, first_match, holds, validate

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FACTS = Facts(
    channel="mail",
    recipient="rexian@kjj.example",
    subject="关于高企认定",
    text="请问 work permit 怎么办",
    language="zh-cn",
    topic="inquiry",
    kind="complaint",
    category="funding",
    at=NOON,
    open_now={"bureau": True, "hotline": True},
)


def rule(name: str, conditions: dict[str, Any], queue_id: str = "q") -> Rule:
    return Rule(id=name, name=name, conditions=conditions, queue_id=queue_id, requirements={})


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, True),
        ({"channels": ["chat", "mail"]}, True),
        ({"channels": ["chat"]}, False),
        ({"topics": ["inquiry"], "kinds": ["complaint"]}, True),
        ({"topics": ["inquiry"], "kinds": ["report"]}, False),
        ({"categories": ["funding"]}, True),
        ({"languages": ["zh"]}, True),
        ({"languages": ["en", "z"]}, False),
        ({"recipients": ["REXIAN@kjj.example"]}, True),
        ({"recipients": ["@kjj.example"]}, True),
        ({"recipients": ["@other.example"]}, False),
        ({"subject": ["高企"]}, True),
        ({"subject": ["work permit"]}, False),
        ({"text": ["Work Permit"]}, True),
        ({"anywhere": ["高企"]}, True),
        ({"hours": ["11:00", "12:01"]}, True),
        ({"hours": ["11:00", "12:00"]}, False),
        ({"hours": ["22:00", "12:01"]}, True),
        ({"weekdays": [2]}, True),
        ({"weekdays": [1, 7]}, False),
        ({"open": {"bureau": True}}, True),
        ({"open": {"bureau": False}}, False),
    ],
)
def test_conditions(conditions: dict[str, Any], expected: bool) -> None:
    assert holds(conditions, FACTS) is expected


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"colour": ["red"]}, "no condition colour"),
        ({"channels": "mail"}, "channels must be a list"),
        ({"channels": []}, "channels must be a list"),
        ({"subject": [1]}, "subject must be a list of keywords"),
        ({"hours": ["9", "25:00"]}, "hours must be two different times"),
        ({"hours": ["09:00", "09:00"]}, "hours must be two different times"),
        ({"weekdays": [0]}, "weekdays must be a list of numbers"),
        ({"weekdays": [True]}, "weekdays must be a list of numbers"),
        ({"open": {"bureau": "yes"}}, "open must be calendars"),
    ],
)
def test_a_wrong_condition_is_named_with_its_line(conditions: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid) as caught:
        validate([rule("夜间", conditions), rule("默认", {})], {"q"}, set())
    assert caught.value.detail.startswith("夜间")
    assert words in caught.value.detail


def test_unknown_queues_and_skills_are_refused() -> None:
    with pytest.raises(Invalid, match="no queue"):
        validate([rule("默认", {}, queue_id="gone")], {"q"}, set())
    with pytest.raises(Invalid, match="no skill"):
        validate([replace(rule("默认", {}), requirements={"gone": 3})], {"q"}, {"s"})
    with pytest.raises(Invalid, match="between 1 and 10"):
        validate([replace(rule("默认", {}), requirements={"s": 11})], {"q"}, {"s"})


def test_there_must_be_a_default_and_only_at_the_end() -> None:
    with pytest.raises(Invalid) as caught:
        validate([rule("邮件", {"channels": ["mail"]})], {"q"}, set())
    assert caught.value.code == "no_default"
    with pytest.raises(Invalid) as caught:
        validate([rule("早", {}), rule("默认", {})], {"q"}, set())
    assert caught.value.code == "unreachable_rule"


CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "channels": st.lists(st.sampled_from(["mail", "chat", "form"]), min_size=1),
        "topics": st.lists(st.sampled_from(["inquiry", "report"]), min_size=1),
        "subject": st.lists(st.sampled_from(["高企", "举报"]), min_size=1),
        "weekdays": st.lists(st.integers(1, 7), min_size=1),
    },
)


@given(st.lists(CONDITIONS.filter(bool), max_size=6))
def test_a_valid_table_always_decides_and_the_first_line_wins(lines: list[dict[str, Any]]) -> None:
    rules = [*(rule(str(index), conditions) for index, conditions in enumerate(lines)), rule("默认", {})]
    validate(rules, {"q"}, set())
    found = first_match(rules, FACTS)
    assert found is not None
    assert not any(holds(earlier.conditions, FACTS) for earlier in rules[: rules.index(found)])


def decided(channel: str, **values: Any) -> default_rules.DefaultRule:
    request = ContactRequest(
        channel=channel,
        external_id="1",
        thread_key="1",
        sender=Address(kind=channel, value="a@example.org"),
        recipient=Address(kind=channel, value="b@example.org"),
        received_at=NOON,
        **values,
    )
    facts = Facts.of(request, NOON, {"bureau": True, "hotline": True})
    return next(line for line in default_rules.rules() if holds(line.conditions, facts))


@pytest.mark.parametrize(
    ("channel", "values", "queue", "skill", "seal"),
    [
        ("chat", {"text": "高企认定需要什么材料"}, "chat", default_rules.HIGH_TECH, False),
        ("chat", {"text": "您好"}, "chat", None, False),
        ("chat", {"text": "您好", "hints": {"topic": "report"}}, "reports", None, True),
        ("chat", {"text": "实验室着火了"}, "emergency", None, False),
        ("form", {"text": "态度差", "hints": {"kind": "complaint"}}, "form", default_rules.COMPLAINTS, False),
        ("form", {"text": "某人", "hints": {"kind": "report"}}, "reports", None, True),
        ("mail", {"subject": "项目申报经费", "text": ""}, "mail", default_rules.FUNDING, False),
        ("mail", {"subject": "实名举报", "text": ""}, "reports", None, True),
        ("voice", {"hints": {"topic": "complaint"}}, "complaints", None, False),
        ("wechat", {"text": "您好"}, "mail", None, False),
    ],
)
def test_the_default_table(channel: str, values: dict[str, Any], queue: str, skill: str | None, seal: bool) -> None:
    line = decided(channel, **values)
    assert (line.queue, line.seal) == (queue, seal)
    assert (skill is None) or skill in line.requirements
