"""Redis streams with one shape of answer: (id, body), whatever the client library's types allow."""

from typing import Any, cast

from redis.asyncio import Redis

BODY = b"b"
Entry = tuple[str, bytes]


async def append(redis: Redis, stream: str, body: str, *, max_length: int) -> str:
    """Add one entry, trimming the stream to about `max_length`; returns the entry's id."""
    entry_id = await redis.xadd(stream, {BODY: body}, maxlen=max_length, approximate=True)
    return cast("bytes", entry_id).decode()


async def read_after(redis: Redis, stream: str, position: str, *, block_ms: int, count: int = 500) -> list[Entry]:
    """Entries after `position`, waiting up to `block_ms` for the first; empty when none came."""
    answer: Any = await redis.xread({stream: position}, block=block_ms, count=count)
    if not answer:
        return []
    entries = next(iter(answer.values()))[0] if isinstance(answer, dict) else answer[0][1]
    return _entries(entries)


async def slice_after(redis: Redis, stream: str, position: str) -> list[Entry]:
    """All entries after `position`, at once."""
    return _entries(await redis.xrange(stream, min=f"({position}"))


async def first_id(redis: Redis, stream: str) -> str | None:
    entries = _entries(await redis.xrange(stream, count=1))
    return entries[0][0] if entries else None


async def last_id(redis: Redis, stream: str) -> str | None:
    entries = _entries(await redis.xrevrange(stream, count=1))
    return entries[0][0] if entries else None


def _entries(raw: Any) -> list[Entry]:
    return [(entry_id.decode(), fields[BODY]) for entry_id, fields in raw or []]
