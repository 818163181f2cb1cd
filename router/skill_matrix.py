"""The skills matrix: levels read, changed, undone, and the effect of a change shown before it is saved."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select

from kit.access import Access
from kit.errors import Conflict, Invalid, NotFound
from kit.unit_of_work import UnitOfWork
from router import store
from router.contact import ContactStatus
from router.descriptions import capacity
from router.dispatch import Dispatch
from router.placing import rules_of
from router.queues import pairs
from router.results import LevelChange, SkillsPreview
from router.skills import HIGHEST, LOWEST, RequirementUse, preview
from router.store import RoutingSettings
from router.tables import AgentRow, AgentSkillRow, ContactRow, SkillChangeRow, SkillRow

NEVER_CHANGED = "0"


class SkillMatrix:
    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def version(self, uow: UnitOfWork) -> str:
        latest = await uow.session.scalar(select(SkillChangeRow.id).order_by(SkillChangeRow.id.desc()).limit(1))
        return latest or NEVER_CHANGED

    async def save(
        self, uow: UnitOfWork, changes: Sequence[LevelChange], reason: str, based_on: str
    ) -> SkillChangeRow | None:
        skill_ids = await self._lock(uow)
        if await self.version(uow) != based_on:
            raise Conflict("Somebody saved other levels in between; look at them first.", code="skills_changed")
        before = await store.levels(uow)
        _validate(changes, before, skill_ids)
        wanted = {(change.agent_id, change.skill_id): change.level for change in changes}
        differing = {cell: level for cell, level in wanted.items() if before[cell[0]].get(cell[1]) != level}
        if not differing:
            return None
        record = SkillChangeRow(
            changed_at=uow.now,
            changed_by_id=uow.access.actor_id or "",
            reason=reason,
            changes=[
                {"agent_id": agent, "skill_id": skill, "before": before[agent].get(skill), "after": level}
                for (agent, skill), level in sorted(differing.items())
            ],
        )
        uow.session.add(record)
        await self._write(uow, differing)
        await uow.session.flush()
        return record

    async def undo(self, uow: UnitOfWork, change_id: str) -> SkillChangeRow:
        await self._lock(uow)
        record = await uow.session.get(SkillChangeRow, change_id)
        if record is None:
            raise NotFound("There is no such change.")
        current = await store.levels(uow)
        for cell in record.changes:
            if current.get(cell["agent_id"], {}).get(cell["skill_id"]) != cell["after"]:
                raise Conflict("One of these levels has been changed again since.", code="skills_changed")
        back = [
            LevelChange(agent_id=cell["agent_id"], skill_id=cell["skill_id"], level=cell["before"])
            for cell in record.changes
        ]
        undone = await self.save(uow, back, f"↶ {record.reason}"[:500], await self.version(uow))
        if undone is None:
            raise Conflict("There is nothing to undo.", code="skills_changed")
        return undone

    async def _lock(self, uow: UnitOfWork) -> set[str]:
        """The ids of all skills; whoever else wants to save waits for this transaction."""
        return set(await uow.session.scalars(select(SkillRow.id).order_by(SkillRow.id).with_for_update()))

    async def _write(self, uow: UnitOfWork, cells: dict[tuple[str, str], int | None]) -> None:
        for (agent_id, skill_id), level in cells.items():
            await uow.session.execute(
                delete(AgentSkillRow).where(AgentSkillRow.agent_id == agent_id, AgentSkillRow.skill_id == skill_id)
            )
            if level is not None:
                uow.session.add(AgentSkillRow(agent_id=agent_id, skill_id=skill_id, level=level))
        workspace_id = uow.workspace_id
        for agent_id in sorted({agent_id for agent_id, _ in cells}):
            uow.after_commit(lambda agent_id=agent_id: self.push(workspace_id, agent_id))  # type: ignore[misc]

    async def push(self, workspace_id: str, agent_id: str) -> None:
        """Tell Redis an agent's levels and capacity as SQL has them."""
        dispatch = self._dispatch
        async with dispatch.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
            row = await uow.session.get(AgentRow, agent_id)
            levels = (await store.levels(uow, [agent_id])).get(agent_id, {})
        if row is None:
            return
        slots = capacity(row)
        await dispatch.carry_agent(
            workspace_id,
            agent_id,
            lambda: dispatch.functions.skills(workspace_id, agent_id, levels, slots, now_ms=dispatch.now_ms()),
        )

    async def preview(self, uow: UnitOfWork, changes: Sequence[LevelChange]) -> SkillsPreview:
        before = await store.levels(uow)
        _validate(changes, before, set(await uow.session.scalars(select(SkillRow.id))))
        return preview(await _uses(uow), before, changes, uow.now)


def _validate(changes: Sequence[LevelChange], levels: dict[str, dict[str, int]], skill_ids: set[str]) -> None:
    for change in changes:
        if change.agent_id not in levels:
            raise Invalid("One of the accounts handles no contacts.", code="not_an_agent")
        if change.skill_id not in skill_ids:
            raise Invalid("There is no such skill.", code="unknown_skill")
        if change.level is not None and not LOWEST <= change.level <= HIGHEST:
            raise Invalid("A level is between 1 and 10.", code="invalid_level")


async def _uses(uow: UnitOfWork) -> list[RequirementUse]:
    """Each requirement set that a queue, a rule or a waiting contact asks for (of what the access may see)."""
    settings = await store.routing_settings(uow)
    uses: dict[object, RequirementUse] = {}
    for queue in settings.queues.values():
        _use(uses, settings, queue.id, queue.channel, {})
    for rule in await rules_of(uow):
        if rule.queue_id in settings.queues:
            _use(uses, settings, rule.queue_id, settings.queue(rule.queue_id).channel, rule.requirements)
    waiting = select(ContactRow).where(ContactRow.status == ContactStatus.QUEUED)
    for row in await uow.session.scalars(waiting.order_by(ContactRow.queued_at)):
        home = row.home_queue_id or row.queue_id
        if home is not None and home in settings.queues:
            _use(uses, settings, home, row.channel, row.requirements).contact_ids.append(row.id)
    return list(uses.values())


def _use(
    uses: dict[object, RequirementUse],
    settings: RoutingSettings,
    queue_id: str,
    channel: str,
    requirements: Mapping[str, int],
) -> RequirementUse:
    plan = settings.plan(queue_id, channel, requirements)
    relaxed = plan.steps[-1].requirements if plan.steps else plan.requirements
    key = (pairs(plan.requirements), pairs(relaxed))
    use = uses.setdefault(key, RequirementUse(plan.requirements, relaxed))
    use.queue_ids.add(queue_id)
    return use
