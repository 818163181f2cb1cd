"""Number and PIN: five wrong tries lock number and source together, and never the true citizen elsewhere."""

import asyncio
from datetime import date

import pytest

from kit.access import Access
from kit.ids import new_id
from kit.unit_of_work import Database
from records.citizens import receipts
from records.citizens.receipts import IssuedReceipt, Verdict
from tests.support.clock import ManualClock

DAY = date(2026, 11, 24)
HOME, STRANGER = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def access() -> Access:
    return Access.system(new_id())


@pytest.fixture
async def issued(database: Database, access: Access) -> IssuedReceipt:
    pin = await receipts.new_pin()
    async with database.unit_of_work(access) as uow:
        return await receipts.issue(uow, pin, DAY)


def wrong(issued: IssuedReceipt) -> str:
    return f"{(int(issued.pin) + 1) % 10**6:06d}"


async def asks(database: Database, access: Access, number: str, pin: str, source: str = HOME) -> Verdict:
    return await receipts.check(database, access, number, pin, source)


async def test_number_and_pin_together_open_it(database: Database, access: Access, issued: IssuedReceipt) -> None:
    verdict = await asks(database, access, issued.number, issued.pin)
    assert verdict.receipt is not None
    assert verdict.receipt.id == issued.id
    assert issued.pin not in verdict.receipt.pin_hash


async def test_five_wrong_pins_lock_this_source_and_no_other(
    database: Database, access: Access, clock: ManualClock, issued: IssuedReceipt
) -> None:
    left = [(await asks(database, access, issued.number, wrong(issued), STRANGER)).tries_left for _ in range(4)]
    assert left == [4, 3, 2, 1]
    fifth = await asks(database, access, issued.number, wrong(issued), STRANGER)
    assert fifth.locked_until == clock.now() + receipts.LOCK
    # Even the right PIN is refused there now; at home it opens.
    assert (await asks(database, access, issued.number, issued.pin, STRANGER)).receipt is None
    assert (await asks(database, access, issued.number, issued.pin, HOME)).receipt is not None
    clock.advance(receipts.LOCK.total_seconds() + 1)
    assert (await asks(database, access, issued.number, issued.pin, STRANGER)).receipt is not None


async def test_the_right_pin_forgets_the_wrong_ones(database: Database, access: Access, issued: IssuedReceipt) -> None:
    for _ in range(2):
        for _ in range(4):
            await asks(database, access, issued.number, wrong(issued))
        assert (await asks(database, access, issued.number, issued.pin)).receipt is not None


async def test_a_number_that_does_not_exist_answers_like_a_wrong_pin(database: Database, access: Access) -> None:
    number = receipts.make_number(DAY, 777)
    verdicts = [await asks(database, access, number, "000000") for _ in range(5)]
    assert [verdict.tries_left for verdict in verdicts] == [4, 3, 2, 1, 0]
    assert verdicts[-1].locked_until is not None


async def test_many_tries_at_once_gain_nothing(database: Database, access: Access, issued: IssuedReceipt) -> None:
    guesses = [f"{(int(issued.pin) + step) % 10**6:06d}" for step in range(1, 13)]
    verdicts = await asyncio.gather(*(asks(database, access, issued.number, pin) for pin in guesses))
    looked_at = [verdict for verdict in verdicts if verdict.locked_until is None]
    assert len(looked_at) <= receipts.MAX_FAILURES
    assert (await asks(database, access, issued.number, issued.pin)).receipt is None


async def test_numbers_of_a_day_are_given_once_however_many_ask(database: Database, access: Access) -> None:
    pin = await receipts.new_pin()

    async def one() -> str:
        async with database.unit_of_work(access) as uow:
            return (await receipts.issue(uow, pin, DAY)).number

    numbers = await asyncio.gather(*(one() for _ in range(12)))
    assert sorted(int(number[8:13]) for number in numbers) == list(range(1, 13))


async def test_a_new_pin_takes_the_old_ones_place_and_lifts_the_lock(
    database: Database, access: Access, issued: IssuedReceipt
) -> None:
    for _ in range(5):
        await asks(database, access, issued.number, wrong(issued))
    pin = await receipts.new_pin()
    async with database.unit_of_work(access) as uow:
        await receipts.change_pin(uow, issued.id, pin)
    assert (await asks(database, access, issued.number, pin.value)).receipt is not None
    if pin.value != issued.pin:
        assert (await asks(database, access, issued.number, issued.pin)).receipt is None


async def test_another_workspace_knows_nothing_of_it(database: Database, issued: IssuedReceipt) -> None:
    other = Access.system(new_id())
    assert (await asks(database, other, issued.number, issued.pin)).receipt is None
