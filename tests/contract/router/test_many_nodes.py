"""Several nodes at once: each contact has one agent, whoever ticks, sweeps and accepts."""

import asyncio
import random

from sqlalchemy import func, select

from kit.errors import Conflict
from kit.unit_of_work import Database
from router.contact import ContactStatus, OfferOutcome
from router.functions.client import RoutingFunctions
from router.service import Router
from router.tables import ContactRow, InteractionRow, OfferRow
from tests.support.clock import ManualClock
from tests.support.routing import RoutingWorld
from tests.support.waiting import wait_until

CONTACTS = 24


async def offered(world: RoutingWorld) -> list[OfferRow]:
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        rows = select(OfferRow).where(OfferRow.outcome == OfferOutcome.PENDING)
        return list(await uow.session.scalars(rows))


async def serve(world: RoutingWorld, router: Router, offer: OfferRow) -> None:
    """One browser tab of the agent: accept and, when it won, answer."""
    async with world.database.unit_of_work(world.access) as uow:
        await router.accept(uow, offer.contact_id, offer.agent_id, offer.fence)
    async with world.database.unit_of_work(world.access) as uow:
        await router.dispose(uow, offer.contact_id, offer.agent_id, "answered")


async def test_two_nodes_serve_a_queue_without_losing_or_doubling(world: RoutingWorld) -> None:
    nodes = [world.router, Router(database=world.database, functions=world.functions, connectors={})]
    agents = [await world.agent(chat=2) for _ in range(3)]
    contacts = {await world.arrives() for _ in range(CONTACTS)}
    draw = random.Random(7)

    async def closed() -> int:
        async with world.database.unit_of_work(world.access, read_only=True) as uow:
            query = select(func.count()).select_from(ContactRow).where(ContactRow.status == ContactStatus.CLOSED)
            return await uow.session.scalar(query) or 0

    for _ in range(CONTACTS):
        tries = [serve(world, draw.choice(nodes), offer) for offer in await offered(world) for _ in range(2)]
        ticks = [node.timers.turn(world.workspace_id, turn=4) for node in nodes]
        results = await asyncio.gather(*tries, *ticks, return_exceptions=True)
        unexpected = [item for item in results if isinstance(item, Exception) and not isinstance(item, Conflict)]
        assert unexpected == []
        world.clock.advance(1)
        await world.heartbeat(*agents)
        if await closed() == CONTACTS:
            break
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        handled = list(await uow.session.scalars(select(InteractionRow.contact_id)))
    assert sorted(handled) == sorted(contacts)


async def test_the_timers_rebuild_and_heal_by_themselves(
    database: Database, functions: RoutingFunctions, clock: ManualClock
) -> None:
    world = await RoutingWorld.make(database, clock, functions, rebuilt=False)
    contact_id = await world.arrives()
    agent = await world.agent()
    timers = asyncio.create_task(world.router.run_timers())
    try:

        async def is_offered() -> bool:
            return (await world.contact(contact_id)).status == ContactStatus.OFFERED

        await wait_until(is_offered, "the contact is offered once Redis is built")
        await world.accepts(contact_id, agent)
    finally:
        timers.cancel()
        await asyncio.gather(timers, return_exceptions=True)
