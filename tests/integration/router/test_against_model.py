"""The library against the model over random worlds: the same decisions, and what must hold whatever is decided."""

import asyncio
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from tests.integration.router.worlds import World

WORLDS = 40


@pytest.mark.service
@pytest.mark.timeout(300)
@settings(
    max_examples=WORLDS,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32), acts=st.integers(60, 160))
def test_the_library_decides_like_the_model(redis_url: str, seed: int, acts: int) -> None:
    asyncio.run(_live(redis_url, seed, acts))


async def _live(redis_url: str, seed: int, acts: int) -> None:
    async with Redis.from_url(redis_url) as redis:
        world = World(redis, Random(seed))
        await world.begin()
        for _ in range(acts):
            await world.act()
