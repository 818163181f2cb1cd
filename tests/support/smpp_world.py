"""The channel of text messages with an account over SMPP, its line running as in the gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from channels.intake import StoreIntake
from channels.sms import service, store
from channels.sms.settings import SmsAccountSettings
from channels.sms.smpp.carrier import SmppCarrier
from channels.sms.smpp.tables import SmsSegmentRow
from channels.sms.tables import SmsAccountRow
from kit.tasks import stop
from records.messages.tables import LedgerRow, MessageRow, OutboxRow, OutboxState
from tests.support.channel_room import ChannelRoom
from tests.support.sms_world import SmsWorld, sms_world
from tests.support.smsc import PASSWORD, SYSTEM_ID
from tests.support.waiting import wait_until

OWN = "+8657188120001"


class SmppWorld:
    def __init__(self, room: ChannelRoom, sms: SmsWorld) -> None:
        self.room = room
        self.sms = sms
        self.account = SmsAccountRow()
        self._running: list[asyncio.Task[None]] = []

    def carrier(self) -> SmppCarrier:
        """That of another process."""
        return SmppCarrier(self.room.database, self.room.access, self.room.side.box, self.room.redis)

    async def set_up(self, port: int, **changes: Any) -> None:
        """An account at this port; `password` and `throughput` are the account's, all else its settings."""
        password, throughput = changes.pop("password", PASSWORD), changes.pop("throughput", 1000)
        made = SmsAccountSettings.model_validate(
            {
                "name": "短信网关",
                "kind": "smpp",
                "number": OWN,
                "sign": "",
                "secret": password,
                "throughput": throughput,
                "settings": {"host": "127.0.0.1", "port": port, "system_id": SYSTEM_ID, "longest_retry_s": 0.2}
                | changes,
            }
        )
        async with self.room.database.unit_of_work(self.room.access) as uow:
            self.account = await service.create(uow, self.room.side.box, self.room.waker, made)

    async def start(self) -> None:
        """As the gateway does."""
        intake = StoreIntake(self.room.database, self.room.access, self.room.side.blobs, self.room.waker)
        self._running.append(asyncio.create_task(self.sms.adapter.run(intake)))

    async def stop(self) -> None:
        await stop(self._running)
        self._running.clear()

    async def state(self) -> SmsAccountRow:
        async with self.room.database.unit_of_work(self.room.access, read_only=True) as uow:
            return await service.get(uow, self.account.id)

    async def segments(self) -> list[SmsSegmentRow]:
        return await self.room.rows(SmsSegmentRow)

    async def ledger(self, start: str = "") -> list[LedgerRow]:
        rows = await self.room.rows(LedgerRow, LedgerRow.account == self.account.id)
        return [row for row in rows if row.provider_id.startswith(start)]

    async def heard(self) -> list[str]:
        """Everything that citizens wrote, once it is routed."""
        await self.sms.works()
        return [row.text for row in await self.room.rows(MessageRow, MessageRow.author_kind == "citizen")]

    async def hears(self, count: int) -> list[str]:
        async def enough() -> list[str]:
            heard = await self.heard()
            return heard if len(heard) >= count else []

        return await wait_until(enough, f"{count} texts are routed", timeout_s=20)

    async def answer_is(self, message: MessageRow, state: OutboxState) -> OutboxRow:
        async def reached() -> bool:
            return (await self.sms.outbox_of(message)).state == state

        await wait_until(reached, f"the answer is {state}", timeout_s=20)
        return await self.sms.outbox_of(message)

    async def sends_until(self, message: MessageRow, state: OutboxState) -> OutboxRow:
        """Rounds of the outbox, the clock running ahead."""

        async def reached() -> bool:
            await self.sms.sends()
            self.room.side.clock.advance(5)
            return (await self.sms.outbox_of(message)).state == state

        await wait_until(reached, f"the answer is {state}", timeout_s=30)
        return await self.sms.outbox_of(message)


@asynccontextmanager
async def smpp_world(room: ChannelRoom) -> AsyncIterator[SmppWorld]:
    carrier = SmppCarrier(room.database, room.access, room.side.box, room.redis)
    async with sms_world(room, smpp=carrier) as sms:
        async with room.database.unit_of_work(room.access) as uow:
            (other,) = await store.accounts(uow)
            await service.remove(uow, room.waker, other.id)
        world = SmppWorld(room, sms)
        try:
            yield world
        finally:
            await world.stop()
