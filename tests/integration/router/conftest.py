from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.integration.router.room import Room


@pytest.fixture
async def room(redis_url: str) -> AsyncIterator[Room]:
    async with Redis.from_url(redis_url) as redis:
        yield Room(redis)
