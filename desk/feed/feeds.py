"""The live feeds of this process, one for each workspace, and which agents are here."""

import asyncio
import contextlib
import logging

from desk.access import Actor
from desk.feed.connection import Connection
from desk.feed.feed import FAMILY, Feed
from desk.feed.lookup import Lookup
from kit.errors import AppError, NotFound
from kit.event_row import NewEvent
from kit.events import EventHub, EventLog
from kit.unit_of_work import Database
from records.staff.permissions import Permission
from router.service import Router

log = logging.getLogger(__name__)

GRACE_S = 5.0
"""A page that is loaded again is no agent who left: an offer that rings must not be taken back for it."""


class Feeds:
    """Feeds start with their first page."""

    def __init__(
        self,
        *,
        database: Database,
        router: Router,
        events: EventHub,
        event_log: EventLog,
        grace_s: float = GRACE_S,
    ) -> None:
        self._router = router
        self._events = events
        self._log = event_log
        self._lookup = Lookup(database, router)
        self._grace_s = grace_s
        self._feeds: dict[str, Feed] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def of(self, workspace_id: str) -> Feed:
        feed = self._feeds.get(workspace_id)
        if feed is None:
            feed = Feed(workspace_id, events=self._events, event_log=self._log, lookup=self._lookup)
            feed.start()
            self._feeds[workspace_id] = feed
        return feed

    async def join(self, who: Actor, after: str) -> Connection:
        """Open a page; an agent with one is here and may get offers."""
        page = await self.of(_workspace(who)).join(who, after)
        try:
            await self.keep_present(who)
        except AppError:
            log.warning("an agent's coming could not be told; it is told again with the next sign of life")
        return page

    async def leave(self, page: Connection) -> None:
        """Close a page; with the last one the agent is gone, unless another opens soon."""
        who = page.who
        self.of(_workspace(who)).leave(page)
        await self.look_at(page, None, "")
        if not self.of(_workspace(who)).is_open_for(who.account_id):
            task = asyncio.create_task(self._depart(who))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def keep_present(self, who: Actor) -> None:
        """Renew the lease that lets an agent get offers. Call at least every 8 s while a page is open."""
        if who.may(Permission.CONTACTS_HANDLE):
            # An account may have the right and yet be no agent.
            with contextlib.suppress(NotFound):
                await self._router.agent_connected(_workspace(who), who.account_id)

    async def _depart(self, who: Actor) -> None:
        await asyncio.sleep(self._grace_s)
        if self.of(_workspace(who)).is_open_for(who.account_id) or not who.may(Permission.CONTACTS_HANDLE):
            return
        try:
            await self._router.agent_disconnected(_workspace(who), who.account_id)
        except AppError:
            log.warning("an agent's leaving could not be told; the lease will run out")

    async def look_at(self, page: Connection, contact_id: str | None, name: str) -> None:
        """Tell who else looks at `contact_id` that this page's account does now. Checked by the caller."""
        before, page.viewing = page.viewing, contact_id
        if before is not None and before != contact_id:
            await self._tell_viewing(page.who, before, name, on=False)
        if contact_id is not None:
            page.push(self.of(_workspace(page.who)).watching.frame(contact_id, page.who.account_id))
            await self._tell_viewing(page.who, contact_id, name, on=True)

    async def _tell_viewing(self, who: Actor, contact_id: str, name: str, *, on: bool) -> None:
        data = {"account_id": who.account_id, "name": name, "on": on}
        event = NewEvent(
            workspace_id=_workspace(who),
            family=FAMILY,
            topic="",
            entity="viewing",
            entity_id=contact_id,
            version=0,
            data=data,
        )
        await self._log.publish([event])

    async def close(self) -> None:
        """End all pages and feeds, at shutdown."""
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        for feed in self._feeds.values():
            await feed.stop()
        self._feeds.clear()


def _workspace(who: Actor) -> str:
    if who.access.workspace_id is None:
        raise RuntimeError("an account belongs to one workspace")
    return who.access.workspace_id
