"""Transfers, parking, lost and logged-out agents: a contact never loses its place nor falls silent."""

from datetime import timedelta

import pytest

from kit.errors import Conflict, Invalid
from router.contact import ContactStatus, OfferOutcome, Presence
from tests.support.routing import RoutingWorld


async def offered_to(world: RoutingWorld, contact_id: str) -> str | None:
    pending = [offer for offer in await world.offers(contact_id) if offer.outcome == OfferOutcome.PENDING]
    return pending[0].agent_id if pending else None


async def test_a_transfer_to_a_queue_keeps_the_entry_time(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.active(agent)
    entered = (await world.contact(contact_id)).queued_at
    world.clock.advance(60)
    await world.does("transfer", contact_id, agent, "queue", world.queues["complaints"], note="投诉")
    row = await world.contact(contact_id)
    assert (row.status, row.agent_id, row.queued_at) == (ContactStatus.QUEUED, None, entered)
    (interaction,) = await world.interactions(contact_id)
    assert (interaction.ended_by, interaction.note) == ("transferred", "投诉")
    able = await world.agent({"投诉": 3})
    assert await offered_to(world, contact_id) == able


async def test_a_transfer_to_a_skill_finds_who_has_it(world: RoutingWorld) -> None:
    agent = await world.agent()
    able = await world.agent({"English": 6})
    contact_id = await world.active(agent)
    await world.does("transfer", contact_id, agent, "skill", world.skills["English"], level=5)
    assert await offered_to(world, contact_id) == able


async def test_a_transfer_that_nobody_answers_comes_back(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.active(agent)
    target = await world.agent()
    await world.does("transfer", contact_id, agent, "agent", target)
    assert await offered_to(world, contact_id) == target
    await world.pass_time(13, agent, target)
    assert await offered_to(world, contact_id) == agent
    assert (await world.agent_row(target)).reason == "no_answer"


async def test_a_transfer_to_somebody_who_is_not_there_is_refused(world: RoutingWorld) -> None:
    agent = await world.agent()
    away = await world.agent(ready=False)
    contact_id = await world.active(agent)
    with pytest.raises(Conflict) as caught:
        await world.does("transfer", contact_id, agent, "agent", away)
    assert caught.value.code == "agent_not_available"
    assert (await world.contact(contact_id)).status == ContactStatus.ACTIVE


async def test_a_sealed_contact_goes_only_to_agents_who_are_cleared(world: RoutingWorld) -> None:
    cleared = await world.agent({"举报(保密)": 5})
    plain = await world.agent({"投诉": 5})
    contact_id = await world.active(cleared, hints={"topic": "report"})
    assert (await world.contact(contact_id)).sealed
    with pytest.raises(Conflict) as caught:
        await world.does("transfer", contact_id, cleared, "agent", plain)
    assert caught.value.code == "agent_not_cleared"
    await world.does("transfer", contact_id, cleared, "queue", world.queues["chat"])
    await world.pass_time(600, cleared, plain)
    assert {offer.agent_id for offer in await world.offers(contact_id)} == {cleared}


async def test_only_the_one_who_has_it_may_transfer(world: RoutingWorld) -> None:
    agent, other = await world.agent(), await world.agent(ready=False)
    contact_id = await world.active(agent)
    with pytest.raises(Conflict) as caught:
        await world.does("transfer", contact_id, other, "queue", world.queues["mail"])
    assert (caught.value.code, caught.value.extras["agent_id"]) == ("not_yours", agent)


async def test_a_reply_brings_a_parked_contact_to_the_same_agent(world: RoutingWorld) -> None:
    agent, other = await world.agent(), await world.agent()
    contact_id = await world.active(agent if await first_pick(world) == agent else other)
    keeper = (await world.contact(contact_id)).agent_id or ""
    await world.does("park", contact_id, keeper, world.clock.now() + timedelta(days=1), "待补充")
    assert (await world.contact(contact_id)).status == ContactStatus.PARKED
    await world.pass_time(20, agent, other)
    await world.does("append_inbound", await world.contact(contact_id))
    assert await offered_to(world, contact_id) == keeper
    await world.accepts(contact_id, keeper)
    (interaction,) = await world.interactions(contact_id)
    assert interaction.parked_s == 20
    assert interaction.ended_at is None


async def first_pick(world: RoutingWorld) -> str:
    """Who is longest idle: found by an offer that is taken back."""
    probe = await world.arrives()
    (offer,) = await world.offers(probe)
    await world.does("abandon", probe)
    return offer.agent_id


async def test_the_wake_date_brings_a_parked_contact_to_the_queue_when_its_agent_left(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.active(agent)
    await world.does("park", contact_id, agent, world.clock.now() + timedelta(minutes=5), "等批复")
    await world.router.set_presence(world.workspace_id, agent, Presence.OFFLINE)
    other = await world.agent()
    await world.pass_time(301, other)
    assert await offered_to(world, contact_id) == other
    await world.accepts(contact_id, other)
    first, second = await world.interactions(contact_id)
    assert (first.ended_by, second.agent_id) == ("passed_on", other)


async def test_parking_into_the_past_is_refused(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.active(agent)
    with pytest.raises(Invalid):
        await world.does("park", contact_id, agent, world.clock.now(), "待补充")


async def test_a_parked_contact_is_resumed_by_its_agent(world: RoutingWorld) -> None:
    agent = await world.agent(chat=1)
    contact_id = await world.active(agent)
    await world.does("park", contact_id, agent, world.clock.now() + timedelta(days=1), "待补充")
    await world.does("resume", contact_id, agent)
    waiting = await world.arrives()
    assert await offered_to(world, waiting) is None
    await world.does("dispose", contact_id, agent, "answered")
    assert await offered_to(world, waiting) == agent


async def test_a_lost_agent_gives_live_contacts_back_at_their_place(world: RoutingWorld) -> None:
    agent = await world.agent()
    chat = await world.active(agent, "chat")
    mail = await world.active(agent, "mail")
    entered = (await world.contact(chat)).queued_at
    await world.pass_time(26)
    row, contact = await world.agent_row(agent), await world.contact(chat)
    assert (row.presence, row.reason) == (Presence.NOT_READY, "connection_lost")
    assert (contact.status, contact.queued_at) == (ContactStatus.QUEUED, entered)
    assert (await world.contact(mail)).status == ContactStatus.ACTIVE
    assert ("release", chat) in world.live.told
    other = await world.agent()
    assert await offered_to(world, chat) == other


async def test_a_forced_logout_gives_everything_back(world: RoutingWorld) -> None:
    agent = await world.agent()
    contacts = [await world.active(agent, channel) for channel in ("chat", "mail")]
    standing = await world.router.force_logout(world.workspace_id, agent, by="supervisor")
    assert standing.state == "offline"
    assert {(await world.contact(contact_id)).status for contact_id in contacts} == {ContactStatus.QUEUED}
    interactions = [(await world.interactions(contact_id))[0].ended_by for contact_id in contacts]
    assert interactions == ["logged_out", "logged_out"]


async def test_a_logout_after_the_contact_waits_for_it(world: RoutingWorld) -> None:
    agent = await world.agent()
    chat, mail = await world.active(agent, "chat"), await world.active(agent, "mail")
    await world.router.force_logout(world.workspace_id, agent, by="supervisor", after_contact=True)
    waiting = await world.arrives()
    assert await offered_to(world, waiting) is None
    await world.does("dispose", chat, agent, "answered")
    assert (await world.agent_row(agent)).presence == Presence.OFFLINE
    await world.pass_time(1)
    assert (await world.contact(mail)).status == ContactStatus.QUEUED


async def test_not_ready_during_a_chat_begins_after_it(world: RoutingWorld) -> None:
    agent = await world.agent()
    chat = await world.active(agent)
    standing = await world.router.set_presence(world.workspace_id, agent, Presence.NOT_READY, "meal")
    assert (standing.presence, standing.pending) == (Presence.READY, "meal")
    waiting = await world.arrives()
    assert await offered_to(world, waiting) is None
    await world.does("dispose", chat, agent, "answered")
    row = await world.agent_row(agent)
    assert (row.presence, row.reason, row.pending) == (Presence.NOT_READY, "meal", None)


async def test_not_ready_needs_a_reason_that_people_may_give(world: RoutingWorld) -> None:
    agent = await world.agent()
    for reason in (None, "no_answer", "bored"):
        with pytest.raises(Invalid):
            await world.router.set_presence(world.workspace_id, agent, Presence.NOT_READY, reason)


async def test_without_a_socket_there_are_no_offers(world: RoutingWorld) -> None:
    agent = await world.agent()
    await world.router.agent_disconnected(world.workspace_id, agent)
    contact_id = await world.arrives()
    assert await offered_to(world, contact_id) is None
    await world.heartbeat(agent)
    assert await offered_to(world, contact_id) == agent


async def test_a_message_in_wrap_up_takes_the_contact_up_again(world: RoutingWorld) -> None:
    agent = await world.agent()
    contact_id = await world.active(agent)
    await world.does("finish", contact_id, agent)
    await world.does("append_inbound", await world.contact(contact_id))
    row = await world.contact(contact_id)
    assert (row.status, row.agent_id, row.unread) == (ContactStatus.ACTIVE, agent, 1)
    assert row.wrap_up_until is None


async def test_who_served_a_citizen_last_is_preferred_to_who_is_longest_idle(world: RoutingWorld) -> None:
    await world.agent()
    await world.agent()
    citizen = await world.citizen()
    contact_id = await world.arrives(citizen_id=citizen)
    served_by = await offered_to(world, contact_id) or ""
    await world.accepts(contact_id, served_by)
    world.clock.advance(1)
    await world.does("dispose", contact_id, served_by, "answered")
    again = await world.arrives(citizen_id=citizen)
    assert await offered_to(world, again) == served_by
    assert (await world.offers(again))[0].why["preferred"]
    stranger = await world.arrives()
    assert await offered_to(world, stranger) not in (served_by, None)
