"""A contact goes (back) into the line: queued, transferred, given back, parked and woken."""

from datetime import datetime, timedelta
from typing import Any

from kit.errors import Conflict, Invalid
from kit.unit_of_work import UnitOfWork
from router import store
from router.announcements import agent_changed, contact_changed
from router.contact import Presence
from router.descriptions import contact_description, is_connected
from router.dispatch import Dispatch
from router.effects import ContactDescription
from router.queues import target_s
from router.sealing import seal
from router.skills import HIGHEST, LOWEST, merged
from router.states import Happening
from router.store import RoutingSettings
from router.tables import ContactRow, QueueRow

TRANSFER_WAIT = timedelta(seconds=20)
PASSED_ON_AS_REPORT = "转为举报"
NO_PREFERENCE: dict[str, Any] = {"preferred_agent_id": None, "preferred_until": None, "return_to_id": None}


class Passing:
    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def enqueue(self, uow: UnitOfWork, row: ContactRow, settings: RoutingSettings) -> None:
        """Let routing know of a contact that waits from now on."""
        described, dispatch, workspace_id = contact_description(row, settings), self._dispatch, uow.workspace_id
        dispatch.after(uow, lambda: dispatch.functions.enqueue(workspace_id, described, now_ms=dispatch.now_ms()))

    async def transfer(
        self, uow: UnitOfWork, contact_id: str, agent_id: str, to: str, target_id: str, level: int, note: str
    ) -> ContactRow:
        row = await store.contact(uow, contact_id)
        # Reports are passed on to colleagues of whom, and to a queue of which, the agent knows no more than the name.
        with uow.seeing_sealed():
            return await self._transfer(uow, row, agent_id, to, target_id, level, note)

    async def _transfer(
        self, uow: UnitOfWork, row: ContactRow, agent_id: str, to: str, target_id: str, level: int, note: str
    ) -> ContactRow:
        settings, seals = await store.routing_settings(uow), False
        if to == "agent":
            values = await self._to_agent(uow, row, settings, agent_id, target_id)
        elif to == "queue":
            values = _to_queue(row, settings, settings.queue(target_id))
            seals = settings.queue(target_id).sealed
        else:
            values = _to_skill(row, settings, target_id, level)
            seals = any(target_id in settings.clearance(queue) for queue in settings.queues.values() if queue.sealed)
        changed = await store.change_own(
            uow, row.id, agent_id, Happening.TRANSFER, agent_id=None, step=0, waiting_since=uow.now, **values
        )
        if seals:
            await seal(uow, changed.id, note or PASSED_ON_AS_REPORT)
        await self._leave(uow, changed, agent_id, "transferred", note=note)
        await agent_changed(uow, agent_id)
        return changed

    async def _to_agent(
        self, uow: UnitOfWork, row: ContactRow, settings: RoutingSettings, agent_id: str, target_id: str
    ) -> dict[str, Any]:
        if target_id == agent_id:
            raise Invalid("A contact cannot be transferred to the one who has it.", code="same_agent")
        target = await store.agent(uow, target_id)
        if target.presence != Presence.READY or target.pending or not is_connected(target, uow.now):
            raise Conflict("This agent is not ready.", code="agent_not_available")
        levels = (await store.levels(uow, [target_id])).get(target_id, {})
        required = settings.plan(row.home_queue_id, row.channel, row.requirements).requirements
        cleared = all(levels.get(skill, 0) >= required[skill] for skill in settings.protected & set(required))
        if row.sealed and not cleared:
            raise Conflict("This agent is not cleared for confidential reports.", code="agent_not_cleared")
        return {
            "preferred_agent_id": target_id,
            "preferred_until": uow.now + TRANSFER_WAIT,
            "return_to_id": agent_id,
        }

    async def requeue(self, uow: UnitOfWork, row: ContactRow, ended_by: str) -> None:
        """An active contact loses its agent and waits again at its place. The caller announces the agent, last."""
        agent_id = row.agent_id or ""
        changed = await store.try_change(
            uow,
            row.id,
            Happening.REQUEUE,
            ContactRow.agent_id == agent_id,
            agent_id=None,
            step=0,
            queue_id=row.home_queue_id or row.queue_id,
            waiting_since=uow.now,
            **NO_PREFERENCE,
        )
        if changed is not None:
            await self._leave(uow, changed, agent_id, ended_by)

    async def _leave(self, uow: UnitOfWork, row: ContactRow, agent_id: str, ended_by: str, *, note: str = "") -> None:
        interaction = await store.open_interaction(uow, row.id)
        if interaction is not None:
            interaction.handled_at = interaction.ended_at = uow.now
            interaction.ended_by, interaction.note = ended_by, note
        contact_changed(uow, row, previous_agent_id=agent_id)
        described = await self._dispatch.describe(uow, row)
        self._transfer_after(uow, described, agent_id, row.fence)
        self._dispatch.release(uow, row)

    def _transfer_after(self, uow: UnitOfWork, described: ContactDescription, agent_id: str, fence: int) -> None:
        dispatch, workspace_id = self._dispatch, uow.workspace_id
        dispatch.after(
            uow,
            lambda: dispatch.functions.transfer(workspace_id, described, agent_id, fence, now_ms=dispatch.now_ms()),
            contact_id=described.contact_id,
        )

    async def park(self, uow: UnitOfWork, contact_id: str, agent_id: str, until: datetime, reason: str) -> ContactRow:
        if until.tzinfo is None or until <= uow.now:
            raise Invalid("The day to come back to it must lie ahead.", code="parked_in_the_past")
        row = await store.change_own(uow, contact_id, agent_id, Happening.PARK, parked_until=until, park_reason=reason)
        interaction = await store.open_interaction(uow, contact_id)
        if interaction is not None:
            interaction.parked_at = uow.now
        contact_changed(uow, row)
        await agent_changed(uow, agent_id)
        dispatch, workspace_id, fence = self._dispatch, uow.workspace_id, row.fence
        dispatch.after(
            uow,
            lambda: dispatch.functions.park(workspace_id, contact_id, agent_id, fence, now_ms=dispatch.now_ms()),
            contact_id=contact_id,
        )
        return row

    async def wake(self, uow: UnitOfWork, row: ContactRow) -> None:
        """A reply came or the date has come: first to the agent who parked it, else to the queue."""
        settings = await store.routing_settings(uow)
        queue = settings.queue(row.home_queue_id or row.queue_id)
        calendar = (await store.calendars(uow))[queue.calendar]
        agent_id = row.agent_id
        changed = await store.try_change(
            uow,
            row.id,
            Happening.WAKE,
            agent_id=None,
            queue_id=queue.id,
            step=0,
            queued_at=uow.now,
            waiting_since=uow.now,
            due_at=calendar.due_at(uow.now, target_s(queue.sla_s, queue.channel, row.channel)),
            parked_until=None,
            park_reason=None,
            wrap_up_until=None,
            preferred_agent_id=agent_id,
            preferred_until=uow.now + timedelta(seconds=queue.preferred_wait_s),
            return_to_id=None,
        )
        if changed is None:
            return
        contact_changed(uow, changed, previous_agent_id=agent_id)
        await agent_changed(uow, agent_id)
        described, dispatch, workspace_id = contact_description(changed, settings), self._dispatch, uow.workspace_id
        dispatch.after(
            uow,
            lambda: dispatch.functions.wake(workspace_id, described, now_ms=dispatch.now_ms()),
            contact_id=changed.id,
        )


