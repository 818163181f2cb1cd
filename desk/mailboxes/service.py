"""Mailboxes, for those who look after channels. Secrets go in and never come out."""

from channels.accounts import settings_of
from channels.mail import service
from channels.mail.adapter import MailAdapter
from channels.mail.settings import MailboxSettings
from channels.mail.tables import MailboxRow
from desk.access import Actor
from desk.schemas.administration import CheckView, MailboxInput, MailboxView
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker
from records.staff import audit

# What the form does not ask for stays as the mailbox has it.
_UNASKED = ("verify_certificates", "move_to", "plus_addresses", "confidential")


async def listed(uow: UnitOfWork) -> list[MailboxView]:
    return [_view(row) for row in await service.listing(uow)]


async def create(uow: UnitOfWork, box: SecretBox, waker: Waker, body: MailboxInput) -> MailboxView:
    row = await service.create(uow, box, waker, _settings(body))
    audit.record(uow, "mailbox.created", "mailbox", row.id)
    return _view(row)


async def change(uow: UnitOfWork, box: SecretBox, waker: Waker, mailbox_id: str, body: MailboxInput) -> MailboxView:
    """Raises `Conflict` (code `from_environment`) where the environment owns the mailbox."""
    settings = _settings(body, await service.get(uow, mailbox_id))
    row = await service.change(uow, box, waker, mailbox_id, settings)
    audit.record(uow, "mailbox.changed", "mailbox", row.id, detail={"new_secret": body.secret is not None})
    return _view(row)


async def remove(uow: UnitOfWork, waker: Waker, mailbox_id: str) -> None:
    await service.remove(uow, waker, mailbox_id)
    audit.record(uow, "mailbox.removed", "mailbox", mailbox_id)


async def fetch(uow: UnitOfWork, waker: Waker, mailbox_id: str) -> None:
    """Ask whichever process reads the mailbox to look now."""
    await service.request_fetch(uow, waker, mailbox_id)


async def check(mail: MailAdapter, who: Actor, mailbox_id: str) -> CheckView:
    """Log in for real, in and out; says what is wrong in the language of the one who asks."""
    health = await mail.check_mailbox(mailbox_id, who.language)
    return CheckView(ok=health.ok, detail=health.detail)


def _settings(body: MailboxInput, before: MailboxRow | None = None) -> MailboxSettings:
    kept = {name: getattr(before, name) for name in _UNASKED} if before is not None else {}
    return settings_of(MailboxSettings, {**body.model_dump(), **kept})


def _view(row: MailboxRow) -> MailboxView:
    return MailboxView.model_validate(row, from_attributes=True)
