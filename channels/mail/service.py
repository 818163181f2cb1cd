"""What operators do with mailboxes, and what the loops report about them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from channels.mail import store
from channels.mail.settings import MailboxSettings
from channels.mail.tables import MailboxRow, MailboxState
from kit.errors import Conflict, Invalid, NotFound
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker

WAKE_MAILBOXES = "mailboxes"
_SECRETS = frozenset({"secret", "oauth_client_secret"})
# Where the secret is sent, and how well it is hidden on the way there.
_WAYS = (
    *("imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security"),
    *("verify_certificates", "oauth_token_url"),
)
_SHOWN = (
    "name address imap_host imap_port imap_security smtp_host smtp_port smtp_security auth username folder enabled"
    " profile fax_senders fax_gateway"
    " from_environment state last_success_at last_error last_error_at"
)


async def listing(uow: UnitOfWork) -> list[MailboxRow]:
    """All mailboxes, in the order they were added."""
    return await store.mailboxes(uow)


async def get(uow: UnitOfWork, mailbox_id: str) -> MailboxRow:
    """Raises `NotFound`."""
    row = await store.mailbox(uow, mailbox_id)
    if row is None:
        raise NotFound("There is no such mailbox.")
    return row


async def create(uow: UnitOfWork, box: SecretBox, waker: Waker, settings: MailboxSettings) -> MailboxRow:
    """Add a mailbox; mail older than a day is left alone. The gateway begins to read it at once."""
    row = await _create(uow, box, settings)
    _changed(uow, waker, row)
    return row


async def change(
    uow: UnitOfWork, box: SecretBox, waker: Waker, mailbox_id: str, settings: MailboxSettings
) -> MailboxRow:
    """Replace the settings; a secret that is None stays, as long as it goes where it went before.

    Raises `Conflict` where the environment owns the mailbox, `Invalid` (code `secret_required`) for another server
    without the secret: who may set up mailboxes must not have a stored password sent to a place of their choice.
    """
    row = await get(uow, mailbox_id)
    _require_ours(row)
    _require_secrets(row, settings)
    _apply(row, box, settings)
    _changed(uow, waker, row)
    return row


async def remove(uow: UnitOfWork, waker: Waker, mailbox_id: str) -> None:
    """Stop reading and forget the mailbox; what came in stays. Raises `Conflict` where the environment owns it."""
    row = await get(uow, mailbox_id)
    _require_ours(row)
    uow.emit("desk", "mailbox", row.id, row.version + 1, {"gone": True})
    await store.forget(uow, row)
    uow.after_commit(lambda: waker.wake(WAKE_MAILBOXES))


async def request_fetch(uow: UnitOfWork, waker: Waker, mailbox_id: str) -> None:
    """Read the mailbox now instead of waiting for the server's news."""
    row = await get(uow, mailbox_id)
    row.fetch_requests += 1
    uow.after_commit(lambda: waker.wake(WAKE_MAILBOXES))


async def adopt_environment(uow: UnitOfWork, box: SecretBox, configured: Mapping[str, MailboxSettings]) -> None:
    """Make the mailboxes of the environment what it says; one that it no longer names is switched off. Idempotent."""
    owned = {row.environment_key: row for row in await store.mailboxes(uow) if row.environment_key}
    for key, settings in configured.items():
        row = owned.pop(key, None)
        if row is None:
            row = await _create(uow, box, settings)
            row.environment_key = key
        elif _differs(row, box, settings):
            _apply(row, box, settings)
    for row in owned.values():
        if row.enabled:
            row.enabled, row.state = False, MailboxState.STOPPED
            row.revision, row.version = row.revision + 1, row.version + 1


async def note_success(uow: UnitOfWork, mailbox_id: str) -> None:
    """The folder was read to its end."""
    row = await store.note_success(uow, mailbox_id)
    if row is not None:
        _emit(uow, row)


async def note_failure(uow: UnitOfWork, mailbox_id: str, reason: str) -> None:
    """The mailbox cannot be read now; it is tried again. `reason` is for the operator."""
    row = await store.note_failure(uow, mailbox_id, reason)
    if row is not None:
        _emit(uow, row)


async def keep_refresh_token(uow: UnitOfWork, box: SecretBox, mailbox_id: str, token: str) -> None:
    """The provider exchanged the refresh token; the loop goes on with what it has."""
    row = await store.mailbox(uow, mailbox_id)
    if row is not None:
        row.secret = box.encrypt(token)


def shown(row: MailboxRow) -> dict[str, Any]:
    """What pages may know of a mailbox: no secret. Times in ISO 8601, UTC."""
    values = {name: getattr(row, name) for name in _SHOWN.split()}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


async def _create(uow: UnitOfWork, box: SecretBox, settings: MailboxSettings) -> MailboxRow:
    row = MailboxRow(created_at=uow.now, import_since=(uow.now - timedelta(days=1)).date(), secret="", revision=0)
    row.version, row.fetch_requests = 0, 0
    _apply(row, box, settings)
    uow.session.add(row)
    await uow.session.flush()
    return row


def _apply(row: MailboxRow, box: SecretBox, settings: MailboxSettings) -> None:
    for name, value in settings.model_dump(exclude=set(_SECRETS)).items():
        setattr(row, name, value)
    for name in _SECRETS:
        value = getattr(settings, name)
        if value is not None:
            setattr(row, name, box.encrypt(value))
    row.state = MailboxState.STARTING if row.enabled else MailboxState.STOPPED
    row.revision, row.version = row.revision + 1, row.version + 1


def _differs(row: MailboxRow, box: SecretBox, settings: MailboxSettings) -> bool:
    plain = settings.model_dump(exclude=set(_SECRETS))
    if any(getattr(row, name) != value for name, value in plain.items()):
        return True
    stored = {name: getattr(row, name) for name in _SECRETS}
    wanted = {name: getattr(settings, name) for name in _SECRETS}
    return any(
        wanted[name] is not None and (not stored[name] or box.decrypt(stored[name]) != wanted[name])
        for name in _SECRETS
    )


def _changed(uow: UnitOfWork, waker: Waker, row: MailboxRow) -> None:
    _emit(uow, row)
    uow.after_commit(lambda: waker.wake(WAKE_MAILBOXES))


def _emit(uow: UnitOfWork, row: MailboxRow) -> None:
    uow.emit("desk", "mailbox", row.id, row.version, shown(row))


def _require_secrets(row: MailboxRow, settings: MailboxSettings) -> None:
    if all(getattr(row, name) == getattr(settings, name) for name in _WAYS):
        return
    missing = [name for name in sorted(_SECRETS) if getattr(row, name) and getattr(settings, name) is None]
    if missing:
        fields = [{"field": name, "reason": "Needed again for another server."} for name in missing]
        raise Invalid("Give the secret again for another server.", code="secret_required", fields=fields)


def _require_ours(row: MailboxRow) -> None:
    if row.environment_key is not None:
        raise Conflict("This mailbox is configured by the environment; change it there.", code="from_environment")
