"""What pages order may be lost, come late or come twice: the call follows its contact all the same."""

import asyncio

from kit.errors import Unavailable
from router.contact import ContactStatus
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until


class Lost:
    """The process ends, or nobody answers in time, after each commit."""

    async def connect(self, contact_id: str, agent_id: str) -> None:
        raise Unavailable("No answer came in time.")

    async def release(self, contact_id: str) -> None:
        raise Unavailable("No answer came in time.")

    async def is_carried(self) -> bool:
        return True


def lose_commands(line: Hotline) -> None:
    for channel in line.house.channels:
        line.world.connectors[channel] = Lost()


async def test_a_call_is_put_through_and_let_go_without_any_command(line: Hotline) -> None:
    lose_commands(line)
    agent = await line.agent()
    _, phone, row = await line.talking(agent)
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await line.world.router.finish(uow, row.id, agent)
    await phone.ended()
    assert (await line.contact(id=row.id)).status == ContactStatus.WRAP_UP


async def test_a_release_that_comes_late_parts_nobody(line: Hotline) -> None:
    agent = await line.agent()
    caller, phone, row = await line.talking(agent)
    call = line.switchboard.calls[row.id]
    await line.switchboard.release(row.id)
    await wait_until(lambda: not call.released.is_set(), "the conversation has looked at its contact")
    await line.bridged(caller, phone)
    assert call.agent is not None


async def test_an_agent_is_rung_once_however_often_it_is_ordered(line: Hotline) -> None:
    agent = await line.agent()
    caller = await line.engine.call()
    row = await line.queued(caller)
    offered = await line.contact(id=row.id, status=ContactStatus.OFFERED)
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await line.world.router.accept(uow, row.id, agent, offered.fence)
    await asyncio.gather(*(line.switchboard.connect(row.id, agent) for _ in range(3)))
    phone = await line.engine.rings(f"agent:{agent}")
    await phone.answer()
    await line.bridged(caller, phone)
    await line.switchboard.connect(row.id, agent)
    assert [leg.dialled for leg in line.engine.legs].count(f"agent:{agent}") == 1


async def test_an_offer_rings_once_although_it_is_accepted_while_it_is_dialled(line: Hotline) -> None:
    line.engine.dials_through.clear()
    caller = await line.engine.call()
    row = await line.queued(caller)
    agent = await line.agent()
    offered = await line.contact(id=row.id, status=ContactStatus.OFFERED)
    await wait_until(lambda: line.engine.dials, "the telephone is about to ring")
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await line.world.router.accept(uow, row.id, agent, offered.fence)
    await wait_until(lambda: line.switchboard.calls[row.id].reaching is not None, "the agent is to be reached")
    line.engine.dials_through.set()
    phone = await line.engine.rings(f"agent:{agent}")
    await phone.answer()
    await line.bridged(caller, phone)
    assert [leg.dialled for leg in line.engine.legs].count(f"agent:{agent}") == 1
