"""An answer told by telephone: after the PIN only, by day only, tried again within limits; each outcome is kept."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from kit.due_work import DueWorkRow, WorkState
from records.cases import service as cases
from records.cases import store as case_store
from records.cases.service import CaseEdit, CaseEvent, NewCase
from records.cases.tables import CaseStatus
from records.citizens import do_not_contact, receipts
from router.sealing import seal
from telephony.calls import HangUpCause
from telephony.switchboard import result_calls
from telephony.switchboard.errands import Errand, Errands
from telephony.switchboard.result_calls import ResultCalls
from tests.support.calls import FakeParty
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until

NUMBER = "+8613800138000"
ANSWER = "补贴已于今日拨付。"
GREETING = "您好，这里是科技局。如您在等候我们的答复，请输入六位查询密码。"
WRONG = "密码有误，请重新输入六位查询密码。"
TOLD = f"您登记的事项答复如下：{ANSWER}"
CONFIRM = "确认已听清请按1，重听请按星号。"


@dataclass
class Results:
    line: Hotline
    errands: Errands
    case_id: str = ""
    contact_id: str = ""
    pin: str = ""

    async def answered_case(self, *, reply: str = "phone") -> bool:
        """A citizen's case that has an answer; whether a call was ordered, as the desk does it."""
        caller = await self.line.engine.call(NUMBER)
        contact = await self.line.contact(external_id=caller.leg.id)
        await caller.hang_up()
        await self.line.quiet()
        pin = await receipts.new_pin()
        async with self.line.world.database.unit_of_work(self.line.world.access) as uow:
            row = await uow.session.merge(contact)
            row.hints = {**row.hints, "reply": reply}
            issued = await receipts.issue(uow, pin, date(2026, 11, 24), contact_id=row.id, citizen_id=row.citizen_id)
            case = await cases.open_case(uow, new_case(issued.number, row.id, row.citizen_id))
            edit = CaseEdit(status=CaseStatus.IN_PROGRESS)
            await cases.change(uow, case.id, case.version, edit, lambda due_on, _: due_on)
            edit = CaseEdit(status=CaseStatus.ANSWERED, public_note=ANSWER)
            await cases.change(uow, case.id, case.version, edit, lambda due_on, _: due_on)
            self.case_id, self.contact_id, self.pin = case.id, row.id, pin.value
            return await result_calls.order(uow, case, only_if_asked=True)

    async def rings(self) -> FakeParty:
        assert await self.errands.work() == 1
        return await self.line.engine.rings(NUMBER)

    async def calls(self, keys: str) -> FakeParty:
        """The citizen picks up and presses `keys`; the call is over afterwards."""
        phone = await self.rings()
        phone.will_press(keys)
        await phone.answer()
        await phone.ended()
        await self.line.quiet()
        return phone

    async def outcomes(self) -> list[str]:
        async with self.line.world.database.unit_of_work(self.line.world.access, read_only=True) as uow:
            kinds = [event.kind for event in await case_store.events(uow, self.case_id)]
        return [kind for kind in kinds if kind.startswith("call_")]


def new_case(number: str, contact_id: str, citizen_id: str | None) -> NewCase:
    return NewCase(
        number=number,
        contact_id=contact_id,
        channel="voice",
        citizen_id=citizen_id,
        kind="consult",
        category="funding",
        title="补贴何时到账",
        summary="",
        urgency="normal",
        department_id=None,
        due_on=None,
        confidential=False,
        anonymous=False,
        sealed=False,
    )


@pytest.fixture
async def results(line: Hotline) -> Results:
    line.clock.advance((datetime(2026, 11, 24, 2, 0, tzinfo=UTC) - line.clock.now()).total_seconds())
    return Results(line, Errands(line.house, Errand.RESULT, ResultCalls(line.house), most=2))


async def test_after_the_pin_the_citizen_hears_the_answer_and_confirms_it(results: Results) -> None:
    assert await results.answered_case()
    phone = await results.calls("000000" + results.pin + "*1")
    assert phone.dial is not None
    assert phone.dial.caller == "12396"
    assert phone.leg.prompts == [GREETING, WRONG, TOLD, CONFIRM, TOLD, CONFIRM, "感谢您的确认，再见。"]
    assert await results.outcomes() == [CaseEvent.CALL_ORDERED, CaseEvent.CALL_CONFIRMED]
    assert await results.errands.work() == 0


