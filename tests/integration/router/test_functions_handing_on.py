"""Transfer, parking, cancelling, and contacts that are described anew."""

from dataclasses import replace

import pytest

from router.contact import ChannelClass
from router.effects import Expired, Moved, MoveKind, Offered, Plan, Preferred, RoutingPresence, Withdrawn
from tests.integration.router.room import CALL, CHAT, Room, agent, kinds, offered, pairs

pytestmark = pytest.mark.service

PERMITS = Plan(queue_id="permits", channel_class=ChannelClass.VOICE, requirements={"permits": 5})


async def test_transfer_to_a_queue_keeps_the_place(room: Room) -> None:
    await room.open(agent("a"), agent("b", permits=7))
    call = await room.answered("c")
    assert call.agent_id == "a"
    other = await room.answered("busy", PERMITS)
    await room.enqueue("later", PERMITS, score_s=1)
    described = replace(room.contact("c", PERMITS), score_ms=call.why["score_ms"])
    room.after(60)
    await room.functions.transfer(room.workspace, described, "a", call.fence, now_ms=room.now)
    assert (await room.load("a"))["voice"] == 0
    assert pairs(await room.done(other)) == [("c", "b")]


async def test_who_gives_a_contact_away_does_not_get_it_back_at_once(room: Room) -> None:
    await room.open(agent("a"))
    call = await room.answered("c")
    outcome = await room.functions.transfer(room.workspace, room.contact("c"), "a", call.fence, now_ms=room.now)
    assert (outcome.applied, outcome.effects) == (True, ())
    room.after(30)
    assert pairs(await room.tick()) == [("c", "a")]


async def test_transfer_to_an_agent_asks_nobody_for_skills(room: Room) -> None:
    await room.open(agent("a", permits=9), agent("b"), agent("other", 90, permits=9))
    call = await room.answered("c", PERMITS, preferred=Preferred(agent_id="a", until_ms=room.now + 5000))
    to_b = Preferred(agent_id="b", until_ms=room.now + 20_000, direct=True, return_to="a")
    described = room.contact("c", PERMITS, preferred=to_b)
    outcome = await room.functions.transfer(room.workspace, described, "a", call.fence, now_ms=room.now)
    assert pairs(outcome) == [("c", "b")]


async def test_an_unanswered_transfer_returns_to_who_transferred(room: Room) -> None:
    await room.open(agent("a", 10), agent("b", 5), agent("longest", 90))
    call = await room.answered("c", preferred=Preferred(agent_id="a", until_ms=room.now + 5000))
    to_b = Preferred(agent_id="b", until_ms=room.now + 20_000, direct=True, return_to="a")
    described = room.contact("c", preferred=to_b)
    await room.functions.transfer(room.workspace, described, "a", call.fence, now_ms=room.now)
    room.after(12)
    outcome = await room.tick()
    assert kinds(outcome)[:3] == [Expired, Moved, Offered]
    assert isinstance(outcome.effects[1], Moved)
    assert outcome.effects[1].kind == MoveKind.RETURNED
    assert pairs(outcome) == [("c", "a")]


async def test_a_transfer_waits_for_a_busy_agent_and_then_returns(room: Room) -> None:
    await room.open(agent("a", 10), agent("b", 5), agent("longest", 90))
    await room.answered("busy", preferred=Preferred(agent_id="b", until_ms=room.now + 5000))
    call = await room.answered("c", preferred=Preferred(agent_id="a", until_ms=room.now + 5000))
    to_b = Preferred(agent_id="b", until_ms=room.now + 20_000, direct=True, return_to="a")
    await room.functions.transfer(room.workspace, room.contact("c", preferred=to_b), "a", call.fence, now_ms=room.now)
    room.after(19)
    assert (await room.tick()).effects == ()
    room.after(1)
    assert pairs(await room.tick()) == [("c", "a")]


async def test_a_late_transfer_changes_nothing(room: Room) -> None:
    await room.open(agent("a"))
    call = await room.answered("c")
    outcome = await room.functions.transfer(room.workspace, room.contact("c"), "a", call.fence - 1, now_ms=room.now)
    assert not outcome.applied
    assert (await room.state("c"))["state"] == "a"


async def test_parking_frees_the_slot_and_waking_brings_it_to_the_same_agent(room: Room) -> None:
    await room.open(agent("a", 10), agent("b", 90))
    chat = await room.answered("c", CHAT, preferred=Preferred(agent_id="a", until_ms=room.now + 1000))
    await room.functions.park(room.workspace, "c", "a", chat.fence, now_ms=room.now)
    assert (await room.load("a"))["chat"] == 0
    assert await room.state("c") == {}
    room.after(86_400)
    again = room.contact("c", CHAT, preferred=Preferred(agent_id="a", until_ms=room.now + 10_000))
    offer = offered(await room.functions.wake(room.workspace, again, now_ms=room.now))
    assert (offer.agent_id, offer.fence > chat.fence) == ("a", True)


async def test_a_cancelled_contact_is_gone_from_queue_and_offer(room: Room) -> None:
    await room.open(agent("a"))
    await room.offer("offered")
    await room.enqueue("waiting", score_s=1)
    await room.enqueue("next", score_s=2)
    assert (await room.functions.cancel(room.workspace, "waiting", now_ms=room.now)).applied
    outcome = await room.functions.cancel(room.workspace, "offered", now_ms=room.now)
    assert kinds(outcome) == [Withdrawn, Offered]
    assert pairs(outcome) == [("next", "a")]
    await room.accept(offered(outcome))
    assert not (await room.functions.cancel(room.workspace, "next", now_ms=room.now)).applied


async def test_a_waiting_contact_can_be_given_another_priority(room: Room) -> None:
    await room.open(agent("a"))
    busy = await room.answered("busy")
    await room.enqueue("first")
    await room.enqueue("second", score_s=5)
    raised = room.contact("second", score_s=-60)
    assert (await room.functions.requeue(room.workspace, raised, now_ms=room.now)).applied
    assert pairs(await room.done(busy)) == [("second", "a")]


async def test_what_rings_and_is_described_anew_goes_where_it_belongs(room: Room) -> None:
    await room.open(agent("a", 90), agent("b", permits=9))
    await room.offer("c")
    outcome = await room.functions.requeue(room.workspace, room.contact("c", PERMITS), now_ms=room.now)
    assert kinds(outcome) == [Withdrawn, Offered]
    assert pairs(outcome) == [("c", "b")]


async def test_wrap_up_that_blocks_keeps_the_slot_until_it_ends(room: Room) -> None:
    await room.open(agent("a"))
    call = await room.answered("c")
    await room.enqueue("next")
    assert (await room.done(call, wrap_up_blocks=True)).effects == ()
    assert (await room.load("a"))["voice"] == 1
    assert pairs(await room.done(call)) == [("next", "a")]
    assert not (await room.done(call)).applied


async def test_accept_is_repeatable_and_done_is_not_doubled(room: Room) -> None:
    await room.open(agent("a"))
    chat = await room.offer("c", CALL)
    assert (await room.accept(chat)).applied
    assert (await room.accept(chat)).applied
    await room.presence("a", RoutingPresence.OFFLINE)
    assert (await room.done(chat)).applied
    assert not (await room.done(chat)).applied
    assert (await room.load("a"))["voice"] == 0
