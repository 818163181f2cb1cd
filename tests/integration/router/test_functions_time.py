"""What time does: offers that ring out, relaxation, overflow, preferred agents, exclusions."""

from dataclasses import replace

import pytest

from router.contact import ChannelClass
from router.effects import (
    AgentPaused,
    Expired,
    Moved,
    MoveKind,
    Offered,
    Plan,
    Preferred,
    RoutingPresence,
    Step,
    Withdrawn,
)
from tests.integration.router.room import CALL, Room, agent, kinds, offered, pairs

pytestmark = pytest.mark.service

STEPS = (
    Step(after_s=30, requirements={"advice": 3}),
    Step(after_s=60, requirements={}, queue_id="everybody"),
)
RELAXING = Plan(queue_id="calls", channel_class=ChannelClass.VOICE, requirements={"advice": 8}, steps=STEPS)


async def test_an_unanswered_offer_moves_on_and_its_agent_is_not_ready(room: Room) -> None:
    await room.open(agent("a", 90), agent("b", 10))
    first = await room.offer("c")
    room.after(11.9)
    assert (await room.tick()).effects == ()  # SQL still has two seconds more than the ring
    room.after(0.1)
    outcome = await room.tick()
    assert kinds(outcome) == [Expired, Offered, AgentPaused]
    assert pairs(outcome) == [("c", "b")]
    assert offered(outcome).fence > first.fence
    assert (await room.load("a"))["presence"] == "not_ready"
    assert not (await room.accept(first)).applied


async def test_place_and_agent_after_nobody_answered(room: Room) -> None:
    await room.open(agent("a"))
    await room.offer("first")
    await room.enqueue("second", score_s=1)
    room.after(12)
    await room.tick()
    room.after(31)
    await room.tick()
    assert pairs(await room.presence("a", RoutingPresence.READY)) == [("first", "a")]


async def test_who_declines_is_spared_for_a_while_and_stays_ready(room: Room) -> None:
    await room.open(agent("a"))
    first = await room.offer("first")
    await room.enqueue("second", score_s=1)
    declined = await room.decline(first)
    assert pairs(declined) == [("second", "a")]
    await room.accept(offered(declined))
    assert (await room.done(offered(declined))).effects == ()
    room.after(29)
    assert (await room.tick()).effects == ()
    room.after(1)
    assert pairs(await room.tick()) == [("first", "a")]


async def test_a_declined_contact_goes_to_another_agent_first(room: Room) -> None:
    await room.open(agent("a", 90), agent("b", 10))
    offer = await room.offer("c")
    assert pairs(await room.decline(offer)) == [("c", "b")]
    assert not (await room.decline(offer)).applied


async def test_requirements_relax_and_the_contact_overflows(room: Room) -> None:
    await room.open(agent("low", advice=1), agent("middle", advice=3))
    busy = await room.answered("busy", replace(CALL, requirements={"advice": 2}))
    await room.enqueue("c", RELAXING)
    room.after(30)
    outcome = await room.tick()
    assert [(move.kind, move.step, move.queue_id) for move in outcome.effects if isinstance(move, Moved)] == [
        (MoveKind.RELAXED, 1, "calls")
    ]
    room.after(30)
    outcome = await room.tick()
    assert isinstance(outcome.effects[0], Moved)
    assert (outcome.effects[0].kind, outcome.effects[0].queue_id) == (MoveKind.OVERFLOWED, "everybody")
    assert (offered(outcome).agent_id, offered(outcome).why["step"]) == ("low", 2)
    assert (await room.done(busy)).effects == ()


async def test_a_step_that_falls_due_while_it_rings_is_taken_afterwards(room: Room) -> None:
    await room.open(agent("expert", advice=9), agent("middle", advice=3))
    room.now -= 25_000
    contact = room.contact("c", RELAXING)
    room.now += 25_000
    offer = offered(await room.functions.enqueue(room.workspace, contact, now_ms=room.now))
    assert offer.agent_id == "expert"
    room.after(6)
    outcome = await room.decline(offer)
    assert kinds(outcome) == [Moved, Offered]
    assert pairs(outcome) == [("c", "middle")]


async def test_a_contact_is_kept_for_the_preferred_agent_for_its_time(room: Room) -> None:
    await room.open(agent("a", 10), agent("b", 90))
    assert (await room.offer("busy", preferred=Preferred(agent_id="a", until_ms=room.now + 1000))).agent_id == "a"
    outcome = await room.enqueue("c", preferred=Preferred(agent_id="a", until_ms=room.now + 60_000))
    assert outcome.effects == ()
    assert (await room.state("c"))["state"] == "r"
    room.after(9.9)
    assert (await room.tick()).effects == ()
    room.after(0.1)
    outcome = await room.tick()
    assert kinds(outcome) == [Moved, Offered]
    assert pairs(outcome) == [("c", "b")]
    assert not offered(outcome).why["preferred"]


async def test_the_preferred_agent_takes_what_was_kept(room: Room) -> None:
    await room.open(agent("a", 10), agent("b", 90))
    busy = await room.answered("busy", preferred=Preferred(agent_id="a", until_ms=room.now + 1000))
    await room.enqueue("c", preferred=Preferred(agent_id="a", until_ms=room.now + 8000))
    room.after(3)
    offer = offered(await room.done(busy))
    assert (offer.contact_id, offer.agent_id, offer.why["preferred"]) == ("c", "a", True)


@pytest.mark.parametrize("presence", [RoutingPresence.NOT_READY, RoutingPresence.OFFLINE, RoutingPresence.LOST])
async def test_nobody_waits_for_a_preferred_agent_who_is_away(room: Room, presence: RoutingPresence) -> None:
    await room.open(agent("a"), agent("b"))
    await room.presence("a", presence)
    assert (await room.offer("c", preferred=Preferred(agent_id="a", until_ms=room.now + 9000))).agent_id == "b"


async def test_a_preferred_agent_without_the_skill_is_passed_over(room: Room) -> None:
    await room.open(agent("a", 90), agent("b", advice=9))
    preferred = Preferred(agent_id="a", until_ms=room.now + 9000)
    assert (await room.offer("c", RELAXING, preferred=preferred)).agent_id == "b"


async def test_a_lost_connection_gives_the_offer_back_at_once(room: Room) -> None:
    await room.open(agent("a", 90), agent("b", 10))
    await room.offer("c")
    outcome = await room.presence("a", RoutingPresence.LOST)
    assert kinds(outcome) == [Withdrawn, Offered]
    assert pairs(outcome) == [("c", "b")]
    assert await room.load("a") | {"voice": 0, "presence": "lost"} == await room.load("a")


async def test_not_ready_lets_the_offer_be_answered_and_nothing_follows(room: Room) -> None:
    await room.open(agent("a"))
    offer = await room.offer("c")
    await room.enqueue("d")
    assert (await room.presence("a", RoutingPresence.NOT_READY)).effects == ()
    assert (await room.accept(offer)).applied
    assert (await room.done(offer)).effects == ()


async def test_a_tick_is_bounded_and_says_that_more_is_due(room: Room) -> None:
    await room.open()
    for number in range(3):
        await room.enqueue(f"c-{number}", RELAXING)
    room.after(30)
    first, second = await room.tick(limit=2), await room.tick(limit=2)
    assert (len(first.effects), first.more) == (2, True)
    assert (len(second.effects), second.more) == (1, False)
