"""How often one address may do what costs us: counted in Redis in fixed windows."""

import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

from kit.errors import TooMany

log = logging.getLogger(__name__)

HOUR_S = 3600
MINUTE_S = 60


class RateLimits:
    """Without Redis nothing is limited: it is better to answer citizens than to count them."""

    def __init__(self, redis: Redis, workspace_id: str) -> None:
        self._redis = redis
        self._prefix = f"limit:{{{workspace_id}}}"

    async def spend(self, what: str, source: str, limit: int, window_s: int) -> None:
        """Count one use of `what` by `source`. Raises `TooMany`, with the minutes to wait, past `limit` in a window."""
        key = f"{self._prefix}:{what}:{source}"
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, window_s, nx=True)
                pipeline.ttl(key)
                used, _, wait_s = await pipeline.execute()
        except (RedisError, OSError):
            log.warning("rate limits cannot be counted; letting requests through")
            return
        if used > limit:
            raise TooMany(minutes=max(1, -(-wait_s // MINUTE_S)))
