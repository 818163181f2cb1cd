"""A nudge between processes: "there is work". Losing one costs a poll interval, nothing else."""

import asyncio
import logging
import time

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

EXPIRY_S = 5
# Well below a client's own patience with an answer, after which it would give up and be deaf for the rest of the time.
BLOCK_S = 2.0


class Waker:
    """Loops wait here between polls; whoever makes work after a commit wakes them."""

    def __init__(self, redis: Redis, block_s: float = BLOCK_S) -> None:
        self._redis, self._block_s = redis, block_s

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
        until = time.monotonic() + timeout_s
        while (left := until - time.monotonic()) > 0:
            block_s = min(left, self._block_s)
            try:
                if await self._redis.blpop([_key(name)], timeout=block_s):
                    return
            except (RedisError, OSError):
                await asyncio.sleep(block_s)


def _key(name: str) -> str:
    return f"wake:{name}"