def _language_part(row: ContactRow, settings: RoutingSettings) -> dict[str, int]:
    """Of a contact's own requirements those that stay true wherever it goes: languages and confidentiality."""
    kept = settings.protected | settings.language_skill_ids
    return {skill: level for skill, level in row.requirements.items() if skill in kept}


def kept_requirements(row: ContactRow, settings: RoutingSettings, queue: QueueRow) -> dict[str, int]:
    """A contact's own requirements once it is passed on to `queue`."""
    return merged(_language_part(row, settings), settings.clearance(queue))


def _to_queue(row: ContactRow, settings: RoutingSettings, queue: QueueRow) -> dict[str, Any]:
    kept = kept_requirements(row, settings, queue)
    return {"queue_id": queue.id, "home_queue_id": queue.id, "requirements": kept, **NO_PREFERENCE}


def _to_skill(row: ContactRow, settings: RoutingSettings, skill_id: str, level: int) -> dict[str, Any]:
    if skill_id not in {skill.id for skill in settings.skills}:
        raise Invalid("There is no such skill.", code="unknown_skill")
    if not LOWEST <= level <= HIGHEST:
        raise Invalid("A level is between 1 and 10.", code="invalid_level")
    kept = merged(_language_part(row, settings), {skill_id: level})
    return {"queue_id": row.home_queue_id or row.queue_id, "requirements": kept, **NO_PREFERENCE}
