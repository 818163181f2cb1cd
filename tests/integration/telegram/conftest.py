"""A room on SQLite before a Bot API server of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.database import make_engine, make_writer
from kit.unit_of_work import Database
from tests.support.bot_api import BotApi, bot_api
from tests.support.channel_room import ChannelRoom
from tests.support.citizens import citizen_side
from tests.support.clock import ManualClock
from tests.support.telegram_world import TelegramWorld, telegram_world


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with bot_api() as made:
        yield made


@pytest.fixture
async def world(sqlite_url: str, redis_url: str, tmp_path: Path, api: BotApi) -> AsyncIterator[TelegramWorld]:
    database = Database(make_engine(sqlite_url), ManualClock(), writer=make_writer(sqlite_url))
    async with citizen_side(database, ManualClock(), redis_url, tmp_path / "blobs") as side:
        room = ChannelRoom.make(side, redis_url)
        async with telegram_world(room, api) as made:
            yield made
        await room.close()
    await database.close()
