"""Guesses are counted by who can make them: a subscriber with a whole network of addresses is one source."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from kit.database import make_engine
from kit.unit_of_work import Database
from records.citizens.receipts import MAX_FAILURES, make_number
from tests.support.citizens import CitizenSide, citizen_side, hidden_fields
from tests.support.clock import ManualClock

NUMBER = make_number(date(2026, 11, 24), 1)


@pytest.fixture
async def side(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[CitizenSide]:
    engine, clock = make_engine(sqlite_url), ManualClock()
    async with citizen_side(Database(engine, clock), clock, redis_url, tmp_path / "blobs") as made:
        yield made
    await engine.dispose()


async def guess(side: CitizenSide, address: str) -> str:
    transport = ASGITransport(app=side.app, client=(address, 4711))
    async with AsyncClient(transport=transport, base_url="http://axd") as browser:
        fields = hidden_fields(await browser.get("/status"))
        return (await browser.post("/status", data={**fields, "number": NUMBER, "pin": "000000"})).text


async def test_a_pin_is_not_guessed_from_the_addresses_of_one_network(side: CitizenSide) -> None:
    for last in range(MAX_FAILURES):
        await guess(side, f"2001:db8:1:2::{last + 1:x}")
    assert "30 分钟" in await guess(side, "2001:db8:1:2:ffff::1")
    assert "30 分钟" not in await guess(side, "2001:db8:1:3::1")
