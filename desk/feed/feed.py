"""The live feed of one workspace in this process: one reader of the event log for all open pages.

Events carry ids. Those that a page needs more for wait for the next tick, which reads for all pages at once; plain
messages of contacts that the feed knows, and the news that there is one more, carry all there is and go out at once.
So a client's cursor only moves to an event when everything before it has been sent: what went ahead is sent again after
a cut, and applies to nothing.
"""

import asyncio
import json
import logging
from dataclasses import dataclass, replace

from desk.access import Actor
from desk.feed.changes import Batch, Change, change_of
from desk.feed.connection import SNAPSHOT_REQUIRED, Connection
from desk.feed.lookup import SEALED, Found, Lookup, typing_frame
from desk.feed.watching import Watching
from desk.inbox import presenting
from desk.inbox.store import LoadedContact
from desk.inbox.visibility import Whereabouts, sees
from desk.schemas.inbox import ContactSummary
from kit.errors import Unavailable
from kit.events import CursorLost, Event, EventHub, EventLog
from router.contact import ContactStatus

log = logging.getLogger(__name__)

FAMILY = "desk"
TICK_S = 0.1
"""The first event after a pause is looked up at once; this only bounds how often."""
RETRY_S = 1.0
JOIN_TIMEOUT_S = 5.0
MOST_KNOWN = 20_000
LONGEST_RESUME = 2_000
PASSING = frozenset({"typing", "viewing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Enough of a contact that anybody may see to pass its plain messages on."""

    whereabouts: Whereabouts
    citizen_name: str
    version: int
    loaded: LoadedContact
    view: ContactSummary | None = None


class Feed:
    """Runs while it is used; `start` once, `stop` at the end."""

    def __init__(self, workspace_id: str, *, events: EventHub, event_log: EventLog, lookup: Lookup) -> None:
        self._workspace_id = workspace_id
        self._events = events
        self._log = event_log
        self._lookup = lookup
        self._pages: set[Connection] = set()
        self._known: dict[str, _Known] = {}
        self._sealed: set[str] = set()
        self._names: dict[str, str] = {}
        self._restricted: frozenset[str] = frozenset()
        self._pending = Batch()
        self._work = asyncio.Event()
        self._following = asyncio.Event()
        self._read = self._sent = ""
        self._tasks: list[asyncio.Task[None]] = []
        self.watching = Watching()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._tick())]

    async def stop(self) -> None:
        for page in tuple(self._pages):
            page.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Pages come and go.

    async def join(self, who: Actor, after: str) -> Connection:
        """Open a page that has everything up to the cursor `after`; what came since is sent first.

        A page whose cursor is too old is told to take a snapshot. Raises `Unavailable` while the log cannot be read.
        """
        try:
            await asyncio.wait_for(self._following.wait(), JOIN_TIMEOUT_S)
        except TimeoutError as error:
            raise Unavailable("Events cannot be followed right now.") from error
        page = Connection(who)
        self._pages.add(page)
        try:
            page.release(await self._missed(page, after))
        except BaseException:
            self.leave(page)
            raise
        return page

    def leave(self, page: Connection) -> None:
        self._pages.discard(page)

    def is_open_for(self, account_id: str) -> bool:
        """Whether the account has a page open in this process."""
        return any(page.who.account_id == account_id for page in self._pages)

    async def _missed(self, page: Connection, after: str) -> list[str]:
        try:
            events = await self._log.since(self._workspace_id, FAMILY, after)
        except CursorLost:
            return [SNAPSHOT_REQUIRED]
        batch = Batch.of(event for event in events if event.entity not in PASSING)
        if len(batch) > LONGEST_RESUME:
            return [SNAPSHOT_REQUIRED]
        if not batch.events:
            return []
        found = await self._lookup.find(self._workspace_id, batch, [page])
        changes = found.changes.get(page, [])
        last = events[-1].cursor
        return [change.frame(after if change is not changes[-1] else last) for change in changes]

    # Events come in.

    async def _follow(self) -> None:
        while True:
            try:
                async with self._events.subscribe(self._workspace_id, FAMILY) as queue:
                    self._read = self._sent = await self._log.cursor(self._workspace_id, FAMILY)
                    self._following.set()
                    while True:
                        self._take(await queue.get())
            except Exception:
                log.exception("the desk's events cannot be followed; trying again")
                await asyncio.sleep(RETRY_S)

    def _take(self, event: Event | None) -> None:
        if event is None:
            self._start_over()
            return
        self._read = event.cursor
        if event.entity == "viewing":
            self._view(event)
        elif not self._pass_on(event):
            self._pending.add(event)
            self._work.set()
            return
        if not self._work.is_set():
            self._sent = self._read

    def _start_over(self) -> None:
        """The log was lost: every page takes a snapshot."""
        self._known.clear()
        self._pending = Batch()
        for page in self._pages:
            page.push(SNAPSHOT_REQUIRED)

    def _view(self, event: Event) -> None:
        for page in self.watching.hear(event, self._pages):
            page.push(self.watching.frame(event.entity_id, page.who.account_id))

    def _pass_on(self, event: Event) -> bool:
        """Deal with an event at once; False when it must be looked up."""
        if event.entity == SEALED:
            self._seal(event.entity_id)
        if event.sealed or event.entity == SEALED:
            return False
        if event.entity == "contact":
            if self._pass_count(event):
                return True
            self._follow_contact(event)
            return False
        known = self._known.get(str(event.data.get("contact_id")))
        if known is None or known.whereabouts.status == ContactStatus.OFFERED:
            return False
        if event.entity == "typing":
            frame = typing_frame(str(event.data["contact_id"]), on=bool(event.data["on"]))
            self._send(known, frame)
            return True
        return event.entity == "message" and self._pass_message(event, known)

    def _seal(self, contact_id: str) -> None:
        """From now on nothing of it goes out without a look at who may see it, however late its events come."""
        self._sealed.add(contact_id)
        self._known.pop(contact_id, None)
        for page in self._pages:
            if page.viewing == contact_id and not page.who.access.sees_sealed:
                page.viewing = None

    def _pass_message(self, event: Event, known: _Known) -> bool:
        change = self._plain_message(event, known)
        if change is None:
            return False
        cursor = self._sent if self._work.is_set() else event.cursor
        frame = change.frame(cursor)
        self._send(known, frame)
        return True

    def _send(self, known: _Known, frame: str) -> None:
        for page in self._pages:
            if sees(page.who, known.whereabouts, self._restricted):
                page.push(frame)

    def _plain_message(self, event: Event, known: _Known) -> Change | None:
        """The message, if the event carries it whole and its author is known."""
        data = event.data
        if "text" not in data:
            return None
        name = known.citizen_name if data["author_kind"] == "citizen" else ""
        if data["author_kind"] == "agent":
            found = self._names.get(data["author_id"] or "")
            if found is None:
                return None
            name = found
        item = presenting.plain_item(event.entity_id, event.version, data, name)
        return Change(entity="message", id=event.entity_id, version=event.version, data=json.dumps(item))

    def _pass_count(self, event: Event) -> bool:
        """The citizen wrote once more, and the feed knows the contact as it was just before."""
        known = self._known.get(event.entity_id)
        if known is None or "unread" not in event.data or known.version != event.version - 1:
            return False
        if known.whereabouts.status == ContactStatus.OFFERED or self._pending.holds("contact", event.entity_id):
            return False
        names = [known.loaded.citizen.name] if known.loaded.citizen else []
        view = known.view or presenting.summary_as(known.loaded, is_open=True)
        view = presenting.counted_again(view, event.version, event.data, names)
        self._known[event.entity_id] = replace(known, version=event.version, view=view)
        change = change_of("contact", view, entity_id=view.id, version=view.version)
        self._send(known, change.frame(self._sent if self._work.is_set() else event.cursor))
        return True

    def _follow_contact(self, event: Event) -> None:
        """What the event says of who may see the contact holds at once, before it is looked up."""
        known, data = self._known.get(event.entity_id), event.data
        if known is None or known.version >= event.version or "status" not in data:
            return
        whereabouts = Whereabouts(status=data["status"], agent_id=data["agent_id"], queue_id=data["queue_id"])
        self._known[event.entity_id] = replace(known, whereabouts=whereabouts, version=event.version)

    # What must be looked up.

    async def _tick(self) -> None:
        while True:
            await self._work.wait()
            batch, self._pending, upto = self._pending, Batch(), self._read
            try:
                await self._look_up(batch, upto)
            except Unavailable:
                log.warning("events cannot be looked up now; trying again")
                self._pending = Batch.of([*batch.events.values(), *self._pending.events.values()])
                await asyncio.sleep(RETRY_S)
                continue
            except Exception:
                log.exception("events could not be looked up; the pages will take a snapshot")
                self._start_over()
            if not self._pending.events:
                self._work.clear()
                self._sent = self._read
            await asyncio.sleep(TICK_S)

    async def _look_up(self, batch: Batch, upto: str) -> None:
        found = await self._lookup.find(self._workspace_id, batch, tuple(self._pages))
        self._learn(found)
        for page, changes in found.changes.items():
            page.tell(changes, before=self._sent, after=upto)
        self._sent = upto

    def _learn(self, found: Found) -> None:
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        self._restricted |= found.restricted
        self._names |= found.names
        for contact_id, loaded in found.contacts.items():
            known = self._known.get(contact_id)
            if contact_id not in self._sealed and (known is None or known.version <= loaded.row.version):
                self._known[contact_id] = _known(loaded)


def _known(loaded: LoadedContact) -> _Known:
    return _Known(
        whereabouts=loaded.whereabouts,
        citizen_name=presenting.citizen_name(loaded),
        version=loaded.row.version,
        loaded=loaded,
    )
