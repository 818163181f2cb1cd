"""Where contacts go: rules, languages, calendars, emergencies, relaxation, overflow; who hears of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from kit.access import Access
from kit.event_row import EventBatchRow, events_of
from router.contact import ContactStatus, OfferOutcome
from router.tables import CalendarDayRow, QueueRow, RuleRow
from tests.support.routing import RoutingWorld


async def offered_to(world: RoutingWorld, contact_id: str) -> str | None:
    pending = [offer for offer in await world.offers(contact_id) if offer.outcome == OfferOutcome.PENDING]
    return pending[0].agent_id if pending else None


async def test_the_right_skilled_agent_of_two_gets_the_offer(world: RoutingWorld) -> None:
    await world.agent({"投诉": 9})
    able = await world.agent({"高企认定": 9})
    contact_id = await world.arrives(text="高企认定复审要什么材料?")
    assert await offered_to(world, contact_id) == able
    (offer,) = await world.offers(contact_id)
    assert offer.why["levels"] == {world.skills["高企认定"]: 9}
    assert offer.why["eligible"] == 1


@pytest.mark.parametrize("channel", ["sms", "telegram"])
async def test_a_short_message_waits_in_its_line_for_who_knows_the_subject(world: RoutingWorld, channel: str) -> None:
    await world.agent({"投诉": 9})
    able = await world.agent({"高企认定": 9})
    contact_id = await world.arrives(channel, text="高企认定复审要什么材料?")
    assert await offered_to(world, contact_id) == able
    assert (await world.contact(contact_id)).queue_id == world.queues["sms"]


async def test_the_best_level_comes_first_in_a_queue_that_says_so(world: RoutingWorld) -> None:
    await world.agent({"高企认定": 6})
    best = await world.agent({"高企认定": 10})
    await world.agent({"高企认定": 8})
    assert await offered_to(world, await world.arrives(text="高企认定")) == best


async def test_a_language_is_required_however_long_it_takes(world: RoutingWorld) -> None:
    await world.agent({"投诉": 9})
    contact_id = await world.arrives(text="Hello", language="en")
    await world.pass_time(400)
    assert await world.offers(contact_id) == []
    able = await world.agent({"English": 4})
    assert await offered_to(world, contact_id) == able


async def test_waiting_lowers_what_is_asked_and_sql_knows_how_far(world: RoutingWorld) -> None:
    contact_id = await world.arrives(text="高企认定")
    beginner = await world.agent({"高企认定": 1})
    assert await offered_to(world, contact_id) is None
    await world.pass_time(61, beginner)
    assert await offered_to(world, contact_id) == beginner
    row = await world.contact(contact_id)
    assert (row.step, row.queue_id) == (1, world.queues["chat"])


async def test_overflow_moves_a_contact_to_the_other_queue(world: RoutingWorld) -> None:
    contact_id = await world.arrives("voice", hints={"topic": "complaint"})
    assert (await world.contact(contact_id)).queue_id == world.queues["complaints"]
    await world.pass_time(61)
    row = await world.contact(contact_id)
    assert (row.queue_id, row.home_queue_id) == (world.queues["phone"], world.queues["complaints"])


async def test_an_emergency_goes_before_all_and_the_others_keep_their_order(world: RoutingWorld) -> None:
    waiting = [await world.arrives() for _ in range(2)]
    world.clock.advance(30)
    urgent = await world.arrives(text="实验室着火了")
    agent = await world.agent(chat=1)
    assert await offered_to(world, urgent) == agent
    await world.accepts(urgent, agent)
    await world.does("dispose", urgent, agent, "case_opened")
    assert await offered_to(world, waiting[0]) == agent


async def test_reports_are_sealed_from_everybody_without_the_right(world: RoutingWorld) -> None:
    contact_id, placed = await world.arrival("form", hints={"kind": "report"})
    assert placed.sealed
    access = Access(workspace_id=world.workspace_id, sees_sealed=False)
    async with world.database.unit_of_work(access, read_only=True) as uow:
        board = await world.router.board(uow)
    assert world.queues["reports"] not in {line.queue_id for line in board.queues}
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        batches = list(await uow.session.scalars(select(EventBatchRow)))
    events = [event for row in batches for event in events_of(row) if event.entity_id == contact_id]
    assert events
    assert all(event.sealed for event in events)
    assert all("text" not in event.data and "sender" not in event.data for event in events)


async def test_a_night_mail_is_queued_and_due_on_the_next_workday(world: RoutingWorld) -> None:
    world.clock.set(datetime(2026, 11, 27, 13, 0, tzinfo=UTC))  # Friday, nine in the evening
    contact_id, placed = await world.arrival("mail")
    assert (await world.contact(contact_id)).status == ContactStatus.QUEUED
    assert (placed.opening.open_now, placed.opening.told) == (False, "closed_now")
    assert placed.due_at == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    assert placed.due_on.isoformat() == "2026-11-30"


async def test_a_live_contact_out_of_hours_waits_for_the_opening(world: RoutingWorld) -> None:
    agent = await world.agent()
    async with world.database.unit_of_work(world.access) as uow:
        today = CalendarDayRow(calendar="hotline", day=datetime(2026, 11, 24, tzinfo=UTC).date(), opens="18:00")
        today.closes = "24:00"
        uow.session.add(today)
    contact_id, placed = await world.arrival("chat")
    assert placed.waits_for_opening
    assert placed.opening.changes_at == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert (await world.contact(contact_id)).status == ContactStatus.RECEIVED
    await world.pass_time(8 * 3600, agent)
    await world.ready(agent)
    assert await offered_to(world, contact_id) == agent


async def test_without_any_rule_the_channel_has_its_queue(world: RoutingWorld) -> None:
    async with world.database.unit_of_work(world.access) as uow:
        for rule in await uow.session.scalars(select(RuleRow)):
            rule.enabled = False
    contact_id, placed = await world.arrival("chat")
    assert (placed.queue_id, placed.rule_id) == (world.queues["chat"], None)
    assert (await world.contact(contact_id)).status == ContactStatus.QUEUED


async def test_seeding_again_changes_nothing(world: RoutingWorld) -> None:
    async with world.database.unit_of_work(world.access) as uow:
        queue = await uow.session.get_one(QueueRow, world.queues["chat"])
        queue.sla_s = 99
    await world.does("seed")
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        queues = {row.key: row for row in await uow.session.scalars(select(QueueRow))}
    assert {key: row.id for key, row in queues.items()} == world.queues
    assert queues["chat"].sla_s == 99


async def test_after_a_call_the_wrap_up_holds_the_slot_and_can_be_extended_once(world: RoutingWorld) -> None:
    agent = await world.agent()
    call = await world.active(agent, "voice")
    await world.does("finish", call, agent)
    waiting = await world.arrives("voice")
    chat = await world.arrives("chat")
    assert await offered_to(world, waiting) is None
    assert await offered_to(world, chat) is None
    row = await world.does("extend_wrap_up", call, agent)
    assert row.wrap_up_until == world.clock.now() + timedelta(seconds=120)
    with pytest.raises(Exception, match="once"):
        await world.does("extend_wrap_up", call, agent)
    await world.does("dispose", call, agent, "answered")
    assert await offered_to(world, waiting) == agent


async def test_text_wrap_up_does_not_block_other_chats(world: RoutingWorld) -> None:
    agent = await world.agent(chat=1)
    first = await world.active(agent)
    second = await world.arrives()
    await world.does("finish", first, agent)
    assert await offered_to(world, second) == agent


async def test_spam_is_closed_whether_it_waits_or_is_answered(world: RoutingWorld) -> None:
    waiting = await world.arrives()
    agent = await world.agent(ready=False)
    await world.does("spam", waiting, agent)
    await world.ready(agent)
    active = await world.active(agent)
    await world.does("spam", active, agent)
    for contact_id in (waiting, active):
        row = await world.contact(contact_id)
        assert (row.status, row.disposition) == (ContactStatus.CLOSED, "harassment")


async def test_what_was_answered_elsewhere_is_closed_and_its_offer_void(world: RoutingWorld) -> None:
    await world.agent()
    contact_id = await world.arrives()
    await world.does("close", contact_id, "answered_elsewhere")
    assert (await world.contact(contact_id)).status == ContactStatus.CLOSED
    assert [offer.outcome for offer in await world.offers(contact_id)] == [OfferOutcome.CANCELLED]