async def test_who_heard_it_is_not_called_again_by_the_next_process_but_by_another_order(results: Results) -> None:
    await results.answered_case()
    await results.calls(results.pin + "1")
    database, access = results.line.world.database, results.line.world.access
    async with database.unit_of_work(access) as uow:
        await uow.session.execute(update(DueWorkRow).values(state=WorkState.PENDING))
    assert await results.errands.work() == 1
    await results.line.quiet()
    assert results.line.engine.rung == []
    async with database.unit_of_work(access) as uow:
        await uow.session.execute(update(DueWorkRow).values(state=WorkState.PENDING))
        assert await result_calls.order(uow, await case_store.one(uow, results.case_id), only_if_asked=False)
    await results.calls(results.pin + "1")
    assert await results.outcomes() == [CaseEvent.CALL_ORDERED, CaseEvent.CALL_CONFIRMED] * 2


async def test_without_the_pin_nothing_is_told_and_guesses_end(results: Results) -> None:
    await results.answered_case()
    phone = await results.calls("111111222222333333" + results.pin)
    assert len(phone.leg.prompts) == 4
    assert not any(ANSWER in heard for heard in phone.leg.prompts)
    assert await results.outcomes() == [CaseEvent.CALL_ORDERED, CaseEvent.CALL_WRONG_PIN]
    results.line.clock.advance(results.line.house.settings.result_retry_s)
    phone = await results.calls("444444555555" + results.pin)
    assert not any(ANSWER in heard for heard in phone.leg.prompts), "the fifth wrong one locks, whatever comes then"


async def test_who_is_not_reached_is_called_again_and_then_no_more(results: Results) -> None:
    results.line.house.settings = results.line.house.settings.model_copy(update={"result_tries": 2})
    await results.answered_case()
    await (await results.rings()).leg.ends(HangUpCause.BUSY)
    await results.line.quiet()
    assert await results.errands.work() == 0, "not before its time"
    results.line.clock.advance(results.line.house.settings.result_retry_s)
    phone = await results.rings()
    await phone.answer()
    await phone.stays_silent()
    await phone.stays_silent()
    await phone.ended()
    await results.line.quiet()
    not_reached = [CaseEvent.CALL_NOT_REACHED] * 2
    assert await results.outcomes() == [CaseEvent.CALL_ORDERED, *not_reached, CaseEvent.CALL_GIVEN_UP]
    results.line.clock.advance(results.line.house.settings.result_retry_s)
    assert await results.errands.work() == 0


async def test_without_a_line_out_the_timeline_says_so_once(results: Results) -> None:
    engine = results.line.engine
    engine.capabilities = replace(engine.capabilities, sip=False)
    await results.answered_case()
    assert await results.errands.work() == 1
    await results.line.quiet()
    assert await results.outcomes() == [CaseEvent.CALL_ORDERED, CaseEvent.CALL_NO_LINE]
    assert await results.errands.work() == 0


async def test_at_night_nobody_is_called(results: Results) -> None:
    results.line.clock.advance(11.5 * 3600)
    await results.answered_case()
    assert await results.errands.work() == 1
    await results.line.quiet()
    assert results.line.engine.rung == []
    results.line.clock.advance(10.5 * 3600)
    await results.calls(results.pin + "1")
    assert await results.outcomes() == [CaseEvent.CALL_ORDERED, CaseEvent.CALL_CONFIRMED]


async def test_who_wants_no_calls_or_did_not_ask_or_reported_in_confidence_is_not_called(results: Results) -> None:
    assert not await results.answered_case(reply="sms")
    await results.answered_case()
    database, access = results.line.world.database, results.line.world.access
    async with database.unit_of_work(access) as uow:
        case = await case_store.one(uow, results.case_id)
        assert case.citizen_id is not None
        await do_not_contact.replace(uow, case.citizen_id, ["voice"], "勿扰", by=None)
    assert await results.errands.work() == 1
    await results.line.quiet()
    assert await results.outcomes() == [CaseEvent.CALL_ORDERED, CaseEvent.CALL_NOT_WANTED]
    async with database.unit_of_work(access) as uow:
        assert await result_calls.order(uow, await case_store.one(uow, results.case_id), only_if_asked=False)
        await seal(uow, results.contact_id, "举报")
    assert await results.errands.work() == 1
    await wait_until(lambda: not results.line.house.busy, "nothing goes on")
    assert results.line.engine.rung == []
