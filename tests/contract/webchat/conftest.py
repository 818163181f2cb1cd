from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.unit_of_work import Database
from tests.support.citizens import CitizenSide, citizen_side
from tests.support.clock import ManualClock


@pytest.fixture
async def side(database: Database, clock: ManualClock, redis_url: str, tmp_path: Path) -> AsyncIterator[CitizenSide]:
    async with citizen_side(database, clock, redis_url, tmp_path / "blobs") as made:
        yield made
