"""Bots as operators keep them: by the desk's services and by the environment."""

import pytest

from channels.telegram import service
from channels.telegram.settings import BotSettings
from kit.errors import Conflict, Invalid
from tests.support.bot_api import TOKEN
from tests.support.telegram_world import TelegramWorld

OTHER_TOKEN = "220201543:" + "y" * 35


async def adopt(world: TelegramWorld, **configured: BotSettings) -> None:
    async with world.room.database.unit_of_work(world.room.access) as uow:
        await service.adopt_environment(uow, world.room.side.box, configured)


async def test_the_environment_owns_its_bots(world: TelegramWorld) -> None:
    settings = BotSettings(name="热线", token=TOKEN, mode="webhook")
    for _ in range(2):
        await adopt(world, main=settings)
    bot = await world.bot()
    assert (bot.from_environment, bot.mode, bot.revision) == (True, "webhook", 1)
    async with world.room.database.unit_of_work(world.room.access) as uow:
        with pytest.raises(Conflict):
            await service.change(uow, world.room.side.box, world.room.waker, bot.id, settings)
    await adopt(world, main=settings.model_copy(update={"name": "新名"}))
    assert (await world.bot()).revision == 2
    await adopt(world)
    assert (await world.bot()).enabled is False


async def test_a_token_is_kept_encrypted_and_stays_the_same_bots(world: TelegramWorld) -> None:
    bot = await world.add_bot()
    assert TOKEN not in bot.token
    assert TOKEN.split(":")[1] not in await world.room.everything()
    async with world.room.database.unit_of_work(world.room.access) as uow:
        with pytest.raises(Invalid, match="another bot"):
            settings = BotSettings(name="热线", token=OTHER_TOKEN)
            await service.change(uow, world.room.side.box, world.room.waker, bot.id, settings)
    async with world.room.database.unit_of_work(world.room.access) as uow:
        changed = await service.change(uow, world.room.side.box, world.room.waker, bot.id, BotSettings(name="新名"))
    assert (changed.name, changed.token) == ("新名", bot.token)


async def test_a_new_bot_needs_its_token(world: TelegramWorld) -> None:
    with pytest.raises(Invalid):
        await world.add_bot(token=None)


async def test_check_tells_whether_telegram_posts_to_us(world: TelegramWorld) -> None:
    bot = await world.add_bot(mode="webhook")
    health = await world.adapter.check_bot(bot.id, "en")
    assert not health.ok
    assert "AXD_PUBLIC_URL" in health.detail
    world.api.webhook = {"url": f"{world.address}/telegram/{bot.id}"}
    assert (await world.adapter.check_bot(bot.id, "zh-CN")).ok
