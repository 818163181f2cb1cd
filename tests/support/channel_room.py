"""The ways in and the way out over a real database and Redis, with an adapter that does as it is told."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar

from redis.asyncio import Redis
from sqlalchemy import ColumnElement, select

from channels.acknowledgements import Acknowledgements
from channels.adapter import Adapter, Capabilities, Health, OutboundMessage, SendReceipt
from channels.arrivals import Arrivals
from channels.intake import ClaimLoop, DirectIntake, StoreIntake
from channels.outbox import Outbox
from kit.access import Access
from kit.ids import new_id
from kit.redis import make_redis
from kit.tables import Base, Row
from kit.unit_of_work import Database
from kit.wake import Waker
from records.citizens.tables import CitizenRow
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import Direction, LedgerRow, MessageRow, OutboxRow, ThreadRow
from router.contact import Address, ContactRequest, RawInbound
from router.tables import ContactRow
from tests.support.citizens import CitizenSide

STATUS_URL = "http://axd/status"
CAPABILITIES = Capabilities(live=False, replies=True, attachments=True, receipts=True, max_text_chars=1000)
T = TypeVar("T", bound=Row)


@dataclass(kw_only=True)
class ScriptedAdapter:
    """A channel whose items say what becomes of them.

    `faults` by provider id are raised by one reading each; `answers` are what one sending each does: an error is
    raised, a receipt returned, and without any left the message is taken. At a `meeting` two readers wait for each
    other, once; `holding` keeps a sender waiting. What is `poisoned` is read without complaint and refused by the
    database; what is `slow` is read once its event is set.
    """

    channel: str = "mail"
    capabilities: Capabilities = CAPABILITIES
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    answers: list[Exception | SendReceipt] = field(default_factory=list)
    meeting: asyncio.Barrier | None = None
    read: list[str] = field(default_factory=list)
    sent: list[OutboundMessage] = field(default_factory=list)
    holding: asyncio.Event | None = None
    poisoned: set[str] = field(default_factory=set)
    slow: dict[str, asyncio.Event] = field(default_factory=dict)

    async def parse(self, raw: RawInbound) -> ContactRequest:
        self.read.append(raw.provider_id)
        if self.meeting is not None:
            await self.meeting.wait()
            self.meeting = None
        if self.faults.get(raw.provider_id):
            raise self.faults[raw.provider_id].pop(0)
        if raw.provider_id in self.slow:
            await self.slow[raw.provider_id].wait()
        said = json.loads(raw.raw or b"")
        return ContactRequest(
            channel=self.channel,
            external_id=raw.provider_id,
            sender=Address(kind="mail", value=said["sender"]),
            recipient=Address(kind="mail", value="hotline@axd.test"),
            received_at=raw.received_at.replace(tzinfo=None if raw.provider_id in self.poisoned else UTC),
            thread_key=said["thread"],
            text=said["text"],
            language=said["language"],
            hints=said["hints"],
            client_id=raw.provider_id,
            duplicate_key=said["duplicate"],
        )

    async def send(self, message: OutboundMessage) -> SendReceipt:
        self.sent.append(message)
        if self.holding is not None:
            await self.holding.wait()
        answer = self.answers.pop(0) if self.answers else SendReceipt(external_id=message.external_id)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def check(self) -> Health:
        return Health(ok=True)


@dataclass(kw_only=True)
class ChannelRoom:
    """`adapter` is the scripted one; `arrivals` and the loops are the product's own."""

    side: CitizenSide
    adapter: ScriptedAdapter
    arrivals: Arrivals
    redis: Redis

    @classmethod
    def make(cls, side: CitizenSide, redis_url: str) -> "ChannelRoom":
        arrivals = Arrivals(side.world.router, Acknowledgements(STATUS_URL, side.box))
        return cls(side=side, adapter=ScriptedAdapter(), arrivals=arrivals, redis=make_redis(redis_url))

    async def close(self) -> None:
        await self.database.settled()
        await self.redis.aclose()

    @property
    def waker(self) -> Waker:
        return Waker(self.redis)

    @property
    def database(self) -> Database:
        return self.side.database

    @property
    def access(self) -> Access:
        return self.side.world.access

    @property
    def adapters(self) -> Mapping[str, Adapter]:
        return {
            "chat": self.side.chat,
            "form": self.side.form,
            "mail": self.adapter,
            self.adapter.channel: self.adapter,
        }

    def direct(self, adapter: Adapter | None = None, database: Database | None = None) -> DirectIntake:
        return DirectIntake(database or self.database, self.access, adapter or self.adapter, self.arrivals)

    @property
    def store(self) -> StoreIntake:
        return StoreIntake(self.database, self.access, self.side.blobs, self.waker)

    def claims(self) -> ClaimLoop:
        return ClaimLoop(self.database, self.access, self.side.blobs, self.adapters, self.arrivals, self.waker)

    def outbox(self) -> Outbox:
        return Outbox(self.database, self.access, self.adapters, self.waker, self.side.box)

    def mail(self, provider_id: str = "", text: str = "您好", **said: Any) -> RawInbound:
        """An item of the scripted channel. `said`: sender, thread, duplicate, hints, language, sealed."""
        sealed = bool(said.pop("sealed", False))
        values = {"sender": "zhang@citizen.test", "thread": "t1", "duplicate": None, "hints": {}, "text": text} | {
            "language": "zh-CN",
            **said,
        }
        return RawInbound(
            channel=self.adapter.channel,
            account="box",
            provider_id=provider_id or new_id(),
            received_at=self.side.clock.now(),
            raw=json.dumps(values).encode(),
            sealed=sealed,
        )

    def chat(self, client_msg_id: str, text: str = "您好", *, session_id: str = "s1", **said: Any) -> RawInbound:
        """What the chat's socket hands in."""
        sealed = bool(said.pop("sealed", False))
        return RawInbound(
            channel="chat",
            account="web",
            provider_id=f"{session_id}:{client_msg_id}",
            received_at=self.side.clock.now(),
            raw_json={
                "session_id": session_id,
                "client_msg_id": client_msg_id,
                "text": text,
                "topic": "inquiry",
                "anonymous": False,
                "language": "zh-CN",
                "attachments": [],
                **said,
            },
            sealed=sealed,
        )

    async def rows(self, kind: type[T], *conditions: ColumnElement[bool], access: Access | None = None) -> list[T]:
        """What SQL holds for the platform, or for `access`, in the order it was written."""
        async with self.database.unit_of_work(access or self.access, read_only=True) as uow:
            return list(await uow.session.scalars(select(kind).where(*conditions).order_by(kind.id)))

    async def all_are_sealed(self, *kinds: type[Row]) -> None:
        """Fails unless there are rows of these kinds and each is confidential."""
        for kind in kinds:
            assert {getattr(row, "sealed", None) for row in await self.rows(kind)} == {True}, kind

    def files(self) -> list[Path]:
        """What lies in the blob store."""
        return [path for path in self.side.blobs.path("x0").parent.parent.rglob("*") if path.is_file()]

    async def ledger(self) -> list[LedgerRow]:
        return await self.rows(LedgerRow)

    async def contacts(self) -> list[ContactRow]:
        return await self.rows(ContactRow)

    async def heard(self) -> list[str]:
        """What citizens said, in the order it was written."""
        return [row.text for row in await self.rows(MessageRow, MessageRow.direction == Direction.IN)]

    async def outbox_row(self) -> OutboxRow:
        (row,) = await self.rows(OutboxRow)
        return row

    async def outbox_row_of(self, text: str) -> OutboxRow:
        """Of the message that says this."""
        (message,) = await self.rows(MessageRow, MessageRow.text == text)
        (row,) = await self.rows(OutboxRow, OutboxRow.message_id == message.id)
        return row

    async def answers(self, text: str = "三天内答复", recipient: str = "zhang@citizen.test") -> MessageRow:
        """An agent's answer as the desk writes it, with a contact that it belongs to."""
        async with self.database.unit_of_work(self.access) as uow:
            citizen = CitizenRow(created_at=uow.now)
            uow.session.add(citizen)
            await uow.session.flush()
            thread = ThreadRow(channel="mail", key=new_id(), citizen_id=citizen.id, created_at=uow.now)
            uow.session.add(thread)
            await uow.session.flush()
            contact = ContactRow(
                channel="mail",
                external_id=new_id(),
                thread_id=thread.id,
                citizen_id=citizen.id,
                sender_kind="mail",
                sender=recipient,
                recipient="hotline@axd.test",
                hints={},
                requirements={},
                received_at=uow.now,
            )
            uow.session.add(contact)
            await uow.session.flush()
            message = NewMessage(
                thread_id=thread.id,
                contact_id=contact.id,
                direction=Direction.OUT,
                author_kind="agent",
                channel="mail",
                text=text,
            )
            return await reply(uow, message, Delivery(recipient=recipient))

    async def everything(self) -> str:
        """All that is in any table of the database, as text."""
        found: list[str] = []
        async with self.database.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                rows = await connection.execute(select(table))
                found += [f"{table.name}: {json.dumps(list(row), default=str, ensure_ascii=False)}" for row in rows]
        return "\n".join(found)
