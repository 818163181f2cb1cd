"""A small system in virtual time on the real functions; its chance is seeded, so the answer is always the same."""

import pytest
from redis.asyncio import Redis

from server.bench.oracles import System, simulate

pytestmark = pytest.mark.service


async def test_a_small_system_behaves_as_the_formula_says(redis_url: str) -> None:
    system = System(name="small", agents=3, erlang=2, handle_s=100)
    async with Redis.from_url(redis_url) as redis:
        lines = await simulate(redis, system, arrivals=16 * 120)
    assert [line["figure"] for line in lines] == ["p_wait", "mean_wait_s", "served_in_20_s"]
    assert all(line["inside"] for line in lines)
    assert all(0 < line["half_width_99"] < line["expected"] for line in lines)
