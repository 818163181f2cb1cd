from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.unit_of_work import Database
from tests.support.channel_room import ChannelRoom
from tests.support.citizens import citizen_side
from tests.support.clock import ManualClock


@pytest.fixture
async def room(database: Database, clock: ManualClock, redis_url: str, tmp_path: Path) -> AsyncIterator[ChannelRoom]:
    """On SQLite and on PostgreSQL, with a real Redis."""
    async with citizen_side(database, clock, redis_url, tmp_path / "blobs") as side:
        made = ChannelRoom.make(side, redis_url)
        yield made
        await made.close()
