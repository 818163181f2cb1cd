"""Who can take what: requirements are minimum levels by skill, an agent's levels run from 1 to 10."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kit.errors import Invalid
from router.results import LevelChange, RequirementChange, SkillsPreview

Levels = Mapping[str, int]
LOWEST, HIGHEST = 1, 10

LANGUAGE_LEVEL = 3
LANGUAGE_SKILLS: Mapping[str, str] = {"en": "English", "yue": "粤语"}
"""Language (the first part of BCP 47) to the name of the skill it requires; Mandarin is everybody's."""


def meets(levels: Levels, requirements: Levels) -> bool:
    """Whether an agent with `levels` has every required skill at its minimum level."""
    return all(levels.get(skill, 0) >= minimum for skill, minimum in requirements.items())


def merged(*sets: Levels) -> dict[str, int]:
    """Requirements that satisfy all of `sets`: the highest minimum of each skill."""
    result: dict[str, int] = {}
    for requirements in sets:
        for skill, minimum in requirements.items():
            result[skill] = max(result.get(skill, 0), minimum)
    return result


def language_skill(language: str | None) -> str | None:
    """The name of the skill that `language` (BCP 47) calls for, if any."""
    primary = (language or "").lower().replace("_", "-").split("-")[0]
    return LANGUAGE_SKILLS.get(primary)


def validate_requirements(requirements: Levels, skill_ids: Iterable[str], where: str) -> None:
    """Raises `Invalid` naming `where` for an unknown skill or a level outside 1..10."""
    known = set(skill_ids)
    for skill, minimum in requirements.items():
        if skill not in known:
            raise Invalid(f"{where}: there is no skill {skill}.", code="unknown_skill")
        if not LOWEST <= minimum <= HIGHEST:
            raise Invalid(f"{where}: level {minimum} is not between 1 and 10.", code="invalid_level")


def changed(levels: Mapping[str, Levels], changes: Iterable[LevelChange]) -> dict[str, dict[str, int]]:
    """Levels by agent and skill after `changes`; the later of two for one cell holds."""
    result = {agent: dict(skills) for agent, skills in levels.items()}
    for change in changes:
        skills = result.setdefault(change.agent_id, {})
        if change.level is None:
            skills.pop(change.skill_id, None)
        else:
            skills[change.skill_id] = change.level
    return result


def eligible(levels: Mapping[str, Levels], requirements: Levels) -> tuple[str, ...]:
    """Ids of the agents who meet `requirements`, sorted."""
    return tuple(sorted(agent for agent, skills in levels.items() if meets(skills, requirements)))


class RequirementUse:
    """One requirement set in use: queues that ask for it, contacts that wait for it, and the least it relaxes to."""

    def __init__(self, requirements: Levels, relaxed: Levels) -> None:
        self.requirements = dict(requirements)
        self.relaxed = dict(relaxed)
        self.queue_ids: set[str] = set()
        self.contact_ids: list[str] = []


def preview(
    uses: Sequence[RequirementUse], before: Mapping[str, Levels], changes: Iterable[LevelChange], at: datetime
) -> SkillsPreview:
    """What `changes` do to each set in use. A contact is unreachable when nobody meets even its relaxed form."""
    after = changed(before, changes)
    effects, unchanged, unreachable = [], 0, []
    for use in uses:
        old, new = eligible(before, use.requirements), eligible(after, use.requirements)
        if not eligible(after, use.relaxed) and eligible(before, use.relaxed):
            unreachable.extend(use.contact_ids)
        if old == new:
            unchanged += 1
            continue
        effects.append(
            RequirementChange(
                requirements=use.requirements,
                queue_ids=tuple(sorted(use.queue_ids)),
                waiting=len(use.contact_ids),
                before=old,
                after=new,
            )
        )
    effects.sort(key=lambda effect: (len(effect.after), len(effect.after) - len(effect.before), -effect.waiting))
    return SkillsPreview(at=at, effects=tuple(effects), unchanged=unchanged, unreachable_contact_ids=tuple(unreachable))
