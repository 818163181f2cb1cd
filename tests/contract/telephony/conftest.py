from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.unit_of_work import Database
from tests.support.clock import ManualClock
from tests.support.switchboard import Hotline, hotline


@pytest.fixture
async def line(database: Database, clock: ManualClock, redis_url: str, tmp_path: Path) -> AsyncIterator[Hotline]:
    async with hotline(database, clock, redis_url, tmp_path) as made:
        yield made
