"""Calls that are confidential, from their first ring or later: nothing of them is there for those without the right."""

from sqlalchemy import select

from kit.access import Access
from router.contact import ContactStatus
from router.default_rules import REPORTS
from router.sealing import seal
from router.tables import ContactRow, QueueRow
from telephony.tables import CallRow, RecordingRow
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until


async def seen_by_staff(line: Hotline, kind: type[CallRow] | type[RecordingRow] | type[ContactRow]) -> int:
    """How many rows somebody without the right sees."""
    access = Access(workspace_id=line.house.workspace_id, actor_id="a")
    async with line.world.database.unit_of_work(access, read_only=True) as uow:
        return len(list(await uow.session.scalars(select(kind))))


async def test_a_sealed_contact_takes_its_call_and_its_recordings_along(line: Hotline) -> None:
    agent_id = await line.agent()
    caller, phone, row = await line.talking(agent_id)
    await caller.hang_up()
    await line.quiet()
    assert await seen_by_staff(line, CallRow) == await seen_by_staff(line, RecordingRow) == 1
    async with line.world.database.unit_of_work(line.world.access) as uow:
        assert await seal(uow, row.id, "举报")
    assert await seen_by_staff(line, CallRow) == await seen_by_staff(line, RecordingRow) == 0
    assert [recording.sealed for recording in await line.recordings()] == [True]
    assert (await line.call_row(row.id)).sealed
    assert phone.leg.id


async def test_what_is_recorded_after_the_sealing_is_sealed_too(line: Hotline) -> None:
    agent_id = await line.agent()
    caller, _, row = await line.talking(agent_id)
    async with line.world.database.unit_of_work(line.world.access) as uow:
        assert await seal(uow, row.id, "举报")
    await caller.hang_up()
    await line.quiet()
    assert [recording.sealed for recording in await line.recordings()] == [True]


async def test_a_call_from_the_page_of_a_report_is_one_from_its_first_ring(line: Hotline) -> None:
    """No choice in the menus makes it ordinary, and only who is cleared is offered it."""
    await line.agent()
    cleared = await line.agent({REPORTS: 9}, staff_number="1007")
    ordinary = await line.engine.call("", line="web", session_id="s1")
    assert not (await line.contact(external_id=ordinary.leg.id)).sealed
    await ordinary.hang_up()
    caller = await line.engine.call("", line="web", session_id="")
    row = await line.contact(external_id=caller.leg.id)
    assert row.sealed
    assert await seen_by_staff(line, CallRow) == await seen_by_staff(line, ContactRow) == 1
    await wait_until(lambda: caller.leg.prompts, "the menu is heard")
    caller.will_press("1")
    phone = await line.engine.rings(f"agent:{cleared}")
    await phone.answer()
    taken = await line.contact(id=row.id, status=ContactStatus.ACTIVE)
    assert taken.agent_id == cleared
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        queue = await uow.session.get_one(QueueRow, taken.queue_id)
    assert queue.sealed
    await caller.hang_up()
    await line.quiet()
