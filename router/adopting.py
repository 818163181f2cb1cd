"""Default rules that came with a newer version, put into the table of a workspace that began with an older one."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from router import default_rules
from router.default_rules import DefaultRule
from router.tables import QueueRow, RuleRow, SkillRow


def rule_keys() -> list[str]:
    """What tells the default rules apart, whatever an operator changes in them later."""
    return [_key(line) for line in default_rules.rules()]


async def adopt_rules(uow: UnitOfWork, known: Collection[str]) -> list[str]:
    """Add the default rules that the workspace never had, each before the one that follows it there; their names.

    `known` are the `rule_keys` that it had before: one of them that is gone was removed, and stays so. What stands in
    the table stays as it is, and so does what somebody wrote anew under its name or with the same conditions. A rule
    whose queue or skills are gone is left out. Safe to repeat.
    """
    rows = list(await uow.session.scalars(select(RuleRow).order_by(RuleRow.position)))
    if not rows:
        return []
    queues = {row.key: row.id for row in await uow.session.scalars(select(QueueRow))}
    skills = {row.name: row.id for row in await uow.session.scalars(select(SkillRow))}
    defaults, added = list(default_rules.rules()), []
    for place, line in enumerate(defaults):
        if _key(line) in known or _stands(line, rows):
            continue
        if line.queue in queues and line.requirements.keys() <= skills.keys():
            rows.insert(_place(rows, defaults[place + 1 :]), _row(line, queues, skills))
            added.append(line.name)
    if added:
        for position, row in enumerate(rows):
            row.position = position
        uow.session.add_all(rows)
        await uow.session.flush()
    return added


def _key(line: DefaultRule) -> str:
    return f"{line.name}/{'+'.join(sorted(line.conditions))}"


def _stands(line: DefaultRule, rows: Sequence[RuleRow]) -> bool:
    kinds = line.conditions.keys()
    return any(
        row.conditions == line.conditions or (row.name == line.name and row.conditions.keys() == kinds) for row in rows
    )


def _place(rows: Sequence[RuleRow], following: Sequence[DefaultRule]) -> int:
    """Before the first of the rules that follow by default; before the last line, which takes all that is left."""
    for line in following:
        for place, row in enumerate(rows):
            if row.name == line.name and row.conditions.keys() == line.conditions.keys():
                return place
    return len(rows) - 1


def _row(line: DefaultRule, queues: Mapping[str, str], skills: Mapping[str, str]) -> RuleRow:
    return RuleRow(
        id=new_id(),
        position=0,
        name=line.name,
        conditions=dict(line.conditions),
        queue_id=queues[line.queue],
        requirements={skills[name]: level for name, level in line.requirements.items()},
        priority=line.priority,
        seal=line.seal,
    )
