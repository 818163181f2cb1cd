"""Who is there: presence by choice, sockets with a lease, lost and logged-out agents."""

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update

from kit.access import Access
from kit.errors import Invalid
from kit.unit_of_work import UnitOfWork
from router import store
from router.announcements import agent_changed
from router.contact import DEFAULT_CAPACITY, ContactStatus, Presence
from router.descriptions import is_connected
from router.dispatch import Dispatch
from router.effects import RoutingPresence
from router.passing import Passing
from router.pending import LIVE, LOGOUT, live_contacts
from router.tables import AgentRow

log = logging.getLogger(__name__)

SOCKET_LEASE = timedelta(seconds=25)
GIVEN_UP = timedelta(minutes=30)
"""After this long without a socket an agent counts as offline, and text contacts go back to the queue too."""
CONNECTION_LOST = "connection_lost"


class PresenceDesk:
    def __init__(self, dispatch: Dispatch, passing: Passing) -> None:
        self._dispatch = dispatch
        self._passing = passing

    async def register(self, uow: UnitOfWork, account_id: str, group_name: str) -> None:
        """Make an account one that handles contacts."""
        if await uow.session.get(AgentRow, account_id) is None:
            uow.session.add(
                AgentRow(
                    id=account_id,
                    presence=Presence.OFFLINE,
                    capacity={str(name): slots for name, slots in DEFAULT_CAPACITY.items()},
                    presence_since=uow.now,
                    group_name=group_name,
                )
            )
            await uow.session.flush()
            self._dispatch.after_agent(uow, account_id)

    async def choose(self, workspace_id: str, agent_id: str, presence: Presence, reason: str | None) -> None:
        """The agent's own choice."""
        async with self._dispatch.database.unit_of_work(Access.system(workspace_id)) as uow:
            await store.agent(uow, agent_id)
            if presence is Presence.NOT_READY:
                await self._not_ready(uow, agent_id, reason)
            elif presence is Presence.OFFLINE:
                await self.go_offline(uow, agent_id)
            else:
                await self._set(uow, agent_id, presence=Presence.READY, reason=None, pending=None)

    async def _not_ready(self, uow: UnitOfWork, agent_id: str, reason: str | None) -> None:
        if not reason:
            raise Invalid("Say why: being not ready needs a reason.", code="reason_missing")
        await store.require_choice(uow, "not_ready", reason)
        row = await store.agent(uow, agent_id)
        if row.presence == Presence.READY and await live_contacts(uow, agent_id):
            await self._set(uow, agent_id, pending=reason)
        else:
            await self._set(uow, agent_id, presence=Presence.NOT_READY, reason=reason, pending=None)

    async def _set(self, uow: UnitOfWork, agent_id: str, **values: Any) -> None:
        if "presence" in values:
            values["presence_since"] = uow.now
        await uow.session.execute(
            update(AgentRow)
            .where(AgentRow.id == agent_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        await agent_changed(uow, agent_id)
        self._dispatch.after_agent(uow, agent_id)

    async def go_offline(self, uow: UnitOfWork, agent_id: str, *, ended_by: str = "logged_out") -> None:
        """Offline, without anything in hand: what was active is back at its place, what is parked stays parked."""
        self._dispatch.after_agent(uow, agent_id)
        for row in await store.contacts_of(uow, agent_id, ContactStatus.ACTIVE):
            await self._passing.requeue(uow, row, ended_by)
        await self._set(uow, agent_id, presence=Presence.OFFLINE, reason=None, pending=None)

    async def log_out(self, workspace_id: str, agent_id: str, *, by: str, after_contact: bool) -> None:
        """A supervisor's order; `after_contact`: once no live contact is left."""
        log.info("agent %s is logged out by %s", agent_id, by)
        async with self._dispatch.database.unit_of_work(Access.system(workspace_id)) as uow:
            await store.agent(uow, agent_id)
            if after_contact and await live_contacts(uow, agent_id):
                await self._set(uow, agent_id, pending=LOGOUT)
            else:
                await self.go_offline(uow, agent_id)

    async def connected(self, workspace_id: str, agent_id: str) -> None:
        """Renew the lease, and tell Redis anyway: that heals what a crash left."""
        async with self._dispatch.database.unit_of_work(Access.system(workspace_id)) as uow:
            row = await store.agent(uow, agent_id)
            was_there = is_connected(row, uow.now)
            await uow.session.execute(
                update(AgentRow)
                .where(AgentRow.id == agent_id)
                .values(connected_until=uow.now + SOCKET_LEASE)
                .execution_options(synchronize_session=False)
            )
            if not was_there:
                await agent_changed(uow, agent_id)
            self._dispatch.after_agent(uow, agent_id)

    async def disconnected(self, workspace_id: str, agent_id: str) -> None:
        """No new offers for the time being; another socket or the same page reloaded is back with its next sign."""
        async with self._dispatch.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
            row = await store.agent(uow, agent_id)
            if row.presence == Presence.READY:
                uow.after_commit(lambda: self._hold_offers(workspace_id, agent_id))

    async def _hold_offers(self, workspace_id: str, agent_id: str) -> None:
        dispatch, functions = self._dispatch, self._dispatch.functions
        await dispatch.carry_agent(
            workspace_id,
            agent_id,
            lambda: functions.presence(workspace_id, agent_id, RoutingPresence.NOT_READY, now_ms=dispatch.now_ms()),
        )

    async def lose_silent_agents(self, workspace_id: str) -> int:
        """Agents whose lease ran out are visibly not ready, their live contacts back in place. Returns how many."""
        async with self._dispatch.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
            lost = list(await uow.session.scalars(_silent(uow)))
            gone = list(await uow.session.scalars(_given_up(uow)))
        if not lost and not gone:
            return 0
        async with self._dispatch.database.unit_of_work(Access.system(workspace_id)) as uow:
            for row in await uow.session.scalars(_silent(uow).where(AgentRow.id.in_([row.id for row in lost]))):
                await self._lose(uow, row.id)
            for row in await uow.session.scalars(_given_up(uow).where(AgentRow.id.in_([row.id for row in gone]))):
                await self.go_offline(uow, row.id, ended_by="lost")
        return len(lost) + len(gone)

    async def _lose(self, uow: UnitOfWork, agent_id: str) -> None:
        self._dispatch.after_agent(uow, agent_id)
        for row in await store.contacts_of(uow, agent_id, ContactStatus.ACTIVE):
            if row.channel in LIVE:
                await self._passing.requeue(uow, row, "lost")
        await self._set(uow, agent_id, presence=Presence.NOT_READY, reason=CONNECTION_LOST, pending=None)


def _silent(uow: UnitOfWork) -> Any:
    return select(AgentRow).where(
        AgentRow.presence != Presence.OFFLINE,
        or_(AgentRow.reason.is_(None), AgentRow.reason != CONNECTION_LOST),
        AgentRow.connected_until <= uow.now,
    )


def _given_up(uow: UnitOfWork) -> Any:
    return select(AgentRow).where(
        AgentRow.presence != Presence.OFFLINE,
        AgentRow.reason == CONNECTION_LOST,
        AgentRow.connected_until <= uow.now - GIVEN_UP,
    )
