"""Accounts with the other sides of channels, changed by several people."""

import asyncio

from channels.telegram import service
from channels.telegram.settings import BotSettings
from tests.support.channel_room import ChannelRoom


async def test_changes_at_once_come_one_after_the_other(room: ChannelRoom) -> None:
    box, waker = room.side.box, room.waker
    async with room.database.unit_of_work(room.access) as uow:
        bot = await service.create(uow, box, waker, BotSettings(name="热线", token=f"7:{'s' * 35}"))

    async def change(name: str) -> None:
        async with room.database.unit_of_work(room.access) as uow:
            await service.change(uow, box, waker, bot.id, BotSettings(name=name))

    await asyncio.gather(*(change(f"热线{n}") for n in range(5)))
    async with room.database.unit_of_work(room.access, read_only=True) as uow:
        assert (await service.get(uow, bot.id)).version == bot.version + 5
