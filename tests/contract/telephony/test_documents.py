"""Documents that callers ask for in the menu: by mail, and by fax on their own call."""

import io
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from kit.errors import Unavailable
from records.citizens.tables import AddressRow
from records.knowledge import service as knowledge
from records.messages.tables import MessageRow, OutboxRow
from router.contact import ContactStatus
from router.tables import ContactRow
from telephony.calls import CallLeg
from telephony.fax import FaxResult, FaxStatus
from telephony.switchboard.fax_back import FaxBack, Sheet
from tests.support.calls import FakeParty, NothingLeft
from tests.support.switchboard import Hotline

GUIDE_BY_FAX = "247"
NO_FAX = "暂时无法发送传真。短信接收请按1，邮件接收请按2，人工请按0。"
START = "资料已备好，请在听到信号音后按传真机的启动键，发完后本次通话结束。"
COMPLETE = FaxResult(status=FaxStatus.COMPLETE, pages=2)


class Machine(NothingLeft):
    """The caller's fax machine; `result`: how a fax to it ends. `got`: the pages of what it was sent."""

    def __init__(self, result: FaxResult) -> None:
        self.result, self.got = result, 0

    async def receive(self, leg: CallLeg, mark: str) -> FaxResult:
        raise AssertionError(f"nobody faxes to us, but {leg.id}")

    async def send(self, leg: CallLeg, document: Path, mark: str) -> FaxResult:
        with Image.open(document) as image:
            self.got = image.n_frames  # type: ignore[attr-defined]
        await leg.hang_up()
        return self.result


class Drawing:
    def __init__(self) -> None:
        self.drawn: list[Sheet] = []

    async def __call__(self, sheet: Sheet) -> bytes:
        self.drawn.append(sheet)
        pages = [Image.new("1", (1728, 40), 1) for _ in range(2)]
        data = io.BytesIO()
        pages[0].save(data, "TIFF", save_all=True, append_images=pages[1:], compression="group4")
        return data.getvalue()


@pytest.fixture(autouse=True)
async def items(line: Hotline) -> None:
    async with line.world.database.unit_of_work(line.world.access) as uow:
        await knowledge.seed(uow)


async def asks(line: Hotline, keys: str, caller: str = "13800138000") -> FakeParty:
    party = await line.engine.call(caller)
    party.will_press(keys)
    return party


async def sent(line: Hotline) -> tuple[MessageRow, OutboxRow]:
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        (outbox,) = await uow.session.scalars(select(OutboxRow))
        return await uow.session.get_one(MessageRow, outbox.message_id), outbox


async def over(line: Hotline, caller: FakeParty) -> ContactRow:
    await caller.ended()
    await line.quiet()
    return await line.contact(external_id=caller.leg.id)


async def test_a_guide_is_faxed_on_the_callers_own_call(line: Hotline) -> None:
    machine, draw = Machine(COMPLETE), Drawing()
    line.house.fax_back = FaxBack(draw=draw, port=machine)
    caller = await asks(line, f"{GUIDE_BY_FAX}1")
    await caller.hears_prompt(START)
    contact = await over(line, caller)
    message, outbox = await sent(line)
    assert (machine.got, draw.drawn[0].recipient, draw.drawn[0].text) == (2, "13800138000", message.text)
    assert (contact.status, contact.disposition) == (ContactStatus.CLOSED, "self_service")
    assert (outbox.channel, outbox.state, outbox.last_error) == ("fax", "delivered", "")
    assert {"pages": 2, "arrived": 2, "fax": "complete"}.items() <= message.detail.items()
    assert (message.contact_id, message.subject) == (contact.id, "办事指南 · 传真 2 页")
    assert "guide_fax_here:next" in contact.hints["path"]


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (FaxResult(status=FaxStatus.PARTIAL, pages=1, error="hung up"), "传真中断：共 2 页，已送达 1 页"),
        (FaxResult(status=FaxStatus.FAILED, pages=0, error="no T.30"), "来电一方没有接收传真（no T.30）"),
    ],
)
async def test_a_fax_that_was_cut_is_told_and_can_be_sent_once_more(
    line: Hotline, result: FaxResult, told: str
) -> None:
    line.house.fax_back = FaxBack(draw=Drawing(), port=Machine(result))
    contact = await over(line, await asks(line, f"{GUIDE_BY_FAX}1"))
    message, outbox = await sent(line)
    assert contact.status == ContactStatus.ABANDONED
    assert (outbox.state, outbox.recipient) == ("failed", "+8613800138000")
    assert outbox.last_error.startswith(told)
    assert (message.detail["pages"], message.detail["arrived"]) == (2, result.pages)


async def test_without_a_fax_machine_the_caller_is_told_and_offered_other_ways(line: Hotline) -> None:
    async def by_text(channel: str) -> bool:
        return channel == "sms"

    line.house.can_send = by_text
    caller = await asks(line, f"{GUIDE_BY_FAX}1")
    await caller.hears_prompt(NO_FAX)
    caller.will_press("1")
    await caller.hears_prompt("资料即将发送到您的来电号码。")
    message, outbox = await sent(line)
    assert (outbox.channel, outbox.recipient, outbox.state) == ("sms", "+8613800138000", "queued")
    assert message.detail == {"automatic": True, "document": "guide"}


async def test_nothing_is_sent_to_a_number_that_we_would_not_call(line: Hotline) -> None:
    async def by_text(channel: str) -> bool:
        return channel == "sms"

    line.house.can_send = by_text
    caller = await asks(line, f"{GUIDE_BY_FAX}1", "+19005551234")
    await caller.hears_prompt(NO_FAX)
    caller.will_press("1")
    await caller.hears_prompt("暂时无法发送。")
    async with line.world.database.unit_of_work(line.world.access, read_only=True) as uow:
        assert list(await uow.session.scalars(select(OutboxRow))) == []


async def test_pages_that_cannot_be_drawn_are_told_as_no_fax(line: Hotline) -> None:
    async def draw(sheet: Sheet) -> bytes:
        raise Unavailable(f"{sheet.title} cannot be drawn.")

    line.house.fax_back = FaxBack(draw=draw, port=Machine(COMPLETE))
    caller = await asks(line, f"{GUIDE_BY_FAX}1")
    await caller.hears_prompt(NO_FAX)
    assert not caller.leg.has_music


async def test_a_guide_by_mail_goes_where_the_citizen_is_known_to_read_it(line: Hotline) -> None:
    async def by_mail(channel: str) -> bool:
        return channel == "mail"

    line.house.can_send = by_mail
    caller = await asks(line, "249")
    await caller.hears_prompt("我们没有您的邮箱，或暂时无法发送邮件。")
    await caller.hang_up()
    contact = await over(line, caller)
    async with line.world.database.unit_of_work(line.world.access) as uow:
        for value, stated in (("stated@example.com", True), ("own@example.com", False)):
            uow.session.add(
                AddressRow(citizen_id=contact.citizen_id, kind="mail", value=value, stated=stated, created_at=uow.now)
            )
    again = await asks(line, "249")
    await again.hears_prompt("资料即将发送到您登记的邮箱。")
    message, outbox = await sent(line)
    assert (outbox.channel, outbox.recipient, outbox.envelope) == ("mail", "own@example.com", {"automatic": True})
    assert (message.subject, message.text.startswith("办理事项前")) == ("办事指南", True)
