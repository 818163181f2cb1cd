"""The measurement runs and its figures add up. Nothing here is timed."""

import pytest
from redis.asyncio import Redis

from server.bench.routing import measure

pytestmark = pytest.mark.service


async def test_a_short_measurement_gives_every_figure(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        line = await measure(redis, agents=10, waiting=20, seconds=0.3)
    assert list(line) == [
        "agents",
        "waiting",
        "assignments_per_s",
        "noop_per_s",
        "ratio",
        "redis_cpu_us",
        "enqueue_p50_us",
        "enqueue_p99_us",
        "done_p50_us",
        "done_p99_us",
    ]
    assert all(line[key] > 0 for key in line)
    assert line["ratio"] == pytest.approx(line["assignments_per_s"] / line["noop_per_s"], rel=0.01)
    assert line["enqueue_p50_us"] <= line["enqueue_p99_us"]
