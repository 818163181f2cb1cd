"""A room on SQLite before a WeChat of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.database import make_engine, make_writer
from kit.unit_of_work import Database
from tests.support.channel_room import ChannelRoom
from tests.support.citizens import citizen_side
from tests.support.clock import ManualClock
from tests.support.wechat_world import WeChatWorld, wechat_world


@pytest.fixture
async def room(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ChannelRoom]:
    clock = ManualClock()
    database = Database(make_engine(sqlite_url), clock, writer=make_writer(sqlite_url))
    async with citizen_side(database, clock, redis_url, tmp_path / "blobs") as side:
        made = ChannelRoom.make(side, redis_url)
        yield made
        await made.close()
    await database.close()


@pytest.fixture
async def world(room: ChannelRoom) -> AsyncIterator[WeChatWorld]:
    async with wechat_world(room) as made:
        yield made


@pytest.fixture
async def plain_world(room: ChannelRoom) -> AsyncIterator[WeChatWorld]:
    """An account without encryption."""
    async with wechat_world(room, encrypts=False) as made:
        yield made
