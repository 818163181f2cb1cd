"""What goes by telephone alone, on the whole product: a supervisor who dials in, an answer told to a citizen."""

import pytest
from sqlalchemy import select

from kit.access import Access
from records.staff.tables import AuditRow
from server.default_workspace import ACCOUNTS, WORKSPACE_ID
from tests.support.phone_house import AGENT, CITIZEN, OTHER, PhoneHouse, after_prompt, all_hear, rung, talk
from tests.support.waiting import wait_until

pytestmark = pytest.mark.asyncio(loop_scope="package")

PIN = "593182"
ANSWER = "补贴已于今日拨付。"
STAFF_NUMBERS = {account.login: account.staff_number for account in ACCOUNTS}


async def says(house: PhoneHouse, words: str) -> None:
    await wait_until(lambda: any(words in said for said in house.words()), f"{words} is said", timeout_s=30)


async def test_a_supervisor_dials_in_with_number_and_pin_listens_whispers_and_joins(house: PhoneHouse) -> None:
    supervisor = house.staff["banzhang"]
    chosen = {"password": supervisor.password, "pin": PIN}
    dialled = (await supervisor.desk.send("PUT", "telephone-pin", json=chosen))["number"]
    async with talk(house) as on:
        own, agents = STAFF_NUMBERS["banzhang"], STAFF_NUMBERS["sumin"]
        ear = await house.network.call(dialled, caller=house.new_number())
        await wait_until(lambda: ear.is_up, "the supervisors' number answers", timeout_s=30)
        await after_prompt(ear)
        await ear.press(f"{own}#111111#")
        await says(house, "工号或密码有误。")
        await ear.press(f"{own}#{PIN}#1{agents}#")
        await all_hear((ear, [CITIZEN, AGENT]), (on.citizen, [AGENT]), (on.agent, [CITIZEN]))
        await ear.speak(OTHER)
        await all_hear((on.citizen, [AGENT]), (on.agent, [CITIZEN]))
        await ear.press("2")
        await all_hear((ear, [CITIZEN, AGENT]), (on.agent, [CITIZEN, OTHER]), (on.citizen, [AGENT]))
        await ear.press("3")
        await all_hear((ear, [CITIZEN, AGENT]), (on.agent, [CITIZEN, OTHER]), (on.citizen, [AGENT, OTHER]))
        await ear.press("#")
        await on.hear_each_other()
        await ear.hang_up()
        done = await trail(house, supervisor.id)
        assert done == ["telephone.refused", "telephone.signed_in", "call.listen", "call.whisper", "call.barge"]


async def trail(house: PhoneHouse, account_id: str) -> list[str]:
    """What somebody did by telephone, and what was done in his name."""
    async with house.database.unit_of_work(Access.system(WORKSPACE_ID), read_only=True) as uow:
        rows = list(await uow.session.scalars(select(AuditRow).order_by(AuditRow.id)))
    names = [row.action for row in rows if account_id in (row.actor_id, row.entity_id)]
    return names[names.index("telephone_pin.set") + 1 :]


async def test_an_answer_is_told_by_a_call_after_the_pin_and_confirmed_by_a_key(house: PhoneHouse) -> None:
    async with talk(house) as on:
        desk = on.member.desk
        about = {"kind": "inquiry", "category": "funding", "title": "补贴何时到账", "summary": "来电询问。"}
        opened = await desk.post("cases", {"contact_id": on.contact_id, "notify": False, **about})
        case = opened["case"]
        for change in ({"status": "in_progress"}, {"status": "answered", "public_note": ANSWER}):
            case = await desk.send("PATCH", f"cases/{case['id']}", json={"version": case["version"], **change})
        await on.citizen.hang_up()
        await on.agent.ended()
        await desk.post(f"cases/{case['id']}/tell-by-telephone", {})

        told = await rung(house.network, on.number)
        await told.answer()
        await after_prompt(told)
        await told.press("000000")
        await says(house, "密码有误，请重新输入六位查询密码。")
        assert not any(ANSWER in said for said in house.words())
        await told.press(opened["pin"])
        await says(house, ANSWER)
        await says(house, "确认已听清请按1")
        await told.press("1")
        await told.ended()

        async def outcome() -> list[str]:
            events = (await desk.get(f"cases/{case['id']}"))["events"]
            calls = [event["kind"] for event in events if event["kind"].startswith("call_")]
            return calls if len(calls) > 1 else []

        found = await wait_until(outcome, "the timeline tells of the call", timeout_s=30)
        assert sorted(found) == ["call_confirmed", "call_ordered"]
