"""A lease has one holder and a growing token; a command reaches the holder and its answer comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kit.access import Access
from kit.commands import Commands, Handler
from kit.errors import Conflict, Unavailable
from kit.leases import Lease, acquire, release, still_held
from kit.redis import make_redis
from kit.tasks import stop
from kit.unit_of_work import Database
from tests.support.clock import ManualClock
from tests.support.waiting import wait_until


async def _acquire(database: Database, holder: str, ttl_s: float = 30) -> Lease | None:
    async with database.unit_of_work(Access.platform()) as uow:
        return await acquire(uow, "mailbox:1", holder, ttl_s)


async def _held(database: Database, lease: Lease) -> bool:
    async with database.unit_of_work(Access.platform(), read_only=True) as uow:
        return await still_held(uow, lease)


async def test_one_holder_at_a_time_and_a_higher_token_for_the_next(database: Database, clock: ManualClock) -> None:
    taken = await asyncio.gather(*(_acquire(database, holder) for holder in ("a", "b", "c")))
    (first,) = [lease for lease in taken if lease]
    assert await _acquire(database, first.holder) == first
    clock.advance(31)
    second = await _acquire(database, "d")
    assert second is not None
    assert second.token > first.token
    assert not await _held(database, first)
    assert await _held(database, second)


async def test_a_released_lease_is_free_at_once(database: Database) -> None:
    lease = await _acquire(database, "a")
    assert lease is not None
    async with database.unit_of_work(Access.platform()) as uow:
        await release(uow, lease)
    assert await _acquire(database, "b") is not None


@asynccontextmanager
async def _serving(redis_url: str, database: Database, holder: str, handler: Handler) -> AsyncIterator[Commands]:
    server, client = make_redis(redis_url), make_redis(redis_url)
    task = asyncio.create_task(Commands(server, database, holder).serve(handler))
    try:
        yield Commands(client, database, "asker")
    finally:
        await stop([task])
        await server.aclose()
        await client.aclose()


async def _handle(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if name == "refuse":
        raise Conflict("Somebody else has it.", code="taken")
    return {"echo": arguments["text"]}


async def test_a_command_is_answered_by_the_holder_with_its_result_or_its_error(
    database: Database, redis_url: str
) -> None:
    await _acquire(database, "gateway")
    async with _serving(redis_url, database, "gateway", _handle) as commands:

        async def ask() -> dict[str, Any] | None:
            try:
                return await commands.request("mailbox:1", "echo", {"text": "你好"}, timeout_s=0.5)
            except Unavailable:
                return None

        assert await wait_until(ask, "an answer") == {"echo": "你好"}
        with pytest.raises(Exception, match="Somebody else has it") as caught:
            await commands.request("mailbox:1", "refuse", {}, timeout_s=5)
        assert caught.value.code == "taken"  # type: ignore[attr-defined]


async def test_a_command_to_nobody_fails_at_once(database: Database, redis_url: str) -> None:
    client = make_redis(redis_url)
    with pytest.raises(Unavailable, match="in charge"):
        await Commands(client, database, "asker").request("mailbox:9", "echo", {}, timeout_s=1)
    await client.aclose()
