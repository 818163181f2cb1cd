"""Emergencies go past the line: duty officer, leader on duty, duty room, each step written down."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kit.errors import Invalid
from records.messages.tables import MessageRow
from records.staff.tables import WorkspaceRow
from router.contact import ContactStatus
from telephony.switchboard import duty
from telephony.switchboard.duty import Duty
from telephony.switchboard.switchboard import SERVICE
from tests.support.calls import FakeParty
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until

NUMBERS = {1: "801", 2: "802", 3: "803"}


async def on_duty(line: Hotline, *steps: int) -> None:
    async with line.world.database.unit_of_work(line.world.access) as uow:
        for step in steps:
            given = Duty(
                step=step,
                name=f"值班{step}",
                number=NUMBERS[step],
                starts_at=uow.now - timedelta(hours=1),
                ends_at=uow.now + timedelta(hours=1),
            )
            await duty.save(uow, given)


async def night_call(line: Hotline) -> FakeParty:
    """Somebody who presses 0 for the duty room at night."""
    async with line.world.database.unit_of_work(line.world.access) as uow:
        workspace = await uow.session.get_one(WorkspaceRow, line.world.workspace_id)
        workspace.settings = {**workspace.settings, SERVICE: "night"}
    caller = await line.engine.call()
    caller.will_press("0")
    return caller


async def steps_of(line: Hotline, contact_id: str) -> list[tuple[str, int]]:
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        rows = await uow.session.scalars(
            select(MessageRow).where(MessageRow.contact_id == contact_id).order_by(MessageRow.seq)
        )
        return [(row.detail["event"], row.detail["step"]) for row in rows if "step" in row.detail]


async def test_the_officer_is_rung_then_the_leader_then_the_duty_room(line: Hotline) -> None:
    await on_duty(line, 1, 2, 3)
    caller = await night_call(line)
    await (await line.engine.rings("extension:801")).ignore()
    await (await line.engine.rings("extension:802")).decline()
    room = await line.engine.rings("extension:803")
    assert caller.leg.has_music
    await room.answer()
    await line.bridged(caller, room)
    row = await line.contact(external_id=caller.leg.id)
    assert (row.status, row.disposition, row.queue_id) == (
        ContactStatus.CLOSED,
        "passed_to_department",
        line.world.queues["emergency"],
    )
    await caller.hang_up()
    await line.quiet()
    assert await steps_of(line, row.id) == [("duty_not_reached", 1), ("duty_not_reached", 2), ("duty_answered", 3)]
    assert len(await line.recordings()) == 1


async def test_an_agent_for_emergencies_may_be_quicker_than_the_officer(line: Hotline) -> None:
    await on_duty(line, 1)
    agent = await line.agent()
    caller = await night_call(line)
    officer = await line.engine.rings("extension:801")
    phone = await line.engine.rings(f"agent:{agent}")
    await phone.answer()
    await line.bridged(caller, phone)
    await officer.ended()


async def test_a_caller_who_leaves_stops_the_ringing(line: Hotline) -> None:
    await on_duty(line, 1)
    caller = await night_call(line)
    officer = await line.engine.rings("extension:801")
    await caller.hang_up()
    await officer.ended()
    await line.quiet()
    assert (await line.contact(external_id=caller.leg.id)).status == ContactStatus.ABANDONED


async def test_the_duty_room_hangs_up_and_the_call_is_over(line: Hotline) -> None:
    await on_duty(line, 3)
    caller = await night_call(line)
    room = await line.engine.rings("extension:803")
    await room.answer()
    await line.bridged(caller, room)
    await room.hang_up()
    await caller.ended()
    await line.quiet()


async def test_an_emergency_goes_before_all_others(line: Hotline) -> None:
    ordinary = await line.engine.call("13800138001")
    await line.queued(ordinary)
    line.clock.advance(60)
    urgent = await night_call(line)
    await wait_until(lambda: urgent.leg.has_music, "the emergency waits")
    agent = await line.agent()
    phone = await line.engine.rings(f"agent:{agent}")
    assert phone.dial is not None
    assert phone.dial.caller == urgent.leg.caller or phone.dial.caller.endswith(urgent.leg.caller)


async def test_a_duty_must_reach_somebody_for_a_while(line: Hotline) -> None:
    now = line.clock.now()
    wrong = (
        Duty(step=1, name="无", starts_at=now, ends_at=now + timedelta(hours=1)),
        Duty(step=4, name="无", number="801", starts_at=now, ends_at=now + timedelta(hours=1)),
        Duty(step=1, name="无", number="801", starts_at=now, ends_at=now),
    )
    for given in wrong:
        with pytest.raises(Invalid):
            async with line.world.database.unit_of_work(line.world.access) as uow:
                await duty.save(uow, given)
