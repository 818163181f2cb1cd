"""A nudge between processes: "there is work". Losing one costs a poll interval, nothing else."""

import asyncio
import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

EXPIRY_S = 5


class Waker:
    """Loops wait here between polls; whoever makes work after a commit wakes them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def wake(self, name: str) -> None:
        """Let the loops that wait for `name` look at once."""
        key = _key(name)
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.lpush(key, b"1")
        pipeline.ltrim(key, 0, 0)
        pipeline.expire(key, EXPIRY_S)
        await pipeline.execute()

    async def wait(self, name: str, timeout_s: float) -> None:
        """Return when woken or after `timeout_s`, whichever is first; a lost Redis only means waiting."""
        try:
            await self._redis.blpop([_key(name)], timeout=timeout_s)
        except (RedisError, OSError):
            await asyncio.sleep(timeout_s)


def _key(name: str) -> str:
    return f"wake:{name}"
