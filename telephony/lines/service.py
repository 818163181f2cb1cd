"""What operators do with trunks and phones; engines take up a change within a second."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta

from kit.errors import Conflict, Invalid, NotFound
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker
from telephony.lines import store
from telephony.lines.book import Book, NumberFormat, Phone, PhoneKind, Trunk
from telephony.lines.schemas import PhoneSettings, TrunkSettings
from telephony.lines.tables import PhoneRow, TrunkRow

WAKE_LINES = "lines"
SECRET_BYTES = 18
FIRST_NUMBER = 8001
PHONE = "phone"
CHANGES_AT = timedelta(hours=19)  # UTC: three at night in China


async def book(uow: UnitOfWork, box: SecretBox) -> Book:
    """All enabled lines, secrets readable: for an engine, never for a page."""
    return Book(
        trunks=tuple(_trunk(row, box) for row in await store.trunks(uow) if row.enabled),
        phones=tuple(_phone(row, box, uow.now) for row in await store.phones(uow) if row.enabled),
    )


async def create_trunk(uow: UnitOfWork, box: SecretBox, waker: Waker, settings: TrunkSettings) -> TrunkRow:
    """Raises `Conflict` (code `name_taken`)."""
    await _require_free_name(uow, settings.name, None)
    row = TrunkRow(created_at=uow.now, version=0, secret="")
    _apply(row, box, settings)
    uow.session.add(row)
    await uow.session.flush()
    _changed(uow, waker)
    return row


async def change_trunk(
    uow: UnitOfWork, box: SecretBox, waker: Waker, trunk_id: str, settings: TrunkSettings
) -> TrunkRow:
    """Replace the settings; a secret that is None stays, as long as it goes where it went before.

    Raises `NotFound`, `Conflict`, or `Invalid` (code `secret_required`) for another server without the secret.
    """
    row = await _require_trunk(uow, trunk_id)
    await _require_free_name(uow, settings.name, row.id)
    if row.secret and settings.secret is None and (row.host, row.port) != (settings.host, settings.port):
        raise Invalid("Give the secret again for another server.", code="secret_required")
    _apply(row, box, settings)
    _changed(uow, waker)
    return row


async def remove_trunk(uow: UnitOfWork, waker: Waker, trunk_id: str) -> None:
    """Calls that it carries go on. Raises `NotFound`."""
    await uow.session.delete(await _require_trunk(uow, trunk_id))
    _changed(uow, waker)


async def create_phone(uow: UnitOfWork, box: SecretBox, waker: Waker, settings: PhoneSettings) -> tuple[PhoneRow, str]:
    """The phone and its secret, which is told this one time. Raises `Conflict` (code `number_taken`)."""
    if await store.phone_numbered(uow, settings.number) is not None:
        raise Conflict("This number is taken.", code="number_taken")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = PhoneRow(created_at=uow.now, version=1, secret=box.encrypt(secret), **settings.model_dump())
    uow.session.add(row)
    await uow.session.flush()
    _changed(uow, waker)
    return row, secret


async def renew_secret(uow: UnitOfWork, box: SecretBox, waker: Waker, phone_id: str) -> str:
    """A new secret for a phone; the old one ends at once.

    Raises `NotFound`, or `Conflict` (code `page_phone`) for the phone in a page, whose secret is its owner's alone.
    """
    row = await _require_phone(uow, phone_id)
    if row.kind == PhoneKind.PAGE:
        raise Conflict("The phone of a page keeps its secret.", code="page_phone")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row.secret, row.version = box.encrypt(secret), row.version + 1
    _changed(uow, waker)
    return secret


async def remove_phone(uow: UnitOfWork, waker: Waker, phone_id: str) -> None:
    """Raises `NotFound`."""
    await uow.session.delete(await _require_phone(uow, phone_id))
    _changed(uow, waker)


async def page_phone(uow: UnitOfWork, box: SecretBox, waker: Waker, account_id: str, name: str) -> Phone:
    """The account's softphone, made when it is missing, for the owner's page only: it holds the secret."""
    row = await store.phone_of(uow, account_id, PhoneKind.PAGE)
    if row is None:
        settings = PhoneSettings(
            number=await free_number(uow), name=name[:80], account_id=account_id, kind=PhoneKind.PAGE
        )
        row, _ = await create_phone(uow, box, waker, settings)
    return _phone(row, box, uow.now)


def user_of(phone_id: str) -> str:
    """What a phone calls itself when it registers."""
    return f"{PHONE}-{phone_id}"


async def free_number(uow: UnitOfWork) -> str:
    """The lowest number from 8001 on that no phone has."""
    taken = {row.number for row in await store.phones(uow)}
    return next(
        str(number) for number in range(FIRST_NUMBER, FIRST_NUMBER + len(taken) + 1) if str(number) not in taken
    )


async def _require_trunk(uow: UnitOfWork, trunk_id: str) -> TrunkRow:
    row = await store.trunk(uow, trunk_id)
    if row is None:
        raise NotFound("There is no such trunk.")
    return row


async def _require_phone(uow: UnitOfWork, phone_id: str) -> PhoneRow:
    row = await store.phone(uow, phone_id)
    if row is None:
        raise NotFound("There is no such phone.")
    return row


async def _require_free_name(uow: UnitOfWork, name: str, own_id: str | None) -> None:
    other = await store.trunk_named(uow, name)
    if other is not None and other.id != own_id:
        raise Conflict("This name is taken.", code="name_taken")


def _apply(row: TrunkRow, box: SecretBox, settings: TrunkSettings) -> None:
    for name, value in settings.model_dump(exclude={"secret"}).items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    if settings.secret is not None:
        row.secret = box.encrypt(settings.secret) if settings.secret else ""
    row.version += 1


def _changed(uow: UnitOfWork, waker: Waker) -> None:
    uow.after_commit(lambda: waker.wake(WAKE_LINES))


def _trunk(row: TrunkRow, box: SecretBox) -> Trunk:
    return Trunk(
        id=row.id,
        name=row.name,
        host=row.host,
        port=row.port,
        username=row.username,
        secret=box.decrypt(row.secret) if row.secret else "",
        registers=row.registers,
        addresses=tuple(row.addresses),
        caller_id=row.caller_id,
        other_caller_ids=tuple(row.other_caller_ids),
        prefixes=tuple(row.prefixes),
        number_format=NumberFormat(row.number_format),
        detects_fax=row.detects_fax,
        flows=dict(row.flows),
        position=row.position,
    )


def password_of_day(secret: str, at: datetime) -> str:
    """What the phone in a page registers with: another one each night, so that one that was seen is soon worthless.

    An agent whose page stays open asks for the new one when the old one is refused.
    """
    day = (at.astimezone(UTC) - CHANGES_AT).date().isoformat()
    return hmac.digest(secret.encode(), day.encode(), "sha256").hex()


def _phone(row: PhoneRow, box: SecretBox, now: datetime) -> Phone:
    secret = box.decrypt(row.secret)
    return Phone(
        id=row.id,
        number=row.number,
        name=row.name,
        kind=PhoneKind(row.kind),
        secret=password_of_day(secret, now) if row.kind == PhoneKind.PAGE else secret,
        account_id=row.account_id,
    )
