from collections.abc import AsyncIterator

import pytest

from kit.redis import make_redis
from kit.unit_of_work import Database
from router.functions.client import RoutingFunctions
from tests.support.clock import ManualClock
from tests.support.routing import RoutingWorld


@pytest.fixture
async def functions(redis_url: str) -> AsyncIterator[RoutingFunctions]:
    redis = make_redis(redis_url)
    yield RoutingFunctions(redis)
    await redis.aclose()


@pytest.fixture
async def world(database: Database, functions: RoutingFunctions, clock: ManualClock) -> RoutingWorld:
    return await RoutingWorld.make(database, clock, functions)
