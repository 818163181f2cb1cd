"""What time brings, and what crashes left. Any number of nodes may run it: every step is a conditional update, or a
routing function that only one caller can apply."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from redis.exceptions import RedisError
from sqlalchemy import select

from kit.access import Access
from kit.errors import Conflict, Unavailable
from kit.unit_of_work import UnitOfWork
from records.staff.tables import WorkspaceRow
from router import store
from router.announcements import agent_changed, contact_changed
from router.contact import ContactStatus, Presence
from router.dispatch import Dispatch
from router.effects import ContactTruth, Placement
from router.functions.client import RebuildNeeded
from router.handling import Handling
from router.passing import Passing
from router.placing import Placing
from router.presence import PresenceDesk
from router.rebuild import PAGE, Rebuild, truths_after
from router.tables import AgentRow, ContactRow

log = logging.getLogger(__name__)

TICK_S = 0.25
RETRY_S = 1.0
SWEEP_EVERY = 4
AUDIT_EVERY = 40
SCAN_EVERY = 240
AUDIT_PAGES = 4
BATCH = 100
STATES = {"q": Placement.QUEUED, "r": Placement.QUEUED, "o": Placement.OFFERED, "a": Placement.ACTIVE}


class Sweeper:
    def __init__(
        self,
        dispatch: Dispatch,
        *,
        placing: Placing,
        passing: Passing,
        handling: Handling,
        presence: PresenceDesk,
        rebuild: Rebuild,
    ) -> None:
        self._dispatch = dispatch
        self._placing, self._passing, self._handling = placing, passing, handling
        self._presence, self._rebuild = presence, rebuild
        self._audited: dict[str, str] = {}

    async def run(self) -> None:
        """Until cancelled. A failure is logged and tried again; other workspaces go on meanwhile."""
        turn = 0
        while True:
            for workspace_id in await self._workspaces():
                try:
                    await self.turn(workspace_id, turn)
                except (RedisError, OSError, Unavailable):
                    log.warning("timers of %s wait for Redis or the database", workspace_id)
                    await asyncio.sleep(RETRY_S)
                except Exception:
                    log.exception("timers of %s failed; they go on", workspace_id)
                    await asyncio.sleep(RETRY_S)
            turn += 1
            await asyncio.sleep(TICK_S)

    async def _workspaces(self) -> list[str]:
        try:
            async with self._dispatch.database.unit_of_work(Access.platform(), read_only=True) as uow:
                return list(await uow.session.scalars(select(WorkspaceRow.id)))
        except Unavailable:
            return []

    async def turn(self, workspace_id: str, turn: int = 0) -> None:
        """One step of the timers; the rarer parts by the number of the turn (0: all of them)."""
        try:
            await self.tick(workspace_id)
            if turn % SWEEP_EVERY == 0:
                await self.sweep(workspace_id)
            if turn % AUDIT_EVERY == 0:
                await self.audit(workspace_id)
            if turn % SCAN_EVERY == 0:
                await self.forget_ended(workspace_id)
        except RebuildNeeded:
            await self._rebuild.run(workspace_id)
            # What came in while it ran is in SQL only.
            await self.audit(workspace_id)

    async def tick(self, workspace_id: str) -> None:
        """Deadlines of offers, relaxation, overflow and reservations."""
        dispatch, more = self._dispatch, True
        while more:
            outcome = await dispatch.functions.tick(workspace_id, now_ms=dispatch.now_ms())
            await dispatch.apply(workspace_id, outcome.effects)
            more = outcome.more

    async def sweep(self, workspace_id: str) -> None:
        """Effects that nobody wrote down, silent agents, wake dates, ended wrap-ups, openings."""
        leftovers = await self._dispatch.functions.leftovers(workspace_id)
        await self._dispatch.apply(workspace_id, leftovers)
        await self._presence.lose_silent_agents(workspace_id)
        await self._each(workspace_id, _to_wake, self._passing.wake)
        await self._each(workspace_id, _wrap_ups_over, self._handling.expire_wrap_up)
        await self._each(workspace_id, _waiting_for_opening, self._open)
        await self._each(workspace_id, _without_agent, self._give_back)

    async def _each(
        self,
        workspace_id: str,
        due: Callable[[UnitOfWork], Awaitable[Sequence[ContactRow]]],
        action: Callable[[UnitOfWork, ContactRow], Awaitable[None]],
    ) -> None:
        database, access = self._dispatch.database, Access.system(workspace_id)
        async with database.unit_of_work(access, read_only=True) as uow:
            rows = await due(uow)
        for row in rows:
            try:
                async with database.unit_of_work(access) as uow:
                    await action(uow, await store.contact(uow, row.id))
            except Conflict:
                log.info("contact %s was dealt with by another node", row.id)

    async def _open(self, uow: UnitOfWork, row: ContactRow) -> None:
        settings = await store.routing_settings(uow)
        calendar = (await store.calendars(uow))[settings.queue(row.queue_id).calendar]
        if row.status == ContactStatus.RECEIVED and calendar.open_state(uow.now).open_now:
            await self._placing.open(uow, row, settings)
            row.version += 1
            contact_changed(uow, row)

    async def _give_back(self, uow: UnitOfWork, row: ContactRow) -> None:
        await self._passing.requeue(uow, row, "logged_out")
        await agent_changed(uow, row.agent_id)

    async def audit(self, workspace_id: str) -> int:
        """Compare a part of what SQL holds with Redis, the next part the next time; returns how many were set right."""
        healed = 0
        for _ in range(AUDIT_PAGES):
            after = self._audited.get(workspace_id, "")
            async with self._dispatch.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
                page = await truths_after(uow, after)
            answers = await asyncio.gather(*(self._differs(workspace_id, truth) for truth in page))
            differing = [truth.contact.contact_id for truth, differs in zip(page, answers, strict=True) if differs]
            healed += await self._heal(workspace_id, differing)
            self._audited[workspace_id] = page[-1].contact.contact_id if len(page) == PAGE else ""
            if len(page) < PAGE:
                break
        return healed

    async def _differs(self, workspace_id: str, truth: ContactTruth) -> bool:
        found = await self._dispatch.functions.contact(
            workspace_id, truth.contact.contact_id, now_ms=self._dispatch.now_ms()
        )
        if found is None or truth.placement is Placement.GONE:
            return (found is None) != (truth.placement is Placement.GONE)
        state = STATES.get(found["state"], Placement.WRAP_UP)
        if state is Placement.QUEUED and truth.placement is Placement.QUEUED:
            return False
        return bool(state is not truth.placement or found["fence"] != truth.fence)

    async def _heal(self, workspace_id: str, contact_ids: Sequence[str]) -> int:
        """Only what still differs a moment later: it may just have been on its way."""
        if not contact_ids:
            return 0
        seen = await self._versions(workspace_id, contact_ids)
        await asyncio.sleep(TICK_S)
        now = await self._versions(workspace_id, contact_ids)
        stuck = [contact_id for contact_id in contact_ids if seen.get(contact_id) == now.get(contact_id)]
        for contact_id in stuck:
            await self._dispatch.sync(workspace_id, contact_id)
        return len(stuck)

    async def _versions(self, workspace_id: str, contact_ids: Sequence[str]) -> dict[str, int]:
        async with self._dispatch.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
            rows = await uow.session.execute(
                select(ContactRow.id, ContactRow.version).where(ContactRow.id.in_(contact_ids))
            )
            return {row[0]: row[1] for row in rows}

    async def forget_ended(self, workspace_id: str) -> int:
        """Contacts that Redis holds and SQL has ended or never kept; returns how many."""
        found = self._dispatch.functions.held(workspace_id, now_ms=self._dispatch.now_ms())
        held = [item.contact_id async for item in found]
        stale: list[str] = []
        for start in range(0, len(held), BATCH):
            stale += await self._ended(workspace_id, held[start : start + BATCH])
        return await self._heal(workspace_id, stale)

    async def _ended(self, workspace_id: str, contact_ids: Sequence[str]) -> list[str]:
        over = (ContactStatus.CLOSED, ContactStatus.ABANDONED, ContactStatus.PARKED)
        async with self._dispatch.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
            return list(
                await uow.session.scalars(
                    select(ContactRow.id).where(ContactRow.id.in_(contact_ids), ContactRow.status.in_(over))
                )
            )


async def _to_wake(uow: UnitOfWork) -> Sequence[ContactRow]:
    due = select(ContactRow).where(ContactRow.status == ContactStatus.PARKED, ContactRow.parked_until <= uow.now)
    return list(await uow.session.scalars(due.order_by(ContactRow.parked_until).limit(BATCH)))


async def _wrap_ups_over(uow: UnitOfWork) -> Sequence[ContactRow]:
    due = select(ContactRow).where(ContactRow.status == ContactStatus.WRAP_UP, ContactRow.wrap_up_until <= uow.now)
    return list(await uow.session.scalars(due.order_by(ContactRow.wrap_up_until).limit(BATCH)))


async def _waiting_for_opening(uow: UnitOfWork) -> Sequence[ContactRow]:
    placed = select(ContactRow).where(ContactRow.status == ContactStatus.RECEIVED, ContactRow.queue_id.is_not(None))
    rows = list(await uow.session.scalars(placed.order_by(ContactRow.received_at).limit(BATCH)))
    if not rows:
        return []
    settings, calendars = await store.routing_settings(uow), await store.calendars(uow)
    open_now = {name: calendar.open_state(uow.now).open_now for name, calendar in calendars.items()}
    return [row for row in rows if open_now[settings.queue(row.queue_id).calendar]]


async def _without_agent(uow: UnitOfWork) -> Sequence[ContactRow]:
    """Active contacts of agents who are offline: they logged out after a live contact, or a crash cut in."""
    orphaned = (
        select(ContactRow)
        .join(AgentRow, AgentRow.id == ContactRow.agent_id)
        .where(ContactRow.status == ContactStatus.ACTIVE, AgentRow.presence == Presence.OFFLINE)
    )
    return list(await uow.session.scalars(orphaned.limit(BATCH)))
