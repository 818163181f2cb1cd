"""One's own PIN for the telephone. Hashing happens between transactions, never inside one."""

from desk.access import Actor
from desk.schemas.session import TelephonePinView
from kit.errors import Invalid
from kit.unit_of_work import Database, UnitOfWork
from records.staff import passwords, store, telephone_pins, throttle


async def view(uow: UnitOfWork, who: Actor, number: str) -> TelephonePinView:
    row = await telephone_pins.of_account(uow, who.account_id)
    return TelephonePinView(number=number, set_at=row.set_at if row is not None else None)


async def choose(database: Database, who: Actor, password: str, pin: str, *, source: str) -> None:
    """Choose a PIN, or another one. Raises `Invalid` (codes `wrong_password`, `weak_pin`), `TooMany`."""
    async with database.unit_of_work(who.access) as uow:
        account = await store.account(uow, who.account_id)
        await throttle.count_attempt(uow, account.login, source)
    if not await passwords.matches(account.password_hash, password):
        raise Invalid("The present password is another.", code="wrong_password")
    telephone_pins.require_pin(pin, account.staff_number)
    pin_hash = await passwords.hash_password(pin)
    async with database.unit_of_work(who.access) as uow:
        await throttle.forgive(uow, account.login, source)
        await telephone_pins.save(uow, who.account_id, pin_hash)


async def remove(uow: UnitOfWork, who: Actor) -> None:
    """Harmless when there is none."""
    await telephone_pins.remove(uow, who.account_id)
