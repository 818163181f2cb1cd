"""A stale snapshot and the events after it come to the same as a fresh snapshot, whatever happened and was cut."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from records.messages import drafts
from records.messages import store as messages
from router.announcements import contact_changed
from router.tables import ContactRow
from tests.support.actors import actor_of
from tests.support.desk_page import Page, fresh
from tests.support.inbox import Inbox, open_inbox
from tests.support.waiting import wait_until

ROUNDS, ACTS = 6, 12
STATES: tuple[dict[str, Any], ...] = (
    {"status": "queued", "agent_id": None},
    {"status": "offered", "agent_id": None},
    {"status": "active", "agent_id": "me"},
    {"status": "active", "agent_id": "other"},
    {"status": "parked", "agent_id": "me"},
    {"status": "wrap_up", "agent_id": "me"},
    {"status": "closed", "agent_id": None},
)


@pytest.fixture
async def inbox(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(database_url, redis_url, tmp_path / "blobs") as opened:
        yield opened


class World:
    """Random acts on random contacts."""

    def __init__(self, inbox: Inbox, me: str, other: str, seed: int) -> None:
        self.inbox, self.random = inbox, random.Random(seed)
        self.agents = {"me": me, "other": other, None: None}
        self.contacts: list[str] = []

    async def act(self) -> None:
        choice = self.random.random()
        if choice < 0.25 or not self.contacts:
            queue = self.random.choice(("open", "sealed", "restricted"))
            self.contacts.append(await self.inbox.contact(queue=queue, sealed=queue == "sealed"))
            return
        contact = self.random.choice(self.contacts)
        if choice < 0.65:
            state = self.random.choice(STATES)
            await self.inbox.change(contact, **{**state, "agent_id": self.agents[state["agent_id"]]})
        elif choice < 0.9:
            await self.inbox.say(contact, f"第{self.random.randrange(1000)}句")
        else:
            await self.draft(contact)

    async def draft(self, contact: str) -> None:
        async with self.inbox.desk.work() as uow:
            row = await uow.session.get_one(ContactRow, contact)
            known = await messages.draft(uow, contact, "reply")
            body = {"text": self.random.choice(("", "写到一半"))}
            version = known.version if known else 0
            await drafts.save(
                uow, contact_id=contact, kind="reply", version=version, body=body, author_id="me", sealed=row.sealed
            )
            row.version += 1
            await uow.session.flush()
            contact_changed(uow, row)


@pytest.mark.parametrize(("role", "seed"), [("registrar", 1), ("supervisor", 2), ("discipline", 3), ("director", 4)])
async def test_stale_snapshot_and_events_equal_a_fresh_snapshot(inbox: Inbox, role: str, seed: int) -> None:
    account = await inbox.desk.account(role)
    client = await inbox.desk.browser_of(account.id)
    who = await actor_of(inbox.desk, account.id)
    world = World(inbox, account.id, (await inbox.desk.account("registrar")).id, seed)
    for _ in range(ACTS):
        await world.act()
    page = Page(account.id)
    page.load((await client.get("snapshot")).json())
    for _ in range(ROUNDS):
        for _ in range(world.random.randrange(ACTS)):
            await world.act()
        await page.connect(inbox.feeds, who)
        for _ in range(world.random.randrange(ACTS)):
            await world.act()
            page.read(most=world.random.randrange(4))
        await page.cut()
    await page.connect(inbox.feeds, who)

    async def agrees() -> bool:
        page.read()
        return page.shown() == fresh((await client.get("snapshot")).json())

    await wait_until(agrees, "the page shows what a fresh snapshot shows")
    assert not page.snapshot_required


async def test_events_of_sealed_contacts_do_not_exist_without_the_right(inbox: Inbox) -> None:
    agent = await inbox.desk.account("supervisor")
    page = Page(agent.id)
    page.load((await (await inbox.desk.browser_of(agent.id)).get("snapshot")).json())
    await page.connect(inbox.feeds, await actor_of(inbox.desk, agent.id))
    sealed = await inbox.contact("机密", sealed=True, agent_id=agent.id)
    await inbox.say(sealed, "机密内容")
    await inbox.change(sealed, status="closed")
    plain = await inbox.contact("普通")

    def arrived() -> bool:
        page.read()
        return any(row["id"] == plain for row in page.all("contact"))

    await wait_until(arrived, "the contact after it arrives")
    assert sealed not in str(page.__dict__)
    await page.cut()
    await page.connect(inbox.feeds, await actor_of(inbox.desk, agent.id))
    page.read()
    assert sealed not in str(page.__dict__)


async def test_a_thread_and_the_events_after_it_equal_a_fresh_thread(inbox: Inbox) -> None:
    agent = await inbox.desk.account("registrar")
    client, who = await inbox.desk.browser_of(agent.id), await actor_of(inbox.desk, agent.id)
    contact = await inbox.contact(agent_id=agent.id)
    page = Page(agent.id)
    page.load((await client.get("snapshot")).json())
    items = {item["id"]: item for item in (await client.get(f"contacts/{contact}/thread")).json()["items"]}
    await page.connect(inbox.feeds, who)
    for number in range(20):
        await inbox.say(contact, f"第{number}句")
        if number % 5 == 0:
            body = {"client_id": f"r{number}", "kind": "reply", "text": f"答{number}"}
            await client.post(f"contacts/{contact}/messages", json=body)
        if number == 10:
            await page.cut()
            await page.connect(inbox.feeds, who)

    async def agrees() -> bool:
        page.read()
        known = items | {item["id"]: item for item in page.all("message")}
        thread = (await client.get(f"contacts/{contact}/thread")).json()["items"]
        return bool(sorted(known.values(), key=lambda item: str(item["id"])) == thread)

    await wait_until(agrees, "the thread is complete and equal")


async def test_a_lost_log_asks_for_a_snapshot(inbox: Inbox) -> None:
    agent = await inbox.desk.account("registrar")
    client, who = await inbox.desk.browser_of(agent.id), await actor_of(inbox.desk, agent.id)
    page = Page(agent.id)
    page.load((await client.get("snapshot")).json())
    await page.connect(inbox.feeds, who)
    await inbox.desk.services.redis.flushall()

    def asked() -> bool:
        page.read()
        return page.snapshot_required

    await wait_until(asked, "the page is told to take a snapshot")
    page.load((await client.get("snapshot")).json())
    await page.cut()
    await page.connect(inbox.feeds, who)
    contact = await inbox.contact()
    await wait_until(lambda: page.read() >= 0 and contact in page.shown()["waiting"], "events come again")


async def test_a_plain_message_of_a_known_contact_is_not_read_back(inbox: Inbox) -> None:
    agent = await inbox.desk.account("registrar")
    client = await inbox.desk.browser_of(agent.id)
    contact = await inbox.contact(agent_id=agent.id)
    page = Page(agent.id)
    page.load((await client.get("snapshot")).json())
    await page.connect(inbox.feeds, await actor_of(inbox.desk, agent.id))

    async def says(text: str) -> None:
        await inbox.say(contact, text)
        await wait_until(lambda: page.read() >= 0 and text in str(page.all("message")), f"{text} arrives")

    await says("第一句")
    reads: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM messages" in statement:
            reads.append(statement)

    event.listen(inbox.desk.database.engine.sync_engine, "before_cursor_execute", note)
    await says("第二句")
    await says("第三句")
    assert reads == []
