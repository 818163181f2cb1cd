"""The channel of text messages over a database and Redis, between a provider and citizens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from channels.acknowledgements import Acknowledgements
from channels.arrivals import Arrivals
from channels.intake import ClaimLoop, StoreIntake
from channels.outbox import Outbox
from channels.sms import service
from channels.sms.adapter import SmsAdapter
from channels.sms.carrier import ConnectedCarrier
from channels.sms.receipts import receipt_text
from channels.sms.settings import SmsTemplateSettings
from channels.sms.tables import SmsAccountRow, SmsTemplateRow
from channels.status_answers import StatusAnswers
from kit.problems import install_error_handlers
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import Direction, MessageRow, OutboxRow
from router.contact import Channel
from router.tables import ContactRow
from tests.support.channel_room import STATUS_URL, ChannelRoom
from tests.support.sms_accounts import settings
from tests.support.sms_provider import SmsProvider, provider, twilio_calls
from webchat.limits import RateLimits
from webchat.service_status import Matters

ORIGIN = "http://axd"
CITIZEN = "+8613900000001"


@dataclass(kw_only=True)
class SmsWorld:
    """`account` is the one that was set up last."""

    room: ChannelRoom
    adapter: SmsAdapter
    peer: SmsProvider
    client: AsyncClient
    arrivals: Arrivals
    account: SmsAccountRow

    def claims(self) -> ClaimLoop:
        return ClaimLoop(
            self.room.database,
            self.room.access,
            self.room.side.blobs,
            {"sms": self.adapter},
            self.arrivals,
            self.room.waker,
        )

    async def works(self) -> None:
        """All that waits is read."""
        claims = self.claims()
        while await claims.work():
            self.room.side.clock.advance(0.01)

    async def sends(self) -> int:
        """One round of the outbox."""
        adapters = {"sms": self.adapter}
        return await Outbox(self.room.database, self.room.access, adapters, self.room.waker, self.room.side.box).work()

    def url(self, what: str = "in") -> str:
        return self.adapter.addresses.url(self.account.id, "in" if what == "in" else "report")

    async def set_up(self, kind: str, **changes: Any) -> SmsAccountRow:
        """Another account; from now on the one that is meant."""
        async with self.room.database.unit_of_work(self.room.access) as uow:
            made = settings(kind, self.peer.url, **changes)
            self.account = await service.create(uow, self.room.side.box, self.room.waker, made)
        return self.account

    async def approve(self, text: str, code: str = "SMS_1", **more: Any) -> SmsTemplateRow:
        values = {"code": code, "name": code, "text": text, "approved": True, **more}
        async with self.room.database.unit_of_work(self.room.access) as uow:
            template = SmsTemplateSettings.model_validate(values)
            return await service.create_template(uow, self.account.id, template)

    async def citizen_texts(self, text: str, sid: str = "SM1", sender: str = CITIZEN, **more: str) -> int:
        """By Twilio, signed; returns the status of our answer."""
        fields = {"MessageSid": sid, "From": sender, "To": self.account.number, "Body": text, "NumMedia": "0", **more}
        return (await twilio_calls(self.client, self.url(), fields)).status_code

    async def reports(self, sid: str, status: str, **more: str) -> int:
        fields = {"MessageSid": sid, "MessageStatus": status, **more}
        return (await twilio_calls(self.client, self.url("report"), fields)).status_code

    async def agent_answers(self, text: str, contact: ContactRow | None = None) -> MessageRow:
        """As the desk writes an answer, with its outbox row."""
        found = contact or (await self.room.contacts())[-1]
        new = NewMessage(
            thread_id=found.thread_id,
            contact_id=found.id,
            direction=Direction.OUT,
            author_kind="agent",
            channel="sms",
            text=text,
        )
        async with self.room.database.unit_of_work(self.room.access) as uow:
            delivery = Delivery(recipient=found.sender, envelope={"account": found.recipient})
            return await reply(uow, new, delivery)

    async def outbox_of(self, message: MessageRow) -> OutboxRow:
        (row,) = await self.room.rows(OutboxRow, OutboxRow.message_id == message.id)
        return row


@asynccontextmanager
async def sms_world(
    room: ChannelRoom, kind: str = "twilio", smpp: ConnectedCarrier | None = None
) -> AsyncIterator[SmsWorld]:
    """One account of `kind`, with its provider running."""
    peer, side = provider(), room.side
    await peer.server.start()
    access = room.access
    matters = Matters(room.database, access, side.world.router)
    adapter = SmsAdapter(
        room.database,
        access,
        side.box,
        room.waker,
        origin=ORIGIN,
        status=StatusAnswers(matters, RateLimits(room.redis, str(access.workspace_id))),
        smpp=smpp,
        blobs=side.blobs,
    )
    app = FastAPI()
    install_error_handlers(app)
    app.include_router(adapter.routes(StoreIntake(room.database, access, side.blobs, room.waker)))
    receipts = Acknowledgements(STATUS_URL, side.box, wordings={Channel.SMS: receipt_text})
    async with AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url=ORIGIN) as client:
        world = SmsWorld(
            room=room,
            adapter=adapter,
            peer=peer,
            client=client,
            arrivals=Arrivals(side.world.router, receipts),
            account=SmsAccountRow(),
        )
        await world.set_up(kind)
        yield world
    await adapter.close()
    await peer.server.kill()
