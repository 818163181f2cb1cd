"""What travels between Python and the functions."""

from router.contact import ChannelClass
from router.effects import (
    EMERGENCY_MS,
    AgentDescription,
    AgentPaused,
    Capacity,
    ContactDescription,
    Expired,
    Moved,
    MoveKind,
    Offered,
    Plan,
    Preferred,
    RoutingPresence,
    Step,
    Strategy,
    Withdrawn,
    score_ms,
)
from router.functions import library, wire

PLAN = Plan(
    queue_id="calls",
    channel_class=ChannelClass.VOICE,
    requirements={"english": 2, "advice": 5},
    strategy=Strategy.BEST,
    ring_timeout_s=8,
    steps=(Step(after_s=30, requirements={"advice": 3}), Step(after_s=60, requirements={}, queue_id="all")),
)


def test_equal_requirements_have_equal_text() -> None:
    turned = Plan(
        queue_id="calls",
        channel_class=ChannelClass.VOICE,
        requirements={"advice": 5, "english": 2},
        strategy=Strategy.BEST,
        ring_timeout_s=8,
        steps=PLAN.steps,
    )
    assert turned.wire == PLAN.wire
    assert PLAN.wire == "voice|best|8000;0|calls|advice:5,english:2;30000|calls|advice:3;60000|all|"


def test_an_emergency_goes_before_every_time_stamp() -> None:
    contact = ContactDescription(contact_id="c", plan=PLAN, score_ms=5, queued_at_ms=3, emergency=True)
    assert wire.contact_arguments(contact) == ("c", PLAN.wire, 5 - EMERGENCY_MS, 3, 0, "", "", "", "")


def test_a_preferred_agent_travels_with_its_conditions() -> None:
    preferred = Preferred(agent_id="a", until_ms=9, direct=True, return_to="b")
    contact = ContactDescription(contact_id="c", plan=PLAN, score_ms=5, queued_at_ms=3, step=1, preferred=preferred)
    assert wire.contact_arguments(contact)[4:] == (1, "a", 9, 1, "b")


def test_an_agent_travels_with_skills_capacity_and_legs() -> None:
    agent = AgentDescription(
        agent_id="a",
        skills={"english": 2, "advice": 5},
        capacity=Capacity(voice=1, chat=3, message=0),
        presence=RoutingPresence.READY,
        idle_since_ms=7,
        occupied_by=("leg",),
    )
    assert wire.agent_arguments(agent) == ("a", "advice:5,english:2", 1, 3, 0, "ready", 7, "leg")


def test_effects_are_read_from_their_text() -> None:
    outcome = wire.outcome_of(
        [
            1,
            b"1-1|O|c|a|9007199254740993|10|20|4|2|agent|best|advice:5,english:7|60|-8|1|1",
            b"1-2|X|c|a|7",
            b"1-3|W|c|a|7|lost",
            b"1-4|M|c|overflowed|2|all",
            b"1-5|P|a|no_answer|30",
        ]
    )
    offered, *others = outcome.effects
    assert isinstance(offered, Offered)
    assert (offered.event_id, offered.fence, offered.expires_at_ms) == ("1-1", 9007199254740993, 20)
    assert offered.why == {
        "eligible": 4,
        "free": 2,
        "found_by": "agent",
        "strategy": "best",
        "levels": {"advice": 5, "english": 7},
        "waiting_ms": 60,
        "score_ms": -8,
        "step": 1,
        "preferred": True,
    }
    assert others == [
        Expired(event_id="", contact_id="c", agent_id="a", fence=7),
        Withdrawn(event_id="", contact_id="c", agent_id="a", fence=7, reason="lost"),
        Moved(event_id="", contact_id="c", kind=MoveKind.OVERFLOWED, step=2, queue_id="all"),
        AgentPaused(event_id="", agent_id="a", reason="no_answer", at_ms=30),
    ]


def test_an_outcome_tells_late_and_more_apart() -> None:
    assert not wire.outcome_of([0]).applied
    assert (wire.outcome_of([1]).applied, wire.outcome_of([1]).more) == (True, False)
    assert (wire.outcome_of([2]).applied, wire.outcome_of([2]).more) == (True, True)


def test_a_priority_point_is_worth_its_waiting_time_at_any_age() -> None:
    plain = score_ms(queued_at_ms=0, sla_s=60)
    assert score_ms(queued_at_ms=119_999, sla_s=60, priority=2, ageing_s=60) < plain
    assert score_ms(queued_at_ms=120_001, sla_s=60, priority=2, ageing_s=60) > plain


def test_the_library_carries_its_version_in_every_name() -> None:
    text = library.source()
    assert text.startswith(f"#!lua name={library.NAME}\n")
    assert f"local NAMES = '{library.NAME}_'" in text
    assert text.count("redis.register_function(NAMES") == text.count("redis.register_function(") == 1
