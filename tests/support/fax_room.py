"""Mailboxes that a fax gateway writes to, with the mail and fax adapters between them, over a channel room."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from channels.fax.adapter import FaxAdapter
from channels.fax.files import FaxReader
from channels.fax.ways import GatewayWay
from channels.gateway_mail import GatewayReader
from channels.mail import service
from channels.mail.adapter import MailAdapter
from channels.mail.settings import MailboxSettings
from channels.mail.tables import MailboxRow
from kit.ids import new_id
from records.messages.tables import OutboxRow, OutboxState
from router.contact import ContactRequest, RawInbound
from server.paper import draw_fax, fax_guard
from telephony.guard import DialGuard, GuardSettings
from tests.support.channel_room import ChannelRoom

LINE = "fax@axd.test"


@dataclass(kw_only=True)
class FaxRoom:
    room: ChannelRoom
    mail: MailAdapter
    fax: FaxAdapter
    guard: DialGuard

    async def add_mailbox(self, profile: str = "auto", *, port: int = 2525, **changes: object) -> MailboxRow:
        values: dict[str, object] = {
            "name": "传真专线",
            "address": LINE,
            "imap_host": "127.0.0.1",
            "imap_port": port,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_security": "none",
            "username": "fax",
            "profile": profile,
        }
        settings = MailboxSettings.model_validate(values | changes)
        async with self.room.database.unit_of_work(self.room.access) as uow:
            return await service.create(uow, self.room.side.box, self.room.waker, settings)

    def mailed(self, box: MailboxRow, mail: bytes, provider_id: str = "") -> RawInbound:
        return RawInbound(
            channel="mail",
            account=box.id,
            provider_id=provider_id or new_id(),
            received_at=self.room.side.clock.now(),
            raw=mail,
        )

    async def read(self, box: MailboxRow, mail: bytes) -> ContactRequest:
        return await self.mail.parse(self.mailed(box, mail))

    async def fax_on_its_way(self, message_id: str) -> None:
        """The outbox row of `message_id` is a fax that a gateway has taken."""
        async with self.room.database.unit_of_work(self.room.access) as uow:
            (row,) = [row for row in await self.room.rows(OutboxRow) if row.message_id == message_id]
            fresh = await uow.session.get_one(OutboxRow, row.id)
            fresh.channel, fresh.state = "fax", OutboxState.SENT


@asynccontextmanager
async def fax_room(room: ChannelRoom, reader: FaxReader | None = None) -> AsyncIterator[FaxRoom]:
    readers: dict[str, GatewayReader] = {}
    side = room.side
    mail = MailAdapter(room.database, room.access, side.blobs, side.box, room.waker, readers=readers)
    guard = DialGuard(GuardSettings())
    way = GatewayWay(room.database, room.access, side.blobs, mail, fax_guard(room.database, room.access, guard))
    fax = FaxAdapter(room.database, room.access, side.blobs, draw_fax, [way], reader=reader)
    readers[fax.channel] = fax.read_mail
    try:
        yield FaxRoom(room=room, mail=mail, fax=fax, guard=guard)
    finally:
        await mail.close()
