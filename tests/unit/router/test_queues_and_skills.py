"""What is asked of an agent as waiting grows, and what changed levels do."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from router.contact import ChannelClass
from router.queues import QueueSettings, Relaxation, pairs, plan, requirements_at, target_s
from router.results import LevelChange
from router.skills import RequirementUse, changed, eligible, language_skill, meets, merged, preview

AT = datetime(2026, 11, 24, tzinfo=UTC)
SKILLS = ("a", "b", "c")
requirement_sets = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 10), max_size=3)


def queue(**values: object) -> QueueSettings:
    return QueueSettings(**{"id": "q", "sla_s": 15, **values})  # type: ignore[arg-type]


def test_a_contact_needs_what_it_and_its_queue_ask_for() -> None:
    made = plan(queue(requirements=(("a", 3),)), None, ChannelClass.CHAT, (("a", 5), ("b", 2)))
    assert made.requirements == {"a": 5, "b": 2}


def test_relaxation_lowers_and_then_drops_but_never_a_protected_skill() -> None:
    steps = (Relaxation(after_s=30, levels=(("*", 1), ("b", 2))), Relaxation(after_s=60, levels=(("*", 0),)))
    made = plan(queue(relaxation=steps), None, ChannelClass.CHAT, pairs({"a": 5, "b": 5, "c": 5}), frozenset({"c"}))
    assert [(step.after_s, step.requirements) for step in made.steps] == [
        (30, {"a": 1, "b": 2, "c": 5}),
        (60, {"c": 5}),
    ]
    assert requirements_at(made, 0) == {"a": 5, "b": 5, "c": 5}
    assert requirements_at(made, 2) == {"c": 5}


def test_overflow_ends_the_chain_with_what_the_other_queue_asks_for() -> None:
    steps = (Relaxation(after_s=30, levels=(("b", 1),)), Relaxation(after_s=90, levels=(("*", 0),)))
    home = queue(requirements=(("a", 3),), relaxation=steps, overflow_after_s=60)
    made = plan(home, queue(id="other", requirements=(("c", 2),)), ChannelClass.VOICE, (("b", 4),))
    assert [(step.after_s, step.queue_id) for step in made.steps] == [(30, None), (60, "other")]
    assert made.steps[-1].requirements == {"b": 1, "c": 2}


@given(requirement_sets, st.lists(st.tuples(st.integers(1, 300), requirement_sets), max_size=4))
def test_waiting_never_asks_for_more(own: dict[str, int], chain: list[tuple[int, dict[str, int]]]) -> None:
    steps = tuple(Relaxation(after_s=after_s, levels=pairs(levels)) for after_s, levels in chain)
    made = plan(queue(relaxation=steps), None, ChannelClass.CHAT, pairs(own))
    asked = [made.requirements, *(step.requirements for step in made.steps)]
    for earlier, later in pairwise(asked):
        assert meets(earlier, later)


def test_equal_plans_are_one_object() -> None:
    arguments = (queue(), None, ChannelClass.CHAT, pairs({"b": 1, "a": 2}))
    assert plan(*arguments) is plan(*arguments)


def test_a_form_for_the_complaints_desk_is_not_measured_like_a_call() -> None:
    assert target_s(15, "voice", "voice") == 15
    assert target_s(15, "voice", "chat") == 180
    assert target_s(15, "voice", "form") == 86_400
    assert target_s(180, "sms", "sms") == 180


@given(requirement_sets, requirement_sets)
def test_merged_requirements_satisfy_both(one: dict[str, int], other: dict[str, int]) -> None:
    both = merged(one, other)
    assert meets(both, one)
    assert meets(both, other)
    assert set(both) == set(one) | set(other)


def test_languages_call_for_their_skill() -> None:
    assert language_skill("en-GB") == "English"
    assert language_skill("yue") == "粤语"
    assert language_skill("zh-CN") is None
    assert language_skill(None) is None


def test_a_preview_names_who_loses_and_who_cannot_be_reached() -> None:
    use = RequirementUse({"a": 5}, {"a": 1})
    use.queue_ids.add("q")
    use.contact_ids.extend(["one", "two"])
    other = RequirementUse({"b": 1}, {"b": 1})
    levels = {"x": {"a": 6, "b": 1}, "y": {"b": 9}}
    taken = LevelChange(agent_id="x", skill_id="a", level=None)
    result = preview([use, other], levels, [taken], AT)
    (effect,) = result.effects
    assert (effect.before, effect.after, effect.waiting) == (("x",), (), 2)
    assert (result.unchanged, result.unreachable_contact_ids) == (1, ("one", "two"))
    lowered = LevelChange(agent_id="x", skill_id="a", level=2)
    assert preview([use], levels, [lowered], AT).unreachable_contact_ids == ()


def test_changes_leave_the_matrix_they_came_from_alone() -> None:
    levels = {"x": {"a": 1}}
    after = changed(levels, [LevelChange(agent_id="x", skill_id="a", level=7)])
    assert levels == {"x": {"a": 1}}
    assert eligible(after, {"a": 7}) == ("x",)
