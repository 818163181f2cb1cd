"""One desk over SQLite for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desk.session.routes import routes as session_routes
from tests.support.desk import Desk, open_desk


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(sqlite_url, tmp_path / "blobs", [session_routes]) as opened:
        yield opened
