"""Faxes out over the line: dialled, tried again, cut, refused; the thread tells how each ended."""

import io
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, update

from channels.adapter import NotSupported, OutboundMessage
from channels.fax.line import CUT, GONE, WORDS, LineFaxes, LineWay
from channels.fax.ways import NOT_ALLOWED
from kit.blobs import BlobRow
from kit.due_work import DueWorkRow, WorkState
from records.messages.service import Delivery, NewMessage, reply
from records.messages.tables import Direction, OutboxRow, OutboxState
from telephony.calls import CallLeg, HangUpCause
from telephony.fax import FaxResult, FaxStatus
from telephony.switchboard.errands import Errand, Errands
from tests.support.calls import FakeParty, NothingLeft
from tests.support.switchboard import Hotline
from tests.support.waiting import wait_until

NUMBER = "+8675588121234"


class Machine(NothingLeft):
    """The far end of faxes: takes what `will` says. `taken`: the documents that were sent to it."""

    def __init__(self) -> None:
        self.will: list[FaxResult] = []
        self.taken: list[bytes] = []

    async def receive(self, leg: CallLeg, mark: str) -> FaxResult:
        raise AssertionError(f"nobody faxes to us, but {leg.id}")

    async def send(self, leg: CallLeg, document: Path, mark: str) -> FaxResult:
        self.taken.append(document.read_bytes())
        await leg.hang_up()
        return self.will.pop(0)


class FaxesOut:
    def __init__(self, line: Hotline) -> None:
        self.line, self.machine, self.has_line = line, Machine(), True
        world = line.world
        self.way = LineWay(world.database, world.access, line.blobs, self._reaches)
        self.errands = Errands(line.house, Errand.FAX, LineFaxes(line.house, self.machine), most=2)

    async def _reaches(self, _number: str) -> bool:
        return self.has_line

    async def written(self, number: str = NUMBER) -> OutboundMessage:
        """An answer in the thread of a caller, as the outbox hands it over."""
        caller = await self.line.engine.call(NUMBER)
        row = await self.line.contact(external_id=caller.leg.id)
        await caller.hang_up()
        world = self.line.world
        async with world.database.unit_of_work(world.access) as uow:
            new = NewMessage(
                thread_id=row.thread_id,
                contact_id=row.id,
                citizen_id=row.citizen_id,
                direction=Direction.OUT,
                author_kind="agent",
                channel="fax",
                text="三个工作日内答复。",
            )
            message = await reply(uow, new, Delivery(recipient=number, envelope={"account": "12396"}))
            outbox = (await uow.session.scalars(select(OutboxRow).where(OutboxRow.message_id == message.id))).one()
            outbox.state = OutboxState.SENDING
        return OutboundMessage(
            outbox_id=outbox.id,
            message_id=message.id,
            thread_key="fax",
            recipient=number,
            text=message.text,
            external_id=message.id,
        )

    async def sent(self, number: str = NUMBER) -> OutboundMessage:
        """The outbox has handed it to the line."""
        message = await self.written(number)
        await self.handed_over(message, number)
        return message

    async def handed_over(self, message: OutboundMessage, number: str = NUMBER) -> None:
        """As the outbox does it, at first or once more."""
        receipt = await self.way.send(message, number, tiff(3))
        assert not receipt.delivered
        world = self.line.world
        async with world.database.unit_of_work(world.access) as uow:
            row = await uow.session.get_one(OutboxRow, message.outbox_id)
            row.state, row.finished_at = OutboxState.SENT, uow.now

    async def rings(self, number: str = NUMBER) -> FakeParty:
        assert await self.errands.work() == 1
        return await self.line.engine.rings(number)

    async def outbox(self, message: OutboundMessage) -> OutboxRow:
        world = self.line.world
        async with world.database.unit_of_work(world.access, read_only=True) as uow:
            return await uow.session.get_one(OutboxRow, message.outbox_id)

    async def ended(self, message: OutboundMessage, state: OutboxState) -> OutboxRow:
        async def there() -> bool:
            return (await self.outbox(message)).state == state

        await wait_until(there, f"the fax is {state}")
        return await self.outbox(message)

    async def work(self) -> DueWorkRow:
        world = self.line.world
        async with world.database.unit_of_work(world.access, read_only=True) as uow:
            return (await uow.session.scalars(select(DueWorkRow).where(DueWorkRow.job == Errand.FAX))).one()

    async def waits(self, tries: int) -> DueWorkRow:
        """It is to be tried again."""

        async def there() -> bool:
            row = await self.work()
            return (row.attempts, row.lease_until) == (tries, None)

        await wait_until(there, f"{tries} tries were made")
        return await self.work()


@pytest.fixture
def faxes(line: Hotline) -> FaxesOut:
    return FaxesOut(line)


def tiff(pages: int) -> bytes:
    images = [Image.new("1", (1728, 40), 1) for _ in range(pages)]
    data = io.BytesIO()
    images[0].save(data, "TIFF", save_all=True, append_images=images[1:], compression="group4")
    return data.getvalue()


