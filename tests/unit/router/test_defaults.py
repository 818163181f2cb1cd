"""The default workspace holds together before it meets a database."""

from router import default_rules
from router.default_words import LISTS
from router.skills import LANGUAGE_SKILLS


def test_no_word_stands_twice_in_its_list() -> None:
    keys = [(word_list, key) for word_list, words, _ in LISTS for key, _, _ in words]
    assert len(keys) == len(set(keys))


def test_every_word_is_said_in_both_languages() -> None:
    assert all(label and label_en for _, words, _ in LISTS for _, label, label_en in words)


def test_queues_rules_and_languages_name_skills_that_exist() -> None:
    skills = {name for name, _ in default_rules.SKILLS}
    named = {skill for queue in default_rules.QUEUES for skill in queue.requirements}
    named |= {skill for line in default_rules.rules() for skill in line.requirements}
    assert named | set(LANGUAGE_SKILLS.values()) <= skills


def test_what_is_confidential_asks_for_a_skill_that_waiting_never_lowers() -> None:
    for queue in default_rules.QUEUES:
        if queue.sealed or queue.restricted:
            assert set(queue.requirements) & default_rules.CONFIDENTIAL
            assert queue.overflow is None
