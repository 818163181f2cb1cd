"""Gateway and Asterisk killed in the middle of a conversation: what is heard, what the desk shows, what is kept."""

import pytest

from tests.support import asterisk_peer
from tests.support.phone_house import AGENT, CITIZEN, PhoneHouse, all_hear, hears, talk
from tests.support.waiting import wait_until

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def leads_again(house: PhoneHouse) -> None:
    async def is_led() -> bool:
        return house.running.axd("doctor", "--only", "telephone").returncode == 0

    await wait_until(is_led, "a gateway leads Asterisk", timeout_s=60)
    await house.has_lines()


async def test_a_call_outlives_a_killed_gateway_and_the_next_one_leads_it_to_its_end(house: PhoneHouse) -> None:
    async with talk(house) as on:
        house.running.kill("gateway")
        await on.hear_each_other()
        await wait_until(lambda: "gateway" in house.running.children(), "another gateway is started", timeout_s=30)
        await on.is_with(on.member)
        await leads_again(house)
        await on.hear_each_other()
        await on.does("hold", on=True)
        await hears(on.agent)
        await on.does("hold", on=False)
        await on.hear_each_other()
        await on.citizen.hang_up()
        await on.agent.ended()
        await house.contact(on.number, status="wrap_up")
        assert (await house.ledger(on.contact_id)).ended_by == "citizen"
        # The lines were handed over a second time: the next caller is known all the same.
        number = house.new_number()
        await (await house.calls(number)).hang_up()
        await house.contact(number, status="abandoned")


async def test_a_killed_asterisk_silences_the_call_which_is_closed_and_the_next_one_is_served(
    house: PhoneHouse,
) -> None:
    async with talk(house) as on:
        house.asterisk.kill()
        await all_hear((on.citizen, []), (on.agent, []))
        house.asterisk.start()
        asterisk_peer.answers(house.asterisk)
        await house.contact(on.number, status="wrap_up")
        assert (await house.ledger(on.contact_id)).ended_at
        for call in (on.citizen, on.agent):
            await call.hang_up()  # to nobody: the far ends give up by themselves
        await leads_again(house)
        for member in house.staff.values():
            await member.registers()
        await on.member.clear()
    async with talk(house) as again:
        await all_hear((again.citizen, [AGENT]), (again.agent, [CITIZEN]))
