"""An agent asks one of a queue before passing the citizen on: who is rung, and what becomes of it."""

import pytest

from kit.errors import Conflict, NotFound
from router.contact import ContactStatus
from router.default_rules import COMPLAINTS, POLICY, REPORTS
from tests.support.calls import FakeParty
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until

AGENT = 575


def targets(line: Hotline, agent_id: str) -> int:
    """How often the agent's telephone was rung."""
    return [leg.dialled for leg in line.engine.legs].count(f"agent:{agent_id}")


async def do(line: Hotline, name: str, contact_id: str, agent_id: str, **given: object) -> None:
    await line.switchboard.command(name, {"contact_id": contact_id, "agent_id": agent_id, **given})


async def consults(line: Hotline, contact_id: str, agent_id: str, queue: str = "complaints") -> None:
    await do(line, "consult", contact_id, agent_id, to=f"queue:{line.world.queues[queue]}")


async def answers(line: Hotline, contact_id: str, agent_id: str) -> FakeParty:
    phone = await line.engine.rings(f"agent:{agent_id}")
    await phone.answer()

    async def spoken() -> bool:
        told = await line.switchboard.command("call", {"contact_id": contact_id})
        return bool(told["consult"] and told["consult"] == {"to": f"agent:{agent_id}", "answered": True})

    await wait_until(spoken, "the one of the queue has answered")
    return phone


async def hears_again(caller: FakeParty, agent: FakeParty) -> None:
    async def heard() -> bool:
        return agent.leg.bridge is not None and await caller.hears() == frozenset({AGENT})

    await wait_until(heard, "the citizen hears the agent")


async def test_the_best_free_agent_of_the_queue_is_asked_and_takes_the_call_over(line: Hotline) -> None:
    first = await line.agent(staff_number="1006")
    caller, phone, row = await line.talking(first)
    good = await line.agent({COMPLAINTS: 6}, staff_number="1007")
    best = await line.agent({COMPLAINTS: 9}, staff_number="1008")
    stranger = await line.agent({POLICY: 10}, staff_number="1009")
    await consults(line, row.id, first)
    other = await answers(line, row.id, best)
    await do(line, "complete_transfer", row.id, first)
    await phone.ended()
    await line.bridged(caller, other)
    taken = await line.contact(id=row.id)
    assert (taken.status, taken.agent_id, taken.sealed) == (ContactStatus.ACTIVE, best, False)
    assert [targets(line, agent) for agent in (best, good, stranger)] == [1, 0, 0]
    await caller.hang_up()
    await line.quiet()


async def test_an_agent_who_is_asked_already_stays_undisturbed_and_the_next_is_rung(line: Hotline) -> None:
    first = await line.agent(staff_number="1006")
    _, _, row = await line.talking(first)
    third = await line.agent(staff_number="1009")
    _, _, elsewhere = await line.talking(third, await line.engine.call("13900139000"))
    best = await line.agent({COMPLAINTS: 9}, staff_number="1007")
    good = await line.agent({COMPLAINTS: 6}, staff_number="1008")
    await do(line, "consult", elsewhere.id, third, to=f"agent:{best}")
    await consults(line, row.id, first)
    await line.engine.rings(f"agent:{good}")
    assert targets(line, best) == 1


async def test_unanswered_nobody_else_is_rung_and_the_citizen_is_back(line: Hotline) -> None:
    first = await line.agent(staff_number="1006")
    caller, phone, row = await line.talking(first)
    best = await line.agent({COMPLAINTS: 9}, staff_number="1007")
    good = await line.agent({COMPLAINTS: 6}, staff_number="1008")
    await phone.speak(AGENT)
    await consults(line, row.id, first)
    await (await line.engine.rings(f"agent:{best}")).ignore()
    await hears_again(caller, phone)
    assert targets(line, good) == 0
    # Whoever did not answer may be asked again, by anybody.
    assert await line.house.router.occupy(line.house.workspace_id, best, "another leg")


async def test_where_nobody_is_free_the_agent_keeps_the_citizen(line: Hotline) -> None:
    first = await line.agent(staff_number="1006")
    caller, phone, row = await line.talking(first)
    await line.agent({COMPLAINTS: 9}, staff_number="1007")
    for queue, code in (("reports", "nobody_free"), ("nowhere", "unknown_queue")):
        with pytest.raises((Conflict, NotFound)) as refused:
            to = line.world.queues.get(queue, queue)
            await do(line, "consult", row.id, first, to=f"queue:{to}")
        assert refused.value.code == code
    await line.bridged(caller, phone)


async def test_a_report_is_told_to_nobody_who_is_not_cleared(line: Hotline) -> None:
    """Passed on to one who takes reports it becomes one; as a report it is then kept from all others."""
    first = await line.agent(staff_number="1006")
    caller, _, row = await line.talking(first)
    await line.agent({COMPLAINTS: 9}, staff_number="1007")
    cleared = await line.agent({REPORTS: 5}, staff_number="1008")
    await consults(line, row.id, first, "reports")
    other = await answers(line, row.id, cleared)
    assert not (await line.contact(id=row.id)).sealed
    await do(line, "complete_transfer", row.id, first)
    await line.bridged(caller, other)
    taken = await line.contact(id=row.id, agent_id=cleared, status=ContactStatus.ACTIVE)
    assert taken.sealed
    with pytest.raises(Conflict) as refused:
        await consults(line, row.id, cleared)
    assert refused.value.code == "nobody_free"
    both = await line.agent({COMPLAINTS: 3, REPORTS: 1}, staff_number="1009")
    await consults(line, row.id, cleared)
    await line.engine.rings(f"agent:{both}")
