"""The citizens' side over a real database and Redis, without a network: pages, forms and chats of one workspace."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select

from channels.acknowledgements import Acknowledgements
from channels.arrivals import Arrivals
from channels.chat.adapter import ChatAdapter
from channels.form.adapter import FormAdapter
from channels.intake import DirectIntake
from channels.sms import store as sms_store
from kit.access import Access
from kit.blobs import BlobStore
from kit.errors import Unavailable
from kit.events import EventHub, EventLog
from kit.problems import install_error_handlers
from kit.redis import make_redis
from kit.secret_box import SecretBox
from kit.unit_of_work import Database, UnitOfWork
from records.messages.service import NewMessage, append
from records.messages.tables import Direction, MessageRow, ThreadRow
from router.functions.client import RoutingFunctions
from router.tables import ContactRow
from tests.support.asgi_socket import AsgiSocket, connected
from tests.support.clock import ManualClock
from tests.support.routing import RoutingWorld
from webchat.pages import Pages
from webchat.routes_pages import missing_routes, page_routes
from webchat.settings import ChatSettings, CitizenSettings, PageSettings

OWN_SCRIPT = {"X-AXD-Chat": "1"}
SETTINGS = CitizenSettings(
    chat=ChatSettings(sessions_per_hour=100_000, uploads_per_hour=100_000, messages_per_minute=100_000, ping_s=0.2),
    pages=PageSettings(forms_per_hour=100_000, queries_per_hour=100_000),
)


class BreakableDatabase(Database):
    """While `away`, every transaction fails as it does when the server is down or the disk is full."""

    away = False

    @asynccontextmanager
    async def unit_of_work(self, access: Access, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        if self.away:
            raise Unavailable("The database cannot take this now; nothing was stored.")
        async with super().unit_of_work(access, read_only=read_only) as uow:
            yield uow


@dataclass(kw_only=True)
class CitizenSide:
    database: BreakableDatabase
    world: RoutingWorld
    app: FastAPI
    chat: ChatAdapter
    form: FormAdapter
    blobs: BlobStore
    event_log: EventLog
    box: SecretBox
    browsers: list[AsyncClient] = field(default_factory=list)

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    def browser(self) -> AsyncClient:
        """A browser of its own, with its own cookies."""
        made = AsyncClient(transport=ASGITransport(app=self.app), base_url="http://axd", follow_redirects=True)
        self.browsers.append(made)
        return made

    async def messages(self, thread_key: str) -> list[MessageRow]:
        """What SQL holds of a thread, in order."""
        async with self.database.unit_of_work(self.world.access, read_only=True) as uow:
            rows = await uow.session.scalars(
                select(MessageRow)
                .join(ThreadRow, ThreadRow.id == MessageRow.thread_id)
                .where(ThreadRow.key == thread_key)
                .order_by(MessageRow.seq)
            )
            return list(rows)

    async def contacts(self) -> list[ContactRow]:
        async with self.database.unit_of_work(self.world.access, read_only=True) as uow:
            return list(await uow.session.scalars(select(ContactRow).order_by(ContactRow.id)))

    async def agent_writes(self, contact: ContactRow, text: str, *, direction: Direction = Direction.OUT) -> MessageRow:
        """As the desk stores an answer (or a note): in the thread, announced with it."""
        async with self.database.unit_of_work(self.world.access) as uow:
            # As the desk does: the contact is locked before its thread.
            kept = await uow.session.get_one(ContactRow, contact.id, with_for_update=True)
            row = await append(
                uow,
                NewMessage(
                    thread_id=contact.thread_id,
                    contact_id=contact.id,
                    direction=direction,
                    author_kind="agent",
                    channel=contact.channel,
                    text=text,
                ),
            )
            kept.last_out_at = uow.now
        return row


@asynccontextmanager
async def citizen_side(
    database: Database, clock: ManualClock, redis_url: str, folder: Path
) -> AsyncIterator[CitizenSide]:
    redis = make_redis(redis_url)
    event_log = EventLog(redis)
    database = BreakableDatabase(database.engine, clock, event_log)
    events, box, blobs = EventHub(event_log), SecretBox(b"secret of the tests"), BlobStore(folder)
    world = await RoutingWorld.make(database, clock, RoutingFunctions(redis))
    parts: dict[str, Any] = {
        "database": database,
        "access": world.access,
        "redis": redis,
        "blobs": blobs,
        "router": world.router,
        "secret_box": box,
        "settings": SETTINGS,
    }
    pages = Pages(SETTINGS, box, clock)
    chat = ChatAdapter(events=events, event_log=event_log, **parts)
    form = FormAdapter(pages=pages, can_text=sms_store.can_send, **parts)
    arrivals = Arrivals(world.router, Acknowledgements("http://axd/status", box))
    app = FastAPI()
    install_error_handlers(app)
    for adapter in (chat, form):
        app.include_router(adapter.routes(DirectIntake(database, world.access, adapter, arrivals)))
    app.include_router(page_routes(pages, chat.conversations.availability, clock))
    app.include_router(missing_routes(pages))
    side = CitizenSide(
        database=database, world=world, app=app, chat=chat, form=form, blobs=blobs, event_log=event_log, box=box
    )
    try:
        yield side
    finally:
        for browser in side.browsers:
            await browser.aclose()
        await chat.close()
        await events.close()
        await database.settled()
        await redis.aclose()


@dataclass(kw_only=True)
class Visitor:
    """A browser with a chat session."""

    side: CitizenSide
    browser: AsyncClient
    session_id: str

    @classmethod
    async def arrives(cls, side: CitizenSide, **asked: Any) -> "Visitor":
        browser = side.browser()
        started = await browser.post("/chat/api/sessions", json=asked, headers=OWN_SCRIPT)
        assert started.status_code == 201, started.text
        return cls(side=side, browser=browser, session_id=started.json()["session_id"])

    async def ticket(self) -> str:
        answer = await self.browser.post("/chat/api/ticket", headers=OWN_SCRIPT)
        assert answer.status_code == 200, answer.text
        ticket: str = answer.json()["ticket"]
        return ticket

    @asynccontextmanager
    async def chatting(self, after_seq: int = 0, language: str = "") -> AsyncIterator[AsgiSocket]:
        async with connected(self.side.app, "/chat/api/socket", origin="http://axd") as socket:
            ticket = await self.ticket()
            socket.say({"type": "hello", "ticket": ticket, "after_seq": after_seq, "language": language})
            await socket.hears("welcome")
            yield socket

    async def says(self, socket: AsgiSocket, text: str, client_msg_id: str, files: list[str] | None = None) -> int:
        """Send one message and wait for its acknowledgement; returns its number."""
        frame = {"type": "message", "client_msg_id": client_msg_id, "text": text, "attachment_ids": files or []}
        socket.say(frame)
        seq: int = (await socket.hears("ack", client_msg_id=client_msg_id))["seq"]
        return seq

    async def contact(self) -> ContactRow:
        """The newest contact of this chat."""
        found = [one for one in await self.side.contacts() if one.sender == self.session_id]
        return found[-1]


def hidden_fields(page: Response) -> dict[str, str]:
    """The hidden fields of a page's first form that has any."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
