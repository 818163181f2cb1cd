"""What a visitor's browser may be made to send: nothing of it ends in a failure or wakes everybody without end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.database import make_engine
from kit.unit_of_work import Database
from tests.support.citizens import CitizenSide, Visitor, citizen_side
from tests.support.clock import ManualClock
from tests.support.waiting import wait_until


@pytest.fixture
async def side(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[CitizenSide]:
    engine, clock = make_engine(sqlite_url), ManualClock()
    async with citizen_side(Database(engine, clock), clock, redis_url, tmp_path / "blobs") as made:
        yield made
    await engine.dispose()


async def test_a_number_that_no_message_can_have_is_no_frame(side: CitizenSide) -> None:
    visitor = await Visitor.arrives(side, topic="inquiry")
    async with visitor.chatting() as socket:
        socket.say({"type": "read", "seq": 10**30})
        await wait_until(lambda: socket.closed == 1007, "the socket is closed")
