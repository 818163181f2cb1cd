"""A desk with contacts in it: rows as the router leaves them, events over a real Redis."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from channels.acknowledgements import Acknowledgements, pin_for
from channels.arrivals import Arrivals
from desk.feed.feeds import Feeds
from desk.feed.routes import routes as feed_routes
from desk.inbox.routes import routes as inbox_routes
from desk.inbox.routes_messages import routes as message_routes
from desk.supervision.routes import routes as supervision_routes
from kit.events import EventHub, EventLog
from kit.ids import new_id
from kit.redis import make_redis
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker
from records.citizens.tables import AddressRow, CitizenRow
from records.messages import service as messages
from records.messages.service import NewMessage
from records.messages.tables import Direction, LedgerRow, MessageRow, ThreadRow
from router.announcements import contact_changed
from router.contact import Address, ContactRequest, ContactStatus, Presence
from router.functions.client import RoutingFunctions
from router.sealing import seal
from router.service import Router
from router.tables import AgentSkillRow, ContactRow, QueueRow, SkillRow
from tests.support.desk import Desk, open_desk

ROUTES = (inbox_routes, message_routes, supervision_routes, feed_routes)


class NoRouting:
    """Stands in for the router where nothing is routed: there are no agents."""

    async def agents(self, _uow: object, _ids: object = None) -> list[Any]:
        return []

    async def seal(self, uow: UnitOfWork, contact_id: str, reason: str) -> bool:
        return await seal(uow, contact_id, reason)

    async def agent_connected(self, _workspace_id: str, _agent_id: str) -> None:
        return None

    async def agent_disconnected(self, _workspace_id: str, _agent_id: str) -> None:
        return None


@dataclass(kw_only=True)
class Inbox:
    """`queues` by key: open, sealed, restricted."""

    desk: Desk
    feeds: Feeds
    event_log: EventLog
    queues: dict[str, str]

    async def citizen(self, name: str = "", *, phone: str = "", mail: str = "", sealed: bool = False) -> str:
        async with self.desk.work() as uow:
            row = CitizenRow(name=name, created_at=uow.now, sealed=sealed)
            uow.session.add(row)
            await uow.session.flush()
            for kind, value in (("phone", phone), ("mail", mail)):
                if value:
                    uow.session.add(
                        AddressRow(citizen_id=row.id, kind=kind, value=value, created_at=uow.now, sealed=sealed)
                    )
        return row.id

    async def contact(self, said: str = "请问怎么申报?", **values: Any) -> str:
        """A contact with one message of the citizen. `queue` is a key of `queues`; other names are columns."""
        sealed = bool(values.get("sealed", False))
        queue = values.pop("queue", "sealed" if sealed else "open")
        citizen_id = values.pop("citizen_id", None) or await self.citizen(sealed=sealed)
        async with self.desk.work() as uow:
            channel = str(values.get("channel", "chat"))
            thread = ThreadRow(channel=channel, key=new_id(), citizen_id=citizen_id, created_at=uow.now, sealed=sealed)
            uow.session.add(thread)
            await uow.session.flush()
            row = ContactRow(
                **{
                    "channel": channel,
                    "external_id": new_id(),
                    "thread_id": thread.id,
                    "citizen_id": citizen_id,
                    "queue_id": self.queues[queue],
                    "sender_kind": channel,
                    "sender": thread.key,
                    "recipient": "line",
                    "preview": said,
                    "hints": {},
                    "requirements": {},
                    "status": ContactStatus.ACTIVE if values.get("agent_id") else ContactStatus.QUEUED,
                    "received_at": uow.now,
                    "queued_at": uow.now,
                    **values,
                }
            )
            uow.session.add(row)
            await uow.session.flush()
            contact_changed(uow, row)
            await self._append(uow, row, said)
        return row.id

    async def agent(self, role: str = "registrar", **levels: int) -> str:
        """An account that handles contacts, connected and ready; `levels` by the English or Chinese skill name."""
        account = await self.desk.account(role)
        router = self.desk.services.router
        async with self.desk.work() as uow:
            await router.register_agent(uow, account.id)
            skills = {row.name: row.id for row in await uow.session.scalars(select(SkillRow))}
            for name, level in levels.items():
                uow.session.add(AgentSkillRow(agent_id=account.id, skill_id=skills[name], level=level))
        await router.agent_connected(self.desk.workspace_id, account.id)
        await router.set_presence(self.desk.workspace_id, account.id, Presence.READY)
        return account.id

    async def arrives(
        self, text: str, channel: str = "chat", *, citizen_name: str = "", thread_key: str = "", **hints: Any
    ) -> str:
        """A citizen's message comes in and is routed; returns the contact's id. One thread key is one citizen."""
        thread_key = thread_key or new_id()
        arrivals = Arrivals(
            self.desk.services.router, Acknowledgements("http://desk/status", SecretBox(b"of the test"))
        )
        request = ContactRequest(
            channel=channel,
            external_id=new_id(),
            thread_key=thread_key,
            sender=Address(kind=channel, value=f"{thread_key}@x.cn", name=citizen_name),
            recipient=Address(kind=channel, value="line"),
            received_at=self.desk.clock.now(),
            text=text,
            language="zh-CN",
            hints=hints,
        )
        pin = await pin_for(request)
        async with self.desk.work() as uow:
            row = LedgerRow(
                channel=channel, account="line", provider_id=request.external_id, received_at=request.received_at
            )
            uow.session.add(row)
            stored = await arrivals.arrive(uow, row, request, pin)
        assert stored.contact_id is not None
        return stored.contact_id

    async def say(self, contact_id: str, text: str, *, client_id: str | None = None) -> MessageRow:
        """The citizen writes again."""
        async with self.desk.work() as uow:
            row = await uow.session.get_one(ContactRow, contact_id)
            row.unread += 1
            row.preview, row.last_in_at = text, uow.now
            row.version += 1
            await uow.session.flush()
            contact_changed(uow, row)
            return await self._append(uow, row, text, client_id)

    async def change(self, contact_id: str, **values: Any) -> None:
        """Put a contact into another state, as the router would."""
        async with self.desk.work() as uow:
            row = await uow.session.get_one(ContactRow, contact_id)
            before = row.agent_id
            for name, value in values.items():
                setattr(row, name, value)
            row.version += 1
            await uow.session.flush()
            contact_changed(uow, row, previous_agent_id=before)

    async def _append(self, uow: Any, row: ContactRow, text: str, client_id: str | None = None) -> MessageRow:
        return await messages.append(
            uow,
            NewMessage(
                thread_id=row.thread_id,
                contact_id=row.id,
                citizen_id=row.citizen_id,
                direction=Direction.IN,
                author_kind="citizen",
                text=text,
                client_id=client_id,
                sealed=row.sealed,
            ),
        )


@asynccontextmanager
async def open_inbox(url: str, redis_url: str, folder: Path, *, routed: bool = False) -> AsyncIterator[Inbox]:
    """An inbox over the migrated database at `url` and the Redis at `redis_url`.

    `routed`: with the router and the queues of a new workspace; contacts are put in place by hand otherwise.
    """
    redis = make_redis(redis_url)
    event_log = EventLog(redis)
    hub = EventHub(event_log)
    async with open_desk(url, folder, ROUTES) as desk:
        desk.database.publisher = event_log
        bag = desk.services
        functions = RoutingFunctions(redis)
        bag.router = Router(database=desk.database, functions=functions) if routed else NoRouting()
        bag.redis, bag.event_log, bag.events, bag.waker = redis, event_log, hub, Waker(redis)
        bag.feeds = Feeds(database=desk.database, router=bag.router, events=hub, event_log=event_log, grace_s=0.0)
        try:
            queues = await (_seeded if routed else _queues)(desk)
            yield Inbox(desk=desk, feeds=bag.feeds, event_log=event_log, queues=queues)
        finally:
            await bag.feeds.close()
            await hub.close()
            await desk.database.settled()
            await redis.aclose()


async def _queues(desk: Desk) -> dict[str, str]:
    async with desk.work() as uow:
        rows = {
            key: QueueRow(
                key=key,
                name=name,
                name_en=key,
                channel="chat",
                sla_s=180,
                sealed=key == "sealed",
                restricted=key == "restricted",
                requirements={},
                relaxation=[],
            )
            for key, name in (("open", "在线咨询"), ("sealed", "举报专席"), ("restricted", "局长信箱"))
        }
        uow.session.add_all(rows.values())
        await uow.session.flush()
        return {key: row.id for key, row in rows.items()}


async def _seeded(desk: Desk) -> dict[str, str]:
    async with desk.work() as uow:
        await desk.services.router.seed(uow)
        queues = {row.key: row.id for row in await uow.session.scalars(select(QueueRow))}
    await desk.services.router.rebuild(desk.workspace_id)
    return queues
