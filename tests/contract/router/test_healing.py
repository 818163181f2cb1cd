"""Redis lost, processes killed between the two stores, effects applied twice: SQL stays the truth."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from kit.redis import make_redis
from router.contact import ContactStatus, OfferOutcome
from router.dispatch import Dispatch
from router.effects import ContactDescription, Expired, Offered, RoutingPresence
from tests.support.routing import RoutingWorld


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = make_redis(redis_url)
    yield client
    await client.aclose()


def an_offer(world: RoutingWorld, contact_id: str, agent_id: str, fence: int) -> Offered:
    return Offered(
        event_id="0-1",
        contact_id=contact_id,
        agent_id=agent_id,
        fence=fence,
        offered_at_ms=world.now_ms,
        expires_at_ms=world.now_ms + 10_000,
        why={"eligible": 1},
    )


async def state_in_redis(world: RoutingWorld, contact_id: str) -> str | None:
    found = await world.functions.contact(world.workspace_id, contact_id, now_ms=world.now_ms)
    return found["state"] if found else None


async def test_a_flushed_redis_is_rebuilt_with_its_order(world: RoutingWorld, redis: Redis) -> None:
    agent = await world.agent(chat=1)
    held = await world.active(agent)
    waiting = []
    for _ in range(3):
        world.clock.advance(1)
        waiting.append(await world.arrives())
    fence = (await world.contact(held)).fence
    await redis.flushall()
    late = await world.arrives()
    await world.pass_time(1, agent)
    assert await state_in_redis(world, held) == "a"
    served = []
    for _ in range(4):
        await world.does("dispose", held, agent, "answered")
        offered = [
            contact_id
            for contact_id in [*waiting, late]
            if (await world.contact(contact_id)).status == ContactStatus.OFFERED
        ]
        held = offered[0]
        assert (await world.contact(held)).fence > fence
        await world.accepts(held, agent)
        served.append(held)
    assert served == [*waiting, late]


async def test_effects_applied_twice_do_nothing(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    (offer,) = await world.offers(contact_id)
    version = (await world.contact(contact_id)).version
    dispatch = Dispatch(world.database, world.functions, {})
    repeated = [an_offer(world, contact_id, agent, offer.fence)] * 2
    await dispatch.apply(world.workspace_id, repeated)
    assert len(await world.offers(contact_id)) == 1
    assert (await world.contact(contact_id)).version == version
    ended = Expired(event_id="0-2", contact_id=contact_id, agent_id=agent, fence=offer.fence)
    await dispatch.apply(world.workspace_id, [ended, ended])
    await dispatch.apply(world.workspace_id, repeated)
    assert [offer.outcome for offer in await world.offers(contact_id)] == [OfferOutcome.EXPIRED]
    assert (await world.contact(contact_id)).status == ContactStatus.QUEUED


async def test_an_end_that_overtakes_its_offer_keeps_the_offer_unwritten(world: RoutingWorld) -> None:
    agent = await world.agent(ready=False)
    contact_id = await world.arrives()
    dispatch = Dispatch(world.database, world.functions, {})
    await dispatch.apply(world.workspace_id, [Expired(event_id="0-1", contact_id=contact_id, agent_id=agent, fence=77)])
    await dispatch.apply(world.workspace_id, [an_offer(world, contact_id, agent, 77)])
    assert await world.offers(contact_id) == []
    assert (await world.contact(contact_id)).status == ContactStatus.QUEUED


async def test_killed_after_sql_before_redis_the_contact_is_found_again(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    await world.functions.cancel(world.workspace_id, contact_id, now_ms=world.now_ms)
    await world.router.timers.audit(world.workspace_id)
    assert (await world.contact(contact_id)).status == ContactStatus.OFFERED
    await world.accepts(contact_id, agent)
    assert await state_in_redis(world, contact_id) == "a"


async def test_killed_after_redis_before_sql_the_offer_is_written_by_the_sweeper(world: RoutingWorld) -> None:
    contact_id = await world.arrives()
    agent = await world.agent(ready=False)
    functions, workspace_id = world.functions, world.workspace_id
    outcome = await functions.presence(workspace_id, agent, RoutingPresence.READY, now_ms=world.now_ms)
    assert len(outcome.effects) == 1
    assert await world.offers(contact_id) == []
    await Dispatch(world.database, functions, {}).apply(
        workspace_id, await functions.leftovers(workspace_id, older_than_ms=0)
    )
    (offer,) = await world.offers(contact_id)
    assert offer.agent_id == agent
    assert await functions.leftovers(workspace_id, older_than_ms=0) == []


async def test_an_accept_that_sql_granted_stands_when_redis_went_on(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    fence = (await world.contact(contact_id)).fence
    later = world.now_ms + 13_000
    outcome = await world.functions.tick(world.workspace_id, now_ms=later)
    assert outcome.effects
    await world.accepts(contact_id, agent)
    await Dispatch(world.database, world.functions, {}).apply(world.workspace_id, outcome.effects)
    row = await world.contact(contact_id)
    assert (row.status, row.agent_id, row.fence) == (ContactStatus.ACTIVE, agent, fence)
    assert await state_in_redis(world, contact_id) == "a"


async def test_an_offer_that_sql_contradicts_is_taken_back(world: RoutingWorld) -> None:
    agent, other = await world.agent(chat=1), await world.agent(ready=False)
    contact_id = await world.active(agent)
    await Dispatch(world.database, world.functions, {}).apply(
        world.workspace_id, [an_offer(world, contact_id, other, 2**50)]
    )
    row = await world.contact(contact_id)
    assert (row.status, row.agent_id) == (ContactStatus.ACTIVE, agent)
    assert await state_in_redis(world, contact_id) == "a"


async def test_an_agent_who_never_saw_the_offer_stays_ready(world: RoutingWorld) -> None:
    agent = await world.agent()
    await world.functions.enqueue(
        world.workspace_id, await described(world, await queued_out_of_sight(world)), now_ms=world.now_ms
    )
    world.clock.advance(13)
    await world.heartbeat(agent)
    await world.router.timers.tick(world.workspace_id)
    assert (await world.agent_row(agent)).presence == "ready"
    load = await world.functions.agent_load(world.workspace_id, agent, now_ms=world.now_ms)
    assert load is not None
    assert load["presence"] == "ready"


async def queued_out_of_sight(world: RoutingWorld) -> str:
    """A contact that Redis has forgotten, and whose agent is free again."""
    contact_id = await world.arrives()
    await world.does("abandon", contact_id)
    return contact_id


async def described(world: RoutingWorld, contact_id: str) -> ContactDescription:
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        row = await world.contact(contact_id)
        return await Dispatch(world.database, world.functions, {}).describe(uow, row)


async def test_contacts_that_sql_has_ended_are_forgotten(world: RoutingWorld) -> None:
    contact_id = await queued_out_of_sight(world)
    await world.functions.enqueue(world.workspace_id, await described(world, contact_id), now_ms=world.now_ms)
    assert await state_in_redis(world, contact_id) == "q"
    assert await world.router.timers.forget_ended(world.workspace_id) == 1
    assert await state_in_redis(world, contact_id) is None
