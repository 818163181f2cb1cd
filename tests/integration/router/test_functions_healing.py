"""Losing Redis, effects that nobody applied, and contacts on which SQL and Redis differ."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from router.effects import ContactTruth, Offered, Placement, RoutingPresence, Withdrawn
from router.functions.client import RebuildNeeded, UnknownAgent
from tests.integration.router.room import CALL, CHAT, Room, agent, kinds, offered, pairs
from tests.support.services import redis_in

pytestmark = pytest.mark.service


async def test_a_workspace_that_was_never_built_refuses_business(room: Room) -> None:
    with pytest.raises(RebuildNeeded):
        await room.enqueue("c")
    assert not await room.functions.is_open(room.workspace, now_ms=room.now)
    await room.open()
    assert await room.functions.is_open(room.workspace, now_ms=room.now)


async def test_a_flush_is_noticed(room: Room) -> None:
    await room.open(agent("a"))
    await room.redis.flushall()
    with pytest.raises(RebuildNeeded):
        await room.enqueue("c")


async def test_a_restart_is_noticed_because_the_last_second_may_be_lost(tmp_path: Path) -> None:
    with redis_in(tmp_path) as url:
        async with Redis.from_url(url) as redis:
            await Room(redis, workspace="w").open(agent("a"))
    with redis_in(tmp_path) as url:
        async with Redis.from_url(url) as redis:
            with pytest.raises(RebuildNeeded):
                await Room(redis, workspace="w").enqueue("c")


async def test_a_missing_library_is_loaded_and_the_call_repeated(room: Room) -> None:
    await room.redis.function_flush()
    with pytest.raises(RebuildNeeded):
        await room.enqueue("c")
    assert await room.redis.function_list(library="axd_1")


async def test_an_unknown_agent_is_told_apart(room: Room) -> None:
    await room.open()
    with pytest.raises(UnknownAgent):
        await room.presence("nobody", RoutingPresence.READY)


async def test_a_rebuild_keeps_order_load_and_offers_and_raises_the_fence(room: Room) -> None:
    await room.open(agent("a"), agent("b"))
    active, ringing = await room.answered("active"), await room.offer("ringing")
    waiting = [room.contact(f"c-{number}", score_s=-number) for number in range(5)]
    truths = [ContactTruth(contact=contact, placement=Placement.QUEUED) for contact in waiting]
    truths += [
        ContactTruth(
            contact=room.contact(offer.contact_id),
            placement=placement,
            agent_id=offer.agent_id,
            fence=offer.fence,
            expires_at_ms=offer.expires_at_ms,
        )
        for offer, placement in ((active, Placement.ACTIVE), (ringing, Placement.OFFERED))
    ]
    assert (await room.open(agent("a"), agent("b"), contacts=truths)).effects == ()
    assert (await room.accept(ringing)).applied
    order: list[str] = []
    last = active
    for _ in range(5):
        last = offered(await room.done(last))
        await room.accept(last)
        order.append(last.contact_id)
        assert last.fence > room.epoch << 32
    assert order == ["c-4", "c-3", "c-2", "c-1", "c-0"]


async def test_an_open_gives_idle_agents_what_waits(room: Room) -> None:
    truths = [
        ContactTruth(contact=room.contact(f"c-{number}", score_s=-number), placement=Placement.QUEUED)
        for number in range(3)
    ]
    outcome = await room.open(agent("a"), agent("b"), contacts=truths)
    assert [contact_id for contact_id, _ in pairs(outcome)] == ["c-2", "c-1"]


async def test_a_rebuild_that_was_overtaken_gives_up(room: Room) -> None:
    async def contacts() -> AsyncIterator[ContactTruth]:
        await room.open(agent("a"))
        yield ContactTruth(contact=room.contact("c"), placement=Placement.QUEUED)

    with pytest.raises(RebuildNeeded):
        await room.functions.rebuild(
            room.workspace, epoch=99, agents=[agent("b")], contacts=contacts(), now_ms=room.now
        )
    assert await room.functions.is_open(room.workspace, now_ms=room.now)
    assert pairs(await room.enqueue("d")) == [("d", "a")]


async def test_unacknowledged_effects_are_found_again(room: Room) -> None:
    await room.open(agent("a"), agent("b"))
    first, second = await room.enqueue("c"), await room.enqueue("d")
    await room.functions.ack(room.workspace, first.effects)
    assert await room.functions.leftovers(room.workspace, older_than_ms=0) == list(second.effects)
    assert await room.functions.leftovers(room.workspace, older_than_ms=60_000) == []
    await room.functions.ack(room.workspace, second.effects)
    assert await room.functions.leftovers(room.workspace, older_than_ms=0) == []


async def test_sql_wins_when_it_granted_what_redis_gave_to_another(room: Room) -> None:
    await room.open(agent("a", 90), agent("b", 10))
    first = await room.offer("c")
    room.after(12)
    second = offered(await room.tick())
    assert not (await room.accept(first)).applied
    truth = ContactTruth(contact=room.contact("c"), placement=Placement.ACTIVE, agent_id="a", fence=first.fence)
    outcome = await room.functions.sync(room.workspace, truth, now_ms=room.now)
    assert kinds(outcome) == [Withdrawn]
    assert not (await room.accept(second)).applied
    assert ((await room.load("a"))["voice"], (await room.load("b"))["voice"]) == (1, 0)
    assert (await room.done(first)).applied


async def test_sync_is_repeatable(room: Room) -> None:
    await room.open(agent("a"))
    call = await room.answered("c")
    truth = ContactTruth(contact=room.contact("c"), placement=Placement.ACTIVE, agent_id="a", fence=call.fence)
    for _ in range(2):
        assert (await room.functions.sync(room.workspace, truth, now_ms=room.now)).effects == ()
    assert (await room.load("a"))["voice"] == 1
    gone = replace(truth, placement=Placement.GONE)
    await room.enqueue("next")
    assert pairs(await room.functions.sync(room.workspace, gone, now_ms=room.now)) == [("next", "a")]
    assert (await room.functions.sync(room.workspace, gone, now_ms=room.now)).effects == ()


async def test_a_contact_that_only_sql_knows_is_queued_by_sync(room: Room) -> None:
    await room.open(agent("a"))
    truth = ContactTruth(contact=room.contact("lost", CHAT), placement=Placement.QUEUED)
    assert pairs(await room.functions.sync(room.workspace, truth, now_ms=room.now)) == [("lost", "a")]


async def test_an_audit_sees_what_redis_holds(room: Room) -> None:
    await room.open(agent("a"))
    call = await room.answered("c")
    await room.enqueue("d")
    held = {item.contact_id: item async for item in room.functions.held(room.workspace, now_ms=room.now)}
    assert (held["c"].state, held["c"].agent_id, held["c"].fence) == ("a", "a", call.fence)
    assert (held["d"].state, held["d"].agent_id, held["d"].fence) == ("q", None, 0)


async def test_calls_of_one_moment_share_a_round_trip_and_each_gets_its_own_answer(room: Room) -> None:
    await room.open(*(agent(f"a-{number}") for number in range(20)))
    before = await _reads(room.redis)
    outcomes = await asyncio.gather(*(room.enqueue(f"c-{number}", CALL) for number in range(20)))
    assert [effect.contact_id for outcome in outcomes for effect in outcome.effects if isinstance(effect, Offered)] == [
        f"c-{number}" for number in range(20)
    ]
    assert await _reads(room.redis) - before <= 3


async def test_no_call_is_forgotten_when_pipelines_end_and_begin(room: Room) -> None:
    await room.open(agent("a"))

    async def ask(number: int) -> int:
        for _ in range(number):
            await room.state("c")
        return number

    async with asyncio.timeout(30):
        assert await asyncio.gather(*(ask(number) for number in range(20))) == list(range(20))


async def test_one_failing_call_does_not_fail_its_neighbours(room: Room) -> None:
    await room.open(agent("a"))
    failed, worked = await asyncio.gather(
        room.presence("nobody", RoutingPresence.READY), room.enqueue("c"), return_exceptions=True
    )
    assert isinstance(failed, UnknownAgent)
    assert not isinstance(worked, BaseException)
    assert pairs(worked) == [("c", "a")]


async def _reads(redis: Redis) -> int:
    return int((await redis.info("stats"))["total_reads_processed"])
