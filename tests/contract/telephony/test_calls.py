"""A call through IVR, line, offer, conversation and wrap-up, with the real router."""

import hashlib

from router.contact import ContactStatus
from telephony.calls import HangUpCause, LegState
from tests.support.switchboard import Hotline
from tests.support.tones import read_wav, tones_in
from tests.support.waiting import wait_until

ONE_WAY = ["answer:next", "service:other", "hours:other", "welcome:silence", "human:"]


async def test_a_call_is_a_contact_from_its_first_ring_and_waits_for_an_agent(line: Hotline) -> None:
    caller = await line.engine.call("13800138000")
    row = await line.contact(external_id=caller.leg.id)
    assert (row.status, row.sender_kind, row.sender, row.queue_id) == (
        ContactStatus.RECEIVED,
        "phone",
        "+8613800138000",
        None,
    )
    await caller.hears_prompt("科技局热线为您服务，本次通话将录音。选择人工服务请按1，自动服务请按2，不按键转人工。")
    row = await line.queued(caller)
    assert (row.status, row.queue_id) == (ContactStatus.QUEUED, line.world.queues["phone"])
    assert row.hints["path"] == ONE_WAY
    await caller.hears_prompt("坐席全忙，请稍候。", "回电请按1，保留排队位置；留言请按2。")
    await caller.hang_up()
    await line.quiet()


async def test_an_agent_lifts_his_receiver_and_both_speak_until_the_citizen_hangs_up(line: Hotline) -> None:
    agent = await line.agent(staff_number="1006")
    caller = await line.engine.call()
    row = await line.queued(caller)
    phone = await line.engine.rings(f"agent:{agent}")
    assert (await line.contact(id=row.id)).status == ContactStatus.OFFERED
    await caller.speak(400)
    await phone.speak(575)
    await phone.answer()
    await caller.hears_prompt("工号幺零零六为您服务。")
    await line.bridged(caller, phone)
    active = await line.contact(id=row.id)
    assert (active.status, active.agent_id) == (ContactStatus.ACTIVE, agent)
    assert not caller.leg.has_music
    await caller.hang_up()
    await line.quiet()
    ended = await line.contact(id=row.id)
    assert ended.status == ContactStatus.WRAP_UP
    assert ended.wrap_up_until is not None
    assert (ended.wrap_up_until - line.clock.now()).total_seconds() == 30
    call = await line.call_row(row.id)
    assert (call.ended_by, call.answered_at, call.ended_at) == ("citizen", line.clock.now(), line.clock.now())


async def test_accepting_in_the_page_puts_the_call_through_to_the_telephone_that_rings(line: Hotline) -> None:
    agent = await line.agent()
    caller = await line.engine.call()
    row = await line.queued(caller)
    phone = await line.engine.rings(f"agent:{agent}")
    await line.world.accepts(row.id, agent)
    await phone.answer()
    await line.bridged(caller, phone)
    assert [leg.dialled for leg in line.engine.legs].count(f"agent:{agent}") == 1


async def test_the_agent_hangs_up_the_caller_is_asked_how_it_was_and_the_wrap_up_begins(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await phone.hang_up()
    await caller.hears_prompt("请对本次服务作出评价。")
    await caller.press("1")
    await caller.ended()
    await line.quiet()
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP
    assert (await line.call_row(row.id)).ended_by == "agent"


async def test_finishing_in_the_page_ends_the_agents_call(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await line.world.does("finish", row.id, agent)
    await phone.ended()
    await caller.stays_silent()
    await caller.ended()
    await line.quiet()


async def test_the_conversation_is_recorded_in_stereo_and_kept_with_its_hash(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await caller.speak(400)
    await phone.speak(1900)
    await caller.hang_up()
    await line.quiet()
    (kept,) = await line.recordings()
    assert (kept.contact_id, kept.agent_id, kept.kind, kept.caller) == (row.id, agent, "call", "13800138000")
    path = line.blobs.path(kept.blob_key)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == kept.sha256
    (left, right), rate = read_wav(path)
    assert (tones_in(left, rate), tones_in(right, rate)) == (frozenset({400}), frozenset({1900}))


async def test_an_unanswered_offer_goes_back_and_keeps_its_place(line: Hotline) -> None:
    first, second = await line.agent(staff_number="1006"), await line.agent(staff_number="1008")
    caller = await line.engine.call()
    row = await line.queued(caller)
    (offer,) = await line.world.offers(row.id)
    ringing = await line.engine.rings(f"agent:{offer.agent_id}")
    await line.world.pass_time(13, first, second)
    await ringing.ended()
    other = second if offer.agent_id == first else first
    phone = await line.engine.rings(f"agent:{other}")
    again = await line.contact(id=row.id)
    assert again.queued_at == row.queued_at
    await phone.answer()
    await line.bridged(caller, phone)


async def test_a_declined_telephone_gives_the_offer_back(line: Hotline) -> None:
    agent = await line.agent()
    caller = await line.engine.call()
    row = await line.queued(caller)
    await (await line.engine.rings(f"agent:{agent}")).decline()
    row = await line.contact(id=row.id, status=ContactStatus.QUEUED)
    assert [offer.outcome for offer in await line.world.offers(row.id)] == ["declined"]
    assert caller.leg.has_music


async def test_an_agent_without_a_telephone_who_accepts_gives_the_citizen_his_place_back(line: Hotline) -> None:
    agent = await line.agent()
    line.engine.unreachable.add(f"agent:{agent}")
    caller = await line.engine.call()
    row = await line.queued(caller)
    await line.contact(id=row.id, status=ContactStatus.OFFERED)
    await line.world.accepts(row.id, agent)
    waiting = await line.contact(id=row.id, status=ContactStatus.QUEUED)
    assert waiting.queued_at == row.queued_at
    assert caller.leg.state is LegState.UP


async def test_an_agent_whose_line_breaks_gives_the_citizen_his_place_back(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    await phone.leg.ends(HangUpCause.FAILED)
    waiting = await line.contact(id=row.id, status=ContactStatus.QUEUED)
    assert waiting.queued_at == row.queued_at
    await wait_until(lambda: caller.leg.has_music, "the citizen hears music again")


async def test_a_transfer_to_another_agent_puts_the_citizen_through_to_him(line: Hotline) -> None:
    first = await line.agent(staff_number="1006")
    caller, phone, row = await line.talking(first)
    second = await line.agent(staff_number="1008")
    await line.world.does("transfer", row.id, first, "agent", second)
    await phone.ended()
    other = await line.engine.rings(f"agent:{second}")
    await other.answer()
    await caller.hears_prompt("工号幺零零八为您服务。")
    await line.bridged(caller, other)
    await caller.hang_up()
    await line.quiet()
    assert len(await line.recordings()) == 2


async def test_two_calls_reach_two_agents_in_the_order_of_their_entry(line: Hotline) -> None:
    callers = [await line.engine.call(f"1380013800{number}") for number in range(2)]
    rows = []
    for caller in callers:
        rows.append(await line.queued(caller))
        line.clock.advance(5)
    first = await line.agent(staff_number="1006")
    phone = await line.engine.rings(f"agent:{first}")
    assert phone.dial is not None
    assert phone.dial.variables["contact_id"] == rows[0].id
