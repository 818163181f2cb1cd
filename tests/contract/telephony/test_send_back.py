"""An agent sends the citizen back into the flow."""

import pytest
from sqlalchemy import select

from kit.errors import Conflict, Invalid
from router.contact import ContactStatus
from telephony.calls import Adopted
from telephony.switchboard import callbacks
from telephony.switchboard.adoption import sort_out
from telephony.tables import CallRow
from tests.support.calls import FakeParty
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until

RATE = "请对本次服务作出评价。"
# The agent who spoke with him is waited for so long.
PREFERRED_S = 11
COMPLAIN = "投诉请按1，举报请按2，举报内容依法保密，人工请按0。"


async def send(line: Hotline, contact_id: str, agent_id: str, node: str) -> None:
    await line.switchboard.command("send_back", {"contact_id": contact_id, "agent_id": agent_id, "node": node})


async def test_the_citizen_is_asked_and_the_agent_does_his_wrap_up(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    with pytest.raises(Invalid):
        await send(line, row.id, agent, "nowhere")
    with pytest.raises(Conflict):
        await send(line, row.id, "somebody", "satisfaction")
    await send(line, row.id, agent, "satisfaction")
    await phone.ended()
    await caller.hears_prompt(RATE)
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP
    await caller.press("1")
    await caller.ended()
    await line.quiet()
    assert (await line.call_row(row.id)).path[-2]["node"] == "satisfaction"


async def test_who_asks_for_an_agent_once_more_is_a_further_contact_of_the_same_call(line: Hotline) -> None:
    agent = await line.agent()
    caller, _, row = await line.talking(agent)
    await send(line, row.id, agent, "complaint_kind")
    await caller.hears_prompt(COMPLAIN)
    await caller.press("0")
    again = await line.contact(channel="voice", status=ContactStatus.QUEUED)
    assert again.id != row.id
    assert again.citizen_id == row.citizen_id
    assert again.hints["path"][-1] == "human:"
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP
    other = await line.agent(staff_number="1008")
    await line.world.pass_time(PREFERRED_S, other)
    phone = await line.engine.rings(f"agent:{other}")
    await phone.answer()
    await line.bridged(caller, phone)
    await caller.hang_up()
    await line.quiet()
    assert (await line.contact(id=again.id)).status == ContactStatus.WRAP_UP
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        rows = list(await uow.session.scalars(select(CallRow).order_by(CallRow.id)))
    assert [(one.contact_id, one.ended_at is not None) for one in rows] == [(row.id, True), (again.id, True)]


async def test_a_restart_goes_on_with_the_further_contact(line: Hotline) -> None:
    agent = await line.agent()
    caller, _, row = await line.talking(agent)
    await send(line, row.id, agent, "complaint_kind")
    await caller.hears_prompt(COMPLAIN)
    await caller.press("0")
    again = await line.contact(channel="voice", status=ContactStatus.QUEUED)
    going = await sort_out(line.house, Adopted(legs=(caller.leg,), bridges=()))
    assert going == [(caller.leg, again.id, None)]
    assert (await line.contact(id=again.id)).status == ContactStatus.QUEUED


async def test_a_citizen_whom_we_called_can_be_sent_there_too(line: Hotline) -> None:
    await line.agent(staff_number="1008")
    agent = await line.agent()
    about = await line.world.arrives("mail")
    async with line.world.database.unit_of_work(line.world.access) as uow:
        made = await callbacks.dial(uow, line.world.router, about, agent, "13800138000")
    await (await line.engine.rings(f"agent:{agent}")).answer()
    citizen: FakeParty = await line.engine.rings("+8613800138000")
    await citizen.answer()
    await line.contact(id=made, status=ContactStatus.ACTIVE)
    await citizen.hears_prompt("工号幺零零六为您服务。")
    await wait_until(lambda: line.switchboard.calls[made].bridge is not None, "they speak")
    await send(line, made, agent, "satisfaction")
    await citizen.hears_prompt(RATE)
    await citizen.press("2")
    await citizen.ended()
    await line.quiet()
    assert (await line.contact(id=made)).status == ContactStatus.WRAP_UP
