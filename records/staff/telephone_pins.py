"""The PIN with which a supervisor signs in on the telephone: six to eight digits, kept as an Argon2 hash.

Five wrong ones lock it for half an hour, from whichever telephone they come: a caller's number is easily pretended.
"""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete, select

from kit.access import Access
from kit.errors import Invalid, TooMany
from kit.unit_of_work import Database, UnitOfWork
from records.staff import audit, passwords, throttle
from records.staff.tables import AccountRow, TelephonePinRow

SHORTEST, LONGEST = 6, 8
MOST_FAILURES = 5
LOCK = timedelta(minutes=30)
SHOWN_DIGITS = 4
_RUNS = "01234567890", "09876543210"


class Refusal(StrEnum):
    UNKNOWN = "unknown_number"
    WRONG_PIN = "wrong_pin"
    LOCKED = "no_pin_or_locked"
    TOO_MANY = "too_many"
    NO_RIGHT = "no_right"


def require_pin(pin: str, staff_number: str) -> None:
    """Raises `Invalid` (code `weak_pin`) for one that is no PIN or the first that anybody would try."""
    is_pin = pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST
    easy = len(set(pin)) < 3 or any(pin in run for run in _RUNS) or (staff_number and staff_number in pin)
    if not is_pin or easy:
        raise Invalid(
            f"{SHORTEST} to {LONGEST} digits, not in a row, not few repeated ones, without the staff number.",
            code="weak_pin",
        )


async def of_account(uow: UnitOfWork, account_id: str) -> TelephonePinRow | None:
    return await uow.session.scalar(select(TelephonePinRow).where(TelephonePinRow.account_id == account_id))


async def save(uow: UnitOfWork, account_id: str, pin_hash: str) -> TelephonePinRow:
    """The account's PIN from now on; locks are lifted. `pin_hash`: of `passwords.hash_password`."""
    row = await of_account(uow, account_id) or TelephonePinRow(account_id=account_id)
    row.pin_hash, row.failures, row.locked_until, row.set_at = pin_hash, 0, None, uow.now
    uow.session.add(row)
    await uow.session.flush()
    audit.record(uow, "telephone_pin.set", "account", account_id)
    return row


async def remove(uow: UnitOfWork, account_id: str) -> None:
    """Nobody signs in with it any more; harmless when there is none."""
    await uow.session.execute(delete(TelephonePinRow).where(TelephonePinRow.account_id == account_id))
    audit.record(uow, "telephone_pin.removed", "account", account_id)


async def check(database: Database, access: Access, staff_number: str, pin: str, source: str) -> AccountRow | None:
    """The account whose staff number and PIN these are, None for all else; every end is written down.

    Owns its transactions. A try is counted before the PIN is looked at. Raises `TooMany` (code `too_many_logins`) for
    a `source`, the caller's number or line, that tried too often. What was pressed is never written down, and of who
    named nobody of ours, perhaps a citizen, the end of the number alone.
    """
    name = f"telephone:{staff_number}"[:64]
    async with database.unit_of_work(access) as uow:
        account = await uow.session.scalar(select(AccountRow).where(AccountRow.staff_number == staff_number))
        busy = await _too_many(uow, name, source)
        if busy is not None:
            refused(uow, account, Refusal.TOO_MANY, source)
        row = await _spend_guess(uow, account) if busy is None else None
    if busy is not None:
        raise busy
    right = await passwords.matches(row.pin_hash if row else passwords.UNKNOWN, pin)
    async with database.unit_of_work(access) as uow:
        if account is None or row is None or not right:
            why = Refusal.UNKNOWN if account is None else Refusal.LOCKED if row is None else Refusal.WRONG_PIN
            refused(uow, account, why, source)
            return None
        await throttle.forgive(uow, name, source)
        known = await of_account(uow, account.id)
        if known is not None:
            known.failures, known.locked_until = 0, None
        audit.record(uow, "telephone.signed_in", "account", account.id, actor_id=account.id, source=source)
    return account


async def _too_many(uow: UnitOfWork, name: str, source: str) -> TooMany | None:
    try:
        await throttle.count_attempt(uow, name, source)
    except TooMany as error:
        return error
    return None


def refused(uow: UnitOfWork, account: AccountRow | None, why: Refusal, source: str) -> None:
    """Write down that somebody did not get in."""
    named = account.id if account is not None else ""
    shown = source if account is not None or not source.lstrip("+").isdigit() else f"****{source[-SHOWN_DIGITS:]}"
    audit.record(uow, "telephone.refused", "account", named, detail={"why": why.value}, source=shown)


async def _spend_guess(uow: UnitOfWork, account: AccountRow | None) -> TelephonePinRow | None:
    """The row with one more guess on it; None where there is none to guess at now."""
    if account is None or account.disabled or account.must_change_password:
        return None
    query = select(TelephonePinRow).where(TelephonePinRow.account_id == account.id).with_for_update()
    row = await uow.session.scalar(query)
    if row is None:
        return None
    if row.locked_until is not None and row.locked_until <= uow.now:
        row.failures, row.locked_until = 0, None
    if row.locked_until is not None:
        return None
    row.failures += 1
    if row.failures > MOST_FAILURES:
        row.locked_until = uow.now + LOCK
        return None
    return row