async def test_a_fax_goes_out_and_is_sent_once_however_often_the_outbox_asks(faxes: FaxesOut) -> None:
    message = await faxes.sent()
    await faxes.way.send(message, NUMBER, tiff(3))
    faxes.machine.will = [FaxResult(status=FaxStatus.COMPLETE, pages=3)]
    phone = await faxes.rings()
    assert phone.dial is not None
    assert phone.dial.caller == "12396"
    await phone.answer()
    row = await faxes.ended(message, OutboxState.DELIVERED)
    assert row.last_error == ""
    assert faxes.machine.taken == [tiff(3)]
    await faxes.line.quiet()
    assert (await faxes.work()).state == WorkState.DONE
    assert await faxes.errands.work() == 0


async def test_a_busy_machine_is_called_again_and_what_never_arrives_says_why(faxes: FaxesOut) -> None:
    message = await faxes.sent()
    for tries, cause in ((1, HangUpCause.BUSY), (2, HangUpCause.NO_ANSWER)):
        phone = await faxes.rings()
        await phone.leg.ends(cause)
        row = await faxes.waits(tries)
        assert (await faxes.outbox(message)).last_error == WORDS[cause]
        assert await faxes.errands.work() == 0, "not before its time"
        faxes.line.clock.advance((row.due_at - faxes.line.clock.now()).total_seconds())
    faxes.line.engine.unreachable.add(NUMBER)
    assert await faxes.errands.work() == 1
    failed = await faxes.ended(message, OutboxState.FAILED)
    assert failed.last_error == WORDS[HangUpCause.UNREACHABLE]


async def test_of_a_cut_fax_the_thread_tells_what_arrived_and_it_is_not_repeated_by_itself(faxes: FaxesOut) -> None:
    message = await faxes.sent()
    faxes.machine.will = [FaxResult(status=FaxStatus.PARTIAL, pages=1, error="HANGUP")]
    await (await faxes.rings()).answer()
    row = await faxes.ended(message, OutboxState.FAILED)
    assert row.last_error == CUT.format(pages=3, arrived=1, error="HANGUP")
    await faxes.line.quiet()
    await faxes.handed_over(message)
    faxes.machine.will = [FaxResult(status=FaxStatus.COMPLETE, pages=3)]
    await (await faxes.rings()).answer()
    await faxes.ended(message, OutboxState.DELIVERED)


async def test_a_fax_whose_end_is_known_is_not_sent_again_by_the_next_process(faxes: FaxesOut) -> None:
    message = await faxes.sent()
    faxes.machine.will = [FaxResult(status=FaxStatus.COMPLETE, pages=3)]
    await (await faxes.rings()).answer()
    await faxes.ended(message, OutboxState.DELIVERED)
    await faxes.line.quiet()
    world = faxes.line.world
    async with world.database.unit_of_work(world.access) as uow:
        await uow.session.execute(update(DueWorkRow).values(state=WorkState.PENDING))
    assert await faxes.errands.work() == 1
    await faxes.line.quiet()
    assert (len(faxes.machine.taken), (await faxes.work()).state) == (1, WorkState.DONE)


async def test_the_toll_guard_decides_and_lost_pages_are_said(faxes: FaxesOut) -> None:
    dear = await faxes.sent("+19005551234")
    assert await faxes.errands.work() == 1
    assert (await faxes.ended(dear, OutboxState.FAILED)).last_error == NOT_ALLOWED
    assert faxes.line.engine.rung == []
    await faxes.line.quiet()
    lost = await faxes.sent()
    faxes.line.blobs.path((await _newest_blob(faxes)).key).unlink()
    assert await faxes.errands.work() == 1
    assert (await faxes.ended(lost, OutboxState.FAILED)).last_error == GONE


async def _newest_blob(faxes: FaxesOut) -> BlobRow:
    world = faxes.line.world
    async with world.database.unit_of_work(world.access, read_only=True) as uow:
        return (await uow.session.scalars(select(BlobRow).order_by(BlobRow.id.desc()))).first() or pytest.fail("none")


async def test_a_fax_that_a_dead_process_had_begun_is_begun_anew(faxes: FaxesOut) -> None:
    message = await faxes.sent()
    world = faxes.line.world
    async with world.database.unit_of_work(world.access) as uow:
        ages = faxes.line.clock.now().replace(year=2099)
        await uow.session.execute(update(DueWorkRow).values(lease_until=ages, attempts=1))
    assert await faxes.errands.work() == 0
    running = faxes.line.house.start(faxes.errands.run())
    faxes.machine.will = [FaxResult(status=FaxStatus.COMPLETE, pages=3)]
    await (await faxes.line.engine.rings(NUMBER)).answer()
    await faxes.ended(message, OutboxState.DELIVERED)
    running.cancel()


async def test_without_a_line_the_next_way_is_asked(faxes: FaxesOut) -> None:
    message = await faxes.written()
    faxes.has_line = False
    assert not await faxes.way.is_set_up()
    with pytest.raises(NotSupported):
        await faxes.way.send(message, NUMBER, tiff(1))
