"""Used passes of citizens' pages are known to the next process, as long as they would be fresh."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from kit.redis import make_redis
from telephony.web_pass import LASTS_S, RedisClaims, WebPass, WebPasses

ABOUT = WebPass(visitor="v1", session="s1", dialled="12396", language="zh-CN")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = make_redis(redis_url)
    yield client
    await client.aclose()


def of_a_process(redis: Redis) -> WebPasses:
    return WebPasses(b"key", claim=RedisClaims(redis, "w"))


async def test_after_a_restart_a_used_pass_is_good_for_the_channel_that_used_it_alone(redis: Redis) -> None:
    before, after = of_a_process(redis), of_a_process(redis)
    written = before.issue(ABOUT)
    assert await before.redeem(written, "c1") == ABOUT
    assert await after.redeem(written, "c2") is None
    assert await of_a_process(redis).redeem(written, "c1") == ABOUT, "it still rang, and is taken on by the next one"
    [key] = [key async for key in redis.scan_iter("pass:*")]
    assert 0 < await redis.pttl(key) <= LASTS_S * 1000
    assert written.encode() not in key


async def test_without_redis_citizens_are_served_and_a_process_knows_its_own() -> None:
    nowhere = make_redis("redis://127.0.0.1:1", timeout_s=0.2)
    passes = of_a_process(nowhere)
    written = passes.issue(ABOUT)
    assert await passes.redeem(written, "c1") == ABOUT
    assert await passes.redeem(written, "c2") is None
    await nowhere.aclose()
