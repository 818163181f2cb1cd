"""The routing side of a new workspace: skills, queues, rules and word lists, made once and then the operator's own."""

from collections.abc import Mapping

from sqlalchemy import select

from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from router import default_rules, rules
from router.default_words import LISTS
from router.tables import ChoiceRow, QueueRow, RuleRow, SkillRow


async def seed_routing(uow: UnitOfWork) -> None:
    """Add what is missing of the default workspace; what is there stays as it is. Safe to repeat."""
    skills = await _seed_skills(uow)
    queues = await _seed_queues(uow, skills)
    await _seed_rules(uow, skills, queues)
    await _seed_words(uow)
    await uow.session.flush()


async def _seed_skills(uow: UnitOfWork) -> Mapping[str, str]:
    ids = {row.name: row.id for row in await uow.session.scalars(select(SkillRow))}
    for position, (name, name_en) in enumerate(default_rules.SKILLS):
        if name not in ids:
            ids[name] = new_id()
            confidential = name in default_rules.CONFIDENTIAL
            uow.session.add(
                SkillRow(id=ids[name], name=name, name_en=name_en, position=position, confidential=confidential)
            )
    await uow.session.flush()
    return ids


async def _seed_queues(uow: UnitOfWork, skills: Mapping[str, str]) -> Mapping[str, str]:
    ids = {row.key: row.id for row in await uow.session.scalars(select(QueueRow))}
    made = {queue.key: new_id() for queue in default_rules.QUEUES if queue.key not in ids}
    ids |= made
    for position, queue in enumerate(default_rules.QUEUES):
        if queue.key in made:
            uow.session.add(_queue_row(queue, position, ids, skills))
    await uow.session.flush()
    return ids


def _queue_row(
    queue: default_rules.DefaultQueue, position: int, ids: Mapping[str, str], skills: Mapping[str, str]
) -> QueueRow:
    return QueueRow(
        id=ids[queue.key],
        key=queue.key,
        name=queue.name,
        name_en=queue.name_en,
        channel=queue.channel,
        position=position,
        strategy=queue.strategy,
        sla_s=queue.sla_s,
        wrap_up_s=queue.wrap_up_s,
        wrap_up_blocks=queue.blocks,
        emergency=queue.emergency,
        restricted=queue.restricted,
        sealed=queue.sealed,
        calendar=queue.calendar,
        requirements=_by_id(queue.requirements, skills),
        relaxation=[
            {"after_s": after_s, "requirements": _by_id(levels, skills)} for after_s, levels in queue.relaxation
        ],
        overflow_queue_id=ids[queue.overflow[0]] if queue.overflow else None,
        overflow_after_s=queue.overflow[1] if queue.overflow else None,
    )


def _by_id(levels: Mapping[str, int], skills: Mapping[str, str]) -> dict[str, int]:
    return {skills.get(name, name): level for name, level in levels.items()}


async def _seed_rules(uow: UnitOfWork, skills: Mapping[str, str], queues: Mapping[str, str]) -> None:
    """Only into an empty table: the order of the lines is the operator's."""
    if await uow.session.scalar(select(RuleRow.id).limit(1)) is not None:
        return
    lines = [
        rules.Rule(
            id=new_id(),
            name=line.name,
            conditions=line.conditions,
            queue_id=queues[line.queue],
            requirements=_by_id(line.requirements, skills),
            priority=line.priority,
            seal=line.seal,
        )
        for line in default_rules.rules()
    ]
    rules.validate(lines, set(queues.values()), set(skills.values()))
    for position, line in enumerate(lines):
        uow.session.add(
            RuleRow(
                id=line.id,
                position=position,
                name=line.name,
                conditions=dict(line.conditions),
                queue_id=line.queue_id,
                requirements=dict(line.requirements),
                priority=line.priority,
                seal=line.seal,
            )
        )


async def _seed_words(uow: UnitOfWork) -> None:
    there = {(row.list, row.key) for row in await uow.session.scalars(select(ChoiceRow))}
    for word_list, words, by_system in LISTS:
        for position, (key, label, label_en) in enumerate(words):
            if (word_list, key) not in there:
                uow.session.add(
                    ChoiceRow(
                        list=word_list,
                        key=key,
                        label=label,
                        label_en=label_en,
                        position=position,
                        by_system=by_system,
                    )
                )
