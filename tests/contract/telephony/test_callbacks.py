"""Promised call-backs: opened when citizens may be called, dialled once an agent has taken them, tried again."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kit.errors import Conflict, Invalid
from router.contact import ContactStatus
from router.tables import ContactRow, QueueRow
from telephony.switchboard import callbacks
from telephony.switchboard.callbacks import within_hours
from telephony.switchboard.settings import SwitchboardSettings
from tests.support.switchboard import Hotline

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = (8, 21)


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("2026-11-24T10:00", "2026-11-24T10:00"),
        ("2026-11-24T07:59", "2026-11-24T08:00"),
        ("2026-11-24T21:00", "2026-11-25T08:00"),
        ("2026-11-24T23:30", "2026-11-25T08:00"),
    ],
)
def test_citizens_are_called_by_day_only(asked: str, allowed: str) -> None:
    moment = datetime.fromisoformat(asked).replace(tzinfo=SHANGHAI).astimezone(UTC)
    expected = datetime.fromisoformat(allowed).replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert within_hours(moment, SHANGHAI, HOURS) == expected


async def promised(line: Hotline) -> ContactRow:
    caller = await line.engine.call("13800138000")
    await line.queued(caller)
    await caller.press("1")
    await caller.ended()
    await line.quiet()
    return await line.contact(channel="callback")


@pytest.mark.parametrize("number", ["+19005551234", "110"])
async def test_no_call_is_promised_to_a_number_that_costs_or_alarms(line: Hotline, number: str) -> None:
    waiting = await line.queued(await line.engine.call("13800138000"))
    (call,) = line.switchboard.calls.values()
    assert not await callbacks.promise(line.house, call, number, after=timedelta(0))
    assert (await line.contact(id=waiting.id)).status == ContactStatus.QUEUED


async def opened(line: Hotline, contact_id: str) -> datetime | None:
    async with line.world.database.unit_of_work(line.world.access) as uow:
        return await callbacks.open_due(uow, line.world.router, contact_id, line.house.settings)


async def test_the_agent_is_reached_first_then_the_citizen_who_sees_the_public_number(line: Hotline) -> None:
    row = await promised(line)
    agent = await line.agent()
    assert await opened(line, row.id) is None
    assert await opened(line, row.id) is None
    phone = await line.engine.rings(f"agent:{agent}")
    await phone.answer()
    citizen = await line.engine.rings("+8613800138000")
    assert citizen.dial is not None
    assert citizen.dial.caller == "12396"
    await citizen.answer()
    await citizen.hears_prompt("工号幺零零六为您服务。")
    await line.bridged(citizen, phone)
    await citizen.hang_up()
    await line.quiet()
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP
    (kept,) = await line.recordings()
    assert kept.contact_id == row.id


async def test_who_is_not_reached_is_tried_again_later_and_given_up_after_three_tries(line: Hotline) -> None:
    row = await promised(line)
    agent = await line.agent()
    await opened(line, row.id)
    for count in range(1, 4):
        phone = await line.engine.rings(f"agent:{agent}")
        await phone.answer()
        await (await line.engine.rings("+8613800138000")).ignore()
        await phone.ended()
        await line.quiet()
        async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
            kept = await callbacks.of_contact(uow, row.id)
        assert kept is not None
        assert (kept.tries, kept.state) == (count, "given_up" if count == 3 else "open")
        if count < 3:
            parked = await line.contact(id=row.id, status=ContactStatus.PARKED)
            assert parked.parked_until == line.clock.now() + timedelta(hours=2)
            await line.world.pass_time(2 * 3600 + 1, agent)
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP


async def test_in_the_evening_it_waits_for_the_morning(line: Hotline) -> None:
    row = await promised(line)
    line.clock.set(datetime(2026, 11, 24, 14, 0, tzinfo=UTC))
    assert await opened(line, row.id) == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert (await line.contact(id=row.id)).status == ContactStatus.RECEIVED


async def dial(line: Hotline, contact_id: str, agent_id: str, number: str) -> str:
    async with line.world.database.unit_of_work(line.world.access) as uow:
        return await callbacks.dial(uow, line.world.router, contact_id, agent_id, number)


@pytest.mark.parametrize(("number", "rung"), [("0755 8812 3400", "+8675588123400"), ("6203", "extension:6203")])
async def test_an_agent_calls_somebody_about_a_contact(line: Hotline, number: str, rung: str) -> None:
    other = await line.agent(staff_number="1008")
    agent = await line.agent(staff_number="1006")
    about = await line.world.arrives("mail")
    made = await dial(line, about, agent, number)
    assert [offer.agent_id for offer in await line.world.offers(made)] == [agent]
    await (await line.engine.rings(f"agent:{agent}")).answer()
    citizen = await line.engine.rings(rung)
    await citizen.answer()
    await citizen.hears_prompt("工号幺零零六为您服务。")
    await citizen.hang_up()
    await line.quiet()
    row = await line.contact(id=made)
    assert (row.status, row.direction, row.hints["call"]) == (ContactStatus.WRAP_UP, "out", about)
    assert not any(leg.dialled == f"agent:{other}" for leg in line.engine.legs)


async def test_who_is_on_a_call_or_gives_no_number_calls_nobody(line: Hotline) -> None:
    agent = await line.agent()
    _, _, about = await line.talking(agent)
    with pytest.raises(Invalid):
        await dial(line, about.id, agent, "请回电")
    with pytest.raises(Conflict):
        await dial(line, about.id, agent, "13800138000")


async def test_an_agent_with_a_mail_in_hand_calls_about_it_and_its_queue_is_what_is_seen(line: Hotline) -> None:
    agent = await line.agent()
    about = await line.world.arrives("mail")
    (offer,) = await line.world.offers(about)
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await line.world.router.accept(uow, about, agent, offer.fence)
        row = await line.contact(id=about)
        queue = await uow.session.get_one(QueueRow, row.queue_id)
    line.house.settings = SwitchboardSettings(public_number="12396", queue_numbers={queue.key: "88123400"})
    await dial(line, about, agent, "13800138000")
    await (await line.engine.rings(f"agent:{agent}")).answer()
    citizen = await line.engine.rings("+8613800138000")
    assert citizen.dial is not None
    assert citizen.dial.caller == "88123400"
    await citizen.answer()
    await citizen.hang_up()
    await line.quiet()
