"""Receipts: a number that can be read aloud and a PIN, with which anyone who holds both can ask how a matter stands.

The number is the day (YYYYMMDD, in the workspace's zone), a serial of five digits and a Damm check digit, so that a
slip of the finger is told from a wrong number. The PIN has six digits and is kept as an Argon2 hash.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from stdnum import damm

from kit.access import Access
from kit.errors import Unavailable
from kit.unit_of_work import Database, UnitOfWork
from records.citizens import askers
from records.citizens.service import SenderAddress
from records.citizens.tables import ReceiptGuessRow, ReceiptRow, ReceiptSerialRow

NUMBER_DIGITS = 14
PIN_DIGITS = 6
LAST_SERIAL = 99_999
MAX_FAILURES = 5
LOCK = timedelta(minutes=30)
GUESSES_KEPT = timedelta(days=1)

# A PIN can be guessed in a million tries whatever its hash costs: the lock protects it, the hash a stolen backup.
_HASHER = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
_NO_SUCH_PIN = _HASHER.hash("there is no receipt of this number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    value: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedReceipt:
    """`pin` is known only now."""

    id: str
    number: str
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`receipt` when number and PIN belong together; else how many tries are left, or until when all are refused."""

    receipt: ReceiptRow | None = None
    tries_left: int = 0
    locked_until: datetime | None = None


def make_number(day: date, serial: int) -> str:
    """14 digits for the `serial`-th receipt (1 to 99999) of `day`."""
    if not 1 <= serial <= LAST_SERIAL:
        raise Unavailable("No receipt numbers are left today.")
    digits = f"{day:%Y%m%d}{serial:05d}"
    return digits + str(damm.calc_check_digit(digits))


def clean_number(text: str) -> str | None:
    """The digits of a number as somebody typed it, None when length or check digit are wrong: that costs no guess."""
    digits = "".join(character for character in text if character not in " -\u3000")
    if len(digits) != NUMBER_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if damm.is_valid(digits) else None


async def new_pin() -> Pin:
    """A random PIN and its hash. Call it before the transaction begins: hashing takes milliseconds."""
    value = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
    return Pin(value=value, hash=await asyncio.to_thread(_HASHER.hash, value))


async def issue(
    uow: UnitOfWork,
    pin: Pin,
    day: date,
    *,
    contact_id: str | None = None,
    case_id: str | None = None,
    citizen_id: str | None = None,
    sealed: bool = False,
) -> IssuedReceipt:
    """Give out the next number of `day` (today in the workspace's zone). Raises `Unavailable` when a day is full."""
    row = ReceiptRow(
        number=make_number(day, await _next_serial(uow, day)),
        pin_hash=pin.hash,
        contact_id=contact_id,
        case_id=case_id,
        citizen_id=citizen_id,
        created_at=uow.now,
        sealed=sealed,
    )
    uow.session.add(row)
    await uow.session.flush()
    return IssuedReceipt(id=row.id, number=row.number, pin=pin.value)


async def _next_serial(uow: UnitOfWork, day: date) -> int:
    step = (
        update(ReceiptSerialRow)
        .where(ReceiptSerialRow.day == day)
        .values(last=ReceiptSerialRow.last + 1)
        .returning(ReceiptSerialRow.last)
    )
    serial = await uow.session.scalar(step)
    if serial is not None:
        return serial
    try:
        async with uow.session.begin_nested():
            uow.session.add(ReceiptSerialRow(day=day, last=1))
        return 1
    except IntegrityError:
        return (await uow.session.scalars(step)).one()


async def of_contact(uow: UnitOfWork, contact_id: str) -> ReceiptRow | None:
    """The receipt that was given for a contact, if any."""
    return await uow.session.scalar(select(ReceiptRow).where(ReceiptRow.contact_id == contact_id))


async def bind(
    uow: UnitOfWork, number: str, *, contact_id: str | None = None, case_id: str | None = None, sealed: bool = False
) -> None:
    """Say what the receipt of `number` is for. Repeating is harmless; what is given replaces what stood there."""
    known = {"contact_id": contact_id, "case_id": case_id}
    values: dict[str, object] = {name: value for name, value in known.items() if value is not None}
    if sealed:
        values["sealed"] = True
    if values:
        await uow.session.execute(update(ReceiptRow).where(ReceiptRow.number == number).values(values))


async def change_pin(uow: UnitOfWork, receipt_id: str, pin: Pin) -> None:
    """After the citizen's identity was verified: the old PIN is worth nothing any more, and locks are lifted."""
    row = await uow.session.get_one(ReceiptRow, receipt_id)
    row.pin_hash = pin.hash
    await uow.session.execute(delete(ReceiptGuessRow).where(ReceiptGuessRow.number == row.number))


async def check(
    database: Database, access: Access, number: str, pin: str, source: str, asker: SenderAddress | None = None
) -> Verdict:
    """Whether `pin` opens the (well-formed) `number` for `source`, a network address or a caller's number.

    `asker`: who is known to ask, perhaps the citizen by another channel; see `askers.note`.
    Owns its transactions. A try is counted before the PIN is looked at, so that many at once gain nothing. Five
    wrong ones lock this number for this source alone; a number that does not exist answers the same way.
    """
    async with database.unit_of_work(access) as uow:
        guess = await _spend_guess(uow, number, source)
        if guess.locked_until is not None:
            return Verdict(locked_until=guess.locked_until)
        receipt = await uow.session.scalar(select(ReceiptRow).where(ReceiptRow.number == number))
    if not await asyncio.to_thread(_matches, receipt.pin_hash if receipt else _NO_SUCH_PIN, pin):
        return await _failed(database, access, guess)
    async with database.unit_of_work(access) as uow:
        await uow.session.execute(delete(ReceiptGuessRow).where(ReceiptGuessRow.id == guess.id))
        if receipt is not None and asker is not None:
            await askers.note(uow, receipt, asker)
    return Verdict(receipt=receipt)


async def _spend_guess(uow: UnitOfWork, number: str, source: str) -> ReceiptGuessRow:
    """The row of this number and source with one more try on it, or locked."""
    query = (
        select(ReceiptGuessRow)
        .where(ReceiptGuessRow.number == number, ReceiptGuessRow.source == source)
        .with_for_update()
    )
    guess = await uow.session.scalar(query)
    if guess is None:
        guess = ReceiptGuessRow(number=number, source=source, failures=0)
        try:
            async with uow.session.begin_nested():
                uow.session.add(guess)
        except IntegrityError:
            guess = (await uow.session.scalars(query)).one()
    if guess.locked_until is not None and guess.locked_until <= uow.now:
        guess.failures, guess.locked_until = 0, None
    if guess.locked_until is None:
        guess.failures += 1
        if guess.failures > MAX_FAILURES:
            guess.locked_until = uow.now + LOCK
    return guess


async def _failed(database: Database, access: Access, guess: ReceiptGuessRow) -> Verdict:
    left = MAX_FAILURES - guess.failures
    if left > 0:
        return Verdict(tries_left=left)
    async with database.unit_of_work(access) as uow:
        locked_until = uow.now + LOCK
        await uow.session.execute(
            update(ReceiptGuessRow).where(ReceiptGuessRow.id == guess.id).values(locked_until=locked_until)
        )
    return Verdict(locked_until=locked_until)


def _matches(pin_hash: str, pin: str) -> bool:
    try:
        return _HASHER.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
