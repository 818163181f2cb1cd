"""A contact that is held (a call in the IVR) waits for nothing but to be opened."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kit.errors import Conflict, NotFound
from records.messages.tables import ThreadRow
from router.contact import ContactStatus
from router.results import Entry
from router.tables import ContactRow
from tests.support.routing import RoutingWorld


async def held(world: RoutingWorld) -> str:
    """A call that rings: its contact is there, and nothing is decided."""
    asked = world.request("voice")
    async with world.database.unit_of_work(world.access) as uow:
        thread = ThreadRow(channel="voice", key=asked.thread_key, created_at=uow.now)
        uow.session.add(thread)
        await uow.session.flush()
        contact = ContactRow(
            channel="voice",
            external_id=asked.external_id,
            thread_id=thread.id,
            sender_kind="phone",
            sender="+8613800138000",
            recipient="12396",
            hints={"line": "trunk"},
            requirements={},
            received_at=asked.received_at,
        )
        uow.session.add(contact)
        await uow.session.flush()
        await world.router.place(uow, contact, asked, hold=True)
        return contact.id


async def test_a_held_contact_is_offered_to_nobody_however_long_it_takes(world: RoutingWorld) -> None:
    agent = await world.agent({"政策法规": 9})
    contact_id = await held(world)
    await world.pass_time(120, agent)
    row = await world.contact(contact_id)
    assert (row.status, row.queue_id, await world.offers(contact_id)) == (ContactStatus.RECEIVED, None, [])


async def test_once_opened_it_goes_by_what_was_chosen_and_by_that_moment(world: RoutingWorld) -> None:
    agent = await world.agent({"投诉": 9, "English": 9})
    contact_id = await held(world)
    await world.pass_time(50, agent)
    opened = world.clock.now()
    await world.does("open_held", contact_id, Entry(hints={"topic": "complaint", "keys": "21"}, language="en"))
    row = await world.contact(contact_id)
    assert row.queue_id == world.queues["complaints"]
    assert row.hints == {"line": "trunk", "topic": "complaint", "keys": "21"}
    assert world.skills["English"] in row.requirements
    assert row.queued_at == opened
    assert row.due_at == opened + timedelta(seconds=15)
    assert [offer.agent_id for offer in await world.offers(contact_id)] == [agent]


async def test_a_named_queue_and_a_kept_place_win_over_the_rules(world: RoutingWorld) -> None:
    earlier = world.clock.now() - timedelta(seconds=90)
    contact_id = await held(world)
    await world.does("open_held", contact_id, Entry(queue_key="emergency", since=earlier))
    row = await world.contact(contact_id)
    assert (row.queue_id, row.queued_at) == (world.queues["emergency"], earlier)


async def test_a_report_is_sealed_from_then_on_with_all_that_belongs_to_it(world: RoutingWorld) -> None:
    contact_id = await held(world)
    await world.does("open_held", contact_id, Entry(hints={"topic": "report"}))
    row = await world.contact(contact_id)
    assert (row.sealed, row.queue_id) == (True, world.queues["reports"])
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        thread = await uow.session.scalar(select(ThreadRow).where(ThreadRow.id == row.thread_id))
    assert thread is not None
    assert thread.sealed


async def test_it_is_opened_once_and_not_after_the_caller_has_gone(world: RoutingWorld) -> None:
    contact_id = await held(world)
    with pytest.raises(NotFound):
        await world.does("open_held", contact_id, Entry(queue_key="nobody"))
    await world.does("abandon", contact_id)
    assert (await world.contact(contact_id)).status == ContactStatus.ABANDONED
    with pytest.raises(Conflict):
        await world.does("open_held", contact_id, Entry())
