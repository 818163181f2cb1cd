"""From events, which carry ids, to what each page may see: one read transaction for all pages of like access."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from desk.access import Actor
from desk.cases.presenting import feed_summaries
from desk.feed.changes import Batch, Change, change_of, gone
from desk.feed.connection import Connection
from desk.inbox import presenting, reading, store
from desk.inbox.store import LoadedContact
from desk.inbox.visibility import sees
from kit.access import Access
from kit.events import Event
from kit.unit_of_work import Database, UnitOfWork
from records.messages import store as messages
from records.messages.tables import DraftRow
from records.staff import store as staff
from records.staff.permissions import Permission
from router.service import Router
from router.tables import OfferRow

SEALED = "sealed"
"""The event of a contact or case that became confidential; see `records.staff.audit.record_sealing`."""


@dataclass(slots=True)
class Found:
    """Changes by page, and what was learnt on the way about contacts that anybody may see."""

    changes: dict[Connection, list[Change]] = field(default_factory=lambda: defaultdict(list))
    contacts: dict[str, LoadedContact] = field(default_factory=dict)
    restricted: frozenset[str] = frozenset()
    names: dict[str, str] = field(default_factory=dict)


class Lookup:
    def __init__(self, database: Database, router: Router) -> None:
        self._database = database
        self._router = router

    async def find(self, workspace_id: str, batch: Batch, pages: Iterable[Connection]) -> Found:
        """What each page is to be told of `batch`. Sealed rows are read only for those who may see them."""
        found = Found()
        groups: dict[bool, list[Connection]] = defaultdict(list)
        for page in pages:
            groups[page.who.access.sees_sealed].append(page)
        for sees_sealed, group in groups.items():
            access = Access(workspace_id=workspace_id, sees_sealed=sees_sealed)
            async with self._database.unit_of_work(access, read_only=True) as uow:
                await _Tick(uow, self._router, batch, group, found).run()
        return found


@dataclass(slots=True)
class _Tick:
    uow: UnitOfWork
    router: Router
    batch: Batch
    pages: list[Connection]
    found: Found
    loaded: dict[str, LoadedContact] = field(default_factory=dict)
    presented: dict[tuple[str, bool], Change] = field(default_factory=dict)

    async def run(self) -> None:
        await self._load_contacts()
        self._sealed()
        await self._contacts()
        for event in self.batch.of_entity("typing").values():
            self._typing(event)
        await self._messages()
        await self._offers()
        await self._drafts()
        await self._agents()
        await self._cases()
        self._lines("mailbox")
        self._lines("telegram_bot")
        self._lines("sms_account")

    def tell(self, page: Connection, change: Change) -> None:
        self.found.changes[page].append(change)

    async def _load_contacts(self) -> None:
        about = {event.data["contact_id"] for event in self.batch.events.values() if "contact_id" in event.data}
        wanted = about | set(self.batch.of_entity("contact"))
        if not wanted:
            return
        self.loaded = {one.row.id: one for one in await store.contacts_by_id(self.uow, wanted)}
        self.found.restricted |= await store.restricted_queues(self.uow)
        self.found.contacts |= {key: one for key, one in self.loaded.items() if not one.row.sealed}

    def _is_seen(self, who: Actor, loaded: LoadedContact | None) -> bool:
        return loaded is not None and sees(who, loaded.whereabouts, self.found.restricted)

    def _is_read(self, who: Actor, loaded: LoadedContact | None) -> bool:
        return loaded is not None and self._is_seen(who, loaded) and loaded.is_open_to(who)

    def _sealed(self) -> None:
        """What became confidential is gone from the pages of those without the right."""
        for entity_id, event in self.batch.of_entity(SEALED).items():
            for page in self.pages:
                if not page.who.access.sees_sealed and page.hides(entity_id):
                    self.tell(page, gone(event.data["entity"], entity_id, event.version))

    async def _contacts(self) -> None:
        for contact_id in self.batch.of_entity("contact"):
            await asyncio.sleep(0)  # messages overtake: a long list must not hold them up
            loaded = self.loaded.get(contact_id)
            if loaded is None:
                continue  # sealed: when it was not so from the first day, an event of its own says so
            for page in self.pages:
                if self._is_seen(page.who, loaded):
                    page.shows(contact_id)
                    self.tell(page, self._summary(page.who, loaded))
                elif page.hides(contact_id):
                    self.tell(page, gone("contact", contact_id, loaded.row.version))

    def _summary(self, who: Actor, loaded: LoadedContact) -> Change:
        key = (loaded.row.id, loaded.is_open_to(who))
        if key not in self.presented:
            view = presenting.summary(who, loaded)
            self.presented[key] = change_of("contact", view, entity_id=view.id, version=view.version)
        return self.presented[key]

    def _typing(self, event: Event) -> None:
        contact_id = str(event.data.get("contact_id"))
        for page in self.pages:
            if self._is_read(page.who, self.loaded.get(contact_id)):
                page.push(typing_frame(contact_id, on=bool(event.data.get("on"))))

    async def _messages(self) -> None:
        ids = self.batch.of_entity("message")
        if not ids:
            return
        rows = await messages.messages(self.uow, list(ids))
        self.found.names |= await staff.names_of(
            self.uow, {row.author_id for row in rows if row.author_kind == "agent"}
        )
        by_contact: dict[str, list[Change]] = {}
        for contact_id in {row.contact_id for row in rows}:
            loaded = self.loaded.get(contact_id)
            name = presenting.citizen_name(loaded) if loaded else ""
            own = [row for row in rows if row.contact_id == contact_id]
            items = await reading.thread_items(self.uow, own, name)
            by_contact[contact_id] = [
                change_of("message", item, entity_id=item.id, version=item.version) for item in items
            ]
        for page in self.pages:
            for contact_id, changes in by_contact.items():
                if self._is_read(page.who, self.loaded.get(contact_id)):
                    self.found.changes[page].extend(changes)

    async def _offers(self) -> None:
        ids = self.batch.of_entity("offer")
        if not ids:
            return
        rows = await store.offers(self.uow, OfferRow.id.in_(ids))
        for page in self.pages:
            own = [row for row in rows if row.agent_id == page.who.account_id]
            for view in await reading.offer_views(self.uow, page.who, own):
                self.tell(page, change_of("offer", view, entity_id=view.id, version=view.version))

    async def _drafts(self) -> None:
        ids = self.batch.of_entity("draft")
        if not ids:
            return
        for row in await self.uow.session.scalars(select(DraftRow).where(DraftRow.id.in_(ids))):
            change = change_of("draft", presenting.draft_view(row), entity_id=row.id, version=row.version)
            for page in self.pages:
                loaded = self.loaded.get(row.contact_id)
                if self._is_read(page.who, loaded) and loaded and loaded.row.agent_id == page.who.account_id:
                    self.tell(page, change)

    async def _agents(self) -> None:
        ids = self.batch.of_entity("agent")
        if not ids:
            return
        accounts = {row.id: row for row in await staff.accounts(self.uow)}
        self.found.names |= {row.id: row.display_name for row in accounts.values()}
        for standing in await self.router.agents(self.uow, list(ids)):
            if standing.agent_id in accounts:
                view = presenting.agent_view(standing, accounts[standing.agent_id])
                change = change_of("agent", view, entity_id=view.id, version=view.version)
                for page in self.pages:
                    self.tell(page, change)

    async def _cases(self) -> None:
        ids = self.batch.of_entity("case")
        pages = [page for page in self.pages if page.who.may(Permission.CASES_READ)]
        if not ids or not pages:
            return
        for view in await feed_summaries(self.uow, list(ids)):
            for page in pages:
                self.tell(page, change_of("case", view, entity_id=view.id, version=view.version))

    def _lines(self, entity: str) -> None:
        """Mailboxes, bots, accounts for text messages: their events carry all that may be shown."""
        for line_id, event in self.batch.of_entity(entity).items():
            change = Change(entity=entity, id=line_id, version=event.version, data=json.dumps(event.data))
            for page in self.pages:
                if page.who.may(Permission.CHANNELS_WRITE):
                    self.tell(page, change)


def typing_frame(contact_id: str, *, on: bool) -> str:
    flag = "true" if on else "false"
    return f'{{"type": "typing", "contact_id": "{contact_id}", "on": {flag}}}'
