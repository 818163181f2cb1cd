"""The skills matrix: seen, tried out before it is saved, saved with a reason, and its history."""

from collections.abc import Sequence

from sqlalchemy import select

from desk.access import Actor
from desk.inbox import presenting, store
from desk.schemas.supervision import (
    MatrixAgent,
    MatrixSkill,
    PreviewView,
    RequirementEffect,
    SkillChange,
    SkillHistoryItem,
    SkillsInput,
    SkillsView,
    UnreachableContact,
)
from kit.access import Access
from kit.errors import Invalid
from kit.unit_of_work import Database, UnitOfWork
from records.staff import audit
from records.staff import store as staff
from records.staff.permissions import Permission
from router.results import LevelChange
from router.service import Router
from router.tables import QueueRow, RuleRow, SkillChangeRow, SkillRow

HISTORY_LIMIT = 100


async def matrix(uow: UnitOfWork, router: Router) -> SkillsView:
    levels = await router.levels(uow)
    accounts = {row.id: row for row in await staff.accounts(uow) if not row.disabled}
    last = next(iter(await _changes(uow, 1)), None)
    names = await staff.names_of(uow, {last.changed_by_id if last else None})
    return SkillsView(
        version=await router.skills_version(uow),
        agents=[
            MatrixAgent(
                id=standing.agent_id,
                display_name=accounts[standing.agent_id].display_name,
                staff_number=accounts[standing.agent_id].staff_number,
                group_name=standing.group_name,
                state=standing.state,
                levels=levels.get(standing.agent_id, {}),
            )
            for standing in await router.agents(uow)
            if standing.agent_id in accounts
        ],
        skills=[
            MatrixSkill(id=row.id, name=row.name, name_en=row.name_en, confidential=row.confidential)
            for row in await _skills(uow)
        ],
        last_changed_at=last.changed_at if last else None,
        last_changed_by=names.get(last.changed_by_id) if last else None,
    )


async def preview(uow: UnitOfWork, router: Router, changes: Sequence[SkillChange], *, english: bool) -> PreviewView:
    """What saving would do, of the queues and contacts that the access may see."""
    found = await router.preview_skills(uow, _levels(changes))
    queues = {row.id: row.name_en if english else row.name for row in await store.queues(uow)}
    return PreviewView(
        at=found.at,
        effects=[
            RequirementEffect(
                requirements=dict(effect.requirements),
                queue_names=[queues[queue_id] for queue_id in effect.queue_ids if queue_id in queues],
                waiting=effect.waiting,
                before=list(effect.before),
                after=list(effect.after),
            )
            for effect in found.effects
        ],
        unchanged=found.unchanged,
        unreachable=await _unreachable(uow, found.unreachable_contact_ids),
    )


async def _unreachable(uow: UnitOfWork, contact_ids: Sequence[str]) -> list[UnreachableContact]:
    loaded = {one.row.id: one for one in await store.contacts_by_id(uow, contact_ids)}
    return [
        UnreachableContact(
            contact_id=one.row.id,
            channel=one.row.channel,
            title=presenting.title(one),
            waiting_s=presenting.waiting_s(one, uow.now),
            requirements=one.row.requirements,
        )
        for one in (loaded[contact_id] for contact_id in contact_ids if contact_id in loaded)
    ]


async def save(uow: UnitOfWork, router: Router, body: SkillsInput, sealing: frozenset[str]) -> SkillsView:
    """Save levels; the change can be seen and undone in the history.

    `sealing`: see `sealing_skills`. Raises `Conflict` (code `skills_changed`) when somebody saved in between, `Invalid`
    (code `not_cleared`) for such a skill of an account without the right to confidential contacts: it would be offered
    what it cannot see.
    """
    await _require_cleared(uow, body.changes, sealing)
    change = await router.set_skills(uow, _levels(body.changes), reason=body.reason, based_on=body.version)
    if change is not None:
        audit.record(uow, "skills.changed", "skills", change.id, body.reason, {"cells": len(body.changes)})
    return await matrix(uow, router)


async def sealing_skills(database: Database, who: Actor) -> frozenset[str]:
    """Ids of the skills that bring confidential contacts: what sealed queues and sealing rules require."""
    async with database.unit_of_work(Access.system(who.access.workspace_id or ""), read_only=True) as uow:
        queues = await uow.session.scalars(select(QueueRow.requirements).where(QueueRow.sealed.is_(True)))
        rules = await uow.session.scalars(select(RuleRow.requirements).where(RuleRow.seal.is_(True)))
        confidential = {row.id for row in await _skills(uow) if row.confidential}
        return frozenset(skill for required in [*queues, *rules] for skill in required if skill in confidential)


async def _require_cleared(uow: UnitOfWork, changes: Sequence[SkillChange], sealing: frozenset[str]) -> None:
    for agent_id in {one.agent_id for one in changes if one.level is not None and one.skill_id in sealing}:
        if Permission.SEALED_READ not in await staff.permissions_of(uow, agent_id):
            raise Invalid("This account has no right to confidential contacts.", code="not_cleared", agent_id=agent_id)


async def history(uow: UnitOfWork) -> list[SkillHistoryItem]:
    """Saved changes, newest first."""
    rows = await _changes(uow, HISTORY_LIMIT)
    names = await staff.names_of(uow, {row.changed_by_id for row in rows})
    return [
        SkillHistoryItem(
            id=row.id,
            changed_at=row.changed_at,
            changed_by=names.get(row.changed_by_id, ""),
            reason=row.reason,
            changes=row.changes,
        )
        for row in rows
    ]


async def _changes(uow: UnitOfWork, limit: int) -> list[SkillChangeRow]:
    query = select(SkillChangeRow).order_by(SkillChangeRow.changed_at.desc(), SkillChangeRow.id.desc()).limit(limit)
    return list(await uow.session.scalars(query))


async def _skills(uow: UnitOfWork) -> list[SkillRow]:
    return list(await uow.session.scalars(select(SkillRow).order_by(SkillRow.position)))


def _levels(changes: Sequence[SkillChange]) -> list[LevelChange]:
    return [LevelChange(agent_id=one.agent_id, skill_id=one.skill_id, level=one.level) for one in changes]
