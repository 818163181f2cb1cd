"""A contact from arrival to closure, on SQL and Redis together."""

import asyncio

import pytest

from kit.errors import Conflict, Invalid
from router.contact import ContactStatus, OfferOutcome, Presence
from tests.support.routing import RoutingWorld


async def test_a_contact_is_offered_accepted_finished_and_closed(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    (offer,) = await world.offers(contact_id)
    assert (await world.contact(contact_id)).status == ContactStatus.OFFERED
    assert offer.agent_id == agent
    assert offer.outcome == OfferOutcome.PENDING
    assert offer.why["eligible"] == 1
    await world.accepts(contact_id, agent)
    row = await world.contact(contact_id)
    assert (row.status, row.agent_id) == (ContactStatus.ACTIVE, agent)
    assert ("connect", contact_id, agent) in world.live.told
    await world.does("finish", contact_id, agent)
    assert (await world.contact(contact_id)).status == ContactStatus.WRAP_UP
    await world.does("dispose", contact_id, agent, "answered", "ok")
    row = await world.contact(contact_id)
    (interaction,) = await world.interactions(contact_id)
    assert (row.status, row.disposition) == (ContactStatus.CLOSED, "answered")
    assert (interaction.agent_id, interaction.disposition, interaction.note) == (agent, "answered", "ok")
    load = await world.functions.agent_load(world.workspace_id, agent, now_ms=world.now_ms)
    assert load is not None
    assert load["chat"] == 0


async def test_of_two_who_accept_at_once_one_wins_and_the_other_learns_who(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    fence = (await world.contact(contact_id)).fence
    other = await world.agent(ready=False)
    results = await asyncio.gather(
        *(world.accepts(contact_id, who, fence) for who in (agent, other)), return_exceptions=True
    )
    (lost,) = [result for result in results if isinstance(result, Conflict)]
    assert lost.code == "offer_gone"
    assert (await world.contact(contact_id)).agent_id == agent


async def test_the_same_accept_twice_is_harmless(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    fence = (await world.contact(contact_id)).fence
    await asyncio.gather(*(world.accepts(contact_id, agent, fence) for _ in range(3)))
    assert len(await world.interactions(contact_id)) == 1


async def test_an_old_fence_never_wins(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    old = (await world.contact(contact_id)).fence
    await world.does("decline", contact_id, agent, old, "recusal")
    other = await world.agent()
    assert (await world.contact(contact_id)).fence > old
    with pytest.raises(Conflict) as caught:
        await world.accepts(contact_id, agent, old)
    assert caught.value.code == "offer_gone"
    await world.accepts(contact_id, other)


async def test_a_declined_contact_keeps_its_place(world: RoutingWorld) -> None:
    agent = await world.agent(chat=1)
    first = await world.arrives()
    world.clock.advance(1)
    second = await world.arrives()
    await world.does("decline", first, agent, (await world.contact(first)).fence, "recusal")
    other = await world.agent(chat=1)
    assert [offer.agent_id for offer in await world.offers(first)] == [agent, other]
    assert [offer.agent_id for offer in await world.offers(second)] == [agent]


async def test_an_unanswered_offer_leaves_the_agent_visibly_not_ready(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    await world.pass_time(13, agent)
    row = await world.agent_row(agent)
    assert (row.presence, row.reason) == (Presence.NOT_READY, "no_answer")
    contact = await world.contact(contact_id)
    assert contact.status == ContactStatus.QUEUED
    assert [offer.outcome for offer in await world.offers(contact_id)] == [OfferOutcome.EXPIRED]
    with pytest.raises(Conflict):
        await world.accepts(contact_id, agent)


async def test_an_accept_after_the_time_is_refused_by_sql(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    world.clock.advance(10.5)
    with pytest.raises(Conflict) as caught:
        await world.accepts(contact_id, agent)
    assert caught.value.code == "offer_gone"


async def test_an_unknown_reason_is_refused(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    with pytest.raises(Invalid):
        await world.does("decline", contact_id, agent, (await world.contact(contact_id)).fence, "tired")
    assert (await world.contact(contact_id)).status == ContactStatus.OFFERED


async def test_expired_wrap_up_is_recorded_as_not_filled_in(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.active(agent)
    await world.does("finish", contact_id, agent)
    await world.pass_time(16, agent)
    row = await world.contact(contact_id)
    assert (row.status, row.disposition) == (ContactStatus.CLOSED, "not_filled_in")


async def test_an_abandoned_contact_is_offered_to_nobody(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.arrives()
    await world.does("abandon", contact_id)
    assert (await world.contact(contact_id)).status == ContactStatus.ABANDONED
    assert [offer.outcome for offer in await world.offers(contact_id)] == [OfferOutcome.CANCELLED]
    other = await world.arrives()
    assert (await world.offers(other))[0].agent_id == agent
