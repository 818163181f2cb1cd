"""What operators do with accounts and templates, and what carriers report about accounts."""

from collections.abc import Mapping
from typing import Any

from channels.sms import store
from channels.sms.settings import SmsAccountSettings, SmsTemplateSettings, checked
from channels.sms.tables import SmsAccountRow, SmsAccountState, SmsKind, SmsTemplateRow
from kit.errors import Conflict, Invalid, NotFound
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker
from records.citizens.addresses import normalise

WAKE_ACCOUNTS = "sms-accounts"
# Where the secret is sent to.
_WAYS = ("base_url", "host", "port", "tls")
_SUCCESS_EVERY_S = 60


async def get(uow: UnitOfWork, account_id: str) -> SmsAccountRow:
    """Raises `NotFound`."""
    row = await store.account(uow, account_id)
    if row is None:
        raise NotFound("There is no such account.")
    return row


async def create(uow: UnitOfWork, box: SecretBox, waker: Waker, settings: SmsAccountSettings) -> SmsAccountRow:
    """Add an account. Raises `Invalid` for settings that are not those of its kind."""
    row = await _create(uow, box, settings)
    _changed(uow, waker, row)
    return row


async def change(
    uow: UnitOfWork, box: SecretBox, waker: Waker, account_id: str, settings: SmsAccountSettings
) -> SmsAccountRow:
    """Replace the settings; a secret that is None stays, as long as it goes where it went before.

    Raises `Conflict` where the environment owns the account, `Invalid` (code `secret_required`) for another server
    without the secret: who may set up accounts must not have a stored secret sent to a place of their choice.
    """
    row = await get(uow, account_id)
    _require_ours(row)
    _require_secret(row, settings)
    _apply(row, box, settings)
    _changed(uow, waker, row)
    return row


async def remove(uow: UnitOfWork, waker: Waker, account_id: str) -> None:
    """Forget the account and its templates; what came in stays. Raises `Conflict` where the environment owns it."""
    row = await get(uow, account_id)
    _require_ours(row)
    uow.emit("desk", "sms_account", row.id, row.version + 1, {"gone": True})
    await store.forget(uow, row)
    uow.after_commit(lambda: waker.wake(WAKE_ACCOUNTS))


async def adopt_environment(uow: UnitOfWork, box: SecretBox, configured: Mapping[str, SmsAccountSettings]) -> None:
    """Make the environment's accounts what it says; one that it no longer names is switched off. Idempotent."""
    owned = {row.environment_key: row for row in await store.accounts(uow) if row.environment_key}
    for key, settings in configured.items():
        row = owned.pop(key, None)
        if row is None:
            row = await _create(uow, box, settings)
            row.environment_key = key
        elif _differs(row, box, settings):
            _apply(row, box, settings)
    for row in owned.values():
        if row.enabled:
            row.enabled, row.state = False, SmsAccountState.STOPPED
            row.revision, row.version = row.revision + 1, row.version + 1


async def note(uow: UnitOfWork, account_id: str, fault: str) -> None:
    """How the account does: empty when well. Written, and shown, only when it changes or a minute has passed."""
    row = await store.account(uow, account_id)
    if row is None:
        return
    state = SmsAccountState.RETRYING if fault else SmsAccountState.CONNECTED
    since_s = (uow.now - row.last_success_at).total_seconds() if row.last_success_at else _SUCCESS_EVERY_S
    if not fault and row.state == state and since_s < _SUCCESS_EVERY_S:
        return
    row.state = state if row.enabled else SmsAccountState.STOPPED
    if fault:
        row.last_error, row.last_error_at = fault[:500], uow.now
    else:
        row.last_success_at = uow.now
    row.version += 1
    _emit(uow, row)


async def create_template(uow: UnitOfWork, account_id: str, settings: SmsTemplateSettings) -> SmsTemplateRow:
    """Raises `NotFound` for an unknown account, `Conflict` (code `template_code`) for a code that is there already."""
    await get(uow, account_id)
    await _require_new_code(uow, account_id, settings.code, None)
    row = SmsTemplateRow(account_id=account_id, created_at=uow.now, version=1, **settings.model_dump())
    uow.session.add(row)
    await uow.session.flush()
    return row


async def change_template(uow: UnitOfWork, template_id: str, settings: SmsTemplateSettings) -> SmsTemplateRow:
    """Raises `NotFound`, `Conflict` (code `template_code`)."""
    row = await get_template(uow, template_id)
    await _require_new_code(uow, row.account_id, settings.code, row.id)
    for name, value in settings.model_dump().items():
        setattr(row, name, value)
    row.version += 1
    return row


async def get_template(uow: UnitOfWork, template_id: str) -> SmsTemplateRow:
    """Raises `NotFound`."""
    row = await store.template(uow, template_id)
    if row is None:
        raise NotFound("There is no such template.")
    return row


async def remove_template(uow: UnitOfWork, template_id: str) -> None:
    """Raises `NotFound`."""
    await uow.session.delete(await get_template(uow, template_id))


def needs_template(row: SmsAccountRow) -> bool:
    """Whether the provider refuses everything but approved templates."""
    if row.kind in (SmsKind.ALIYUN, SmsKind.TENCENT):
        return True
    return row.kind == SmsKind.GENERIC and bool(row.settings.get("send", {}).get("needs_template"))


async def _create(uow: UnitOfWork, box: SecretBox, settings: SmsAccountSettings) -> SmsAccountRow:
    row = SmsAccountRow(created_at=uow.now, secret="", revision=0, version=0)
    _apply(row, box, settings)
    uow.session.add(row)
    await uow.session.flush()
    return row


def _apply(row: SmsAccountRow, box: SecretBox, settings: SmsAccountSettings) -> None:
    row.settings = _checked(settings)
    row.name, row.kind, row.sign = settings.name, settings.kind.value, settings.sign
    row.number = normalise("phone", settings.number)
    row.throughput, row.enabled = settings.throughput, settings.enabled
    if settings.secret is not None:
        row.secret = box.encrypt(settings.secret)
    row.state = SmsAccountState.STARTING if row.enabled else SmsAccountState.STOPPED
    row.revision, row.version = row.revision + 1, row.version + 1


def _checked(settings: SmsAccountSettings) -> dict[str, Any]:
    return checked(settings.kind, settings.settings)


def _differs(row: SmsAccountRow, box: SecretBox, settings: SmsAccountSettings) -> bool:
    now = (row.name, row.kind, row.number, row.sign, row.throughput, row.enabled, row.settings)
    wanted = (settings.name, settings.kind, normalise("phone", settings.number), settings.sign)
    if now != (*wanted, settings.throughput, settings.enabled, _checked(settings)):
        return True
    return settings.secret is not None and (not row.secret or box.decrypt(row.secret) != settings.secret)


def _changed(uow: UnitOfWork, waker: Waker, row: SmsAccountRow) -> None:
    _emit(uow, row)
    uow.after_commit(lambda: waker.wake(WAKE_ACCOUNTS))


def _emit(uow: UnitOfWork, row: SmsAccountRow) -> None:
    uow.emit("desk", "sms_account", row.id, row.version, {})


def _require_secret(row: SmsAccountRow, settings: SmsAccountSettings) -> None:
    wanted = _checked(settings)
    same = row.kind == settings.kind and all(row.settings.get(name) == wanted.get(name) for name in _WAYS)
    same = same and row.settings.get("send") == wanted.get("send")
    if row.secret and settings.secret is None and not same:
        fields = [{"field": "secret", "reason": "Needed again for another server."}]
        raise Invalid("Give the secret again for another server.", code="secret_required", fields=fields)


def _require_ours(row: SmsAccountRow) -> None:
    if row.environment_key is not None:
        raise Conflict("This account is configured by the environment; change it there.", code="from_environment")


async def _require_new_code(uow: UnitOfWork, account_id: str, code: str, own_id: str | None) -> None:
    known = await store.templates(uow, account_id)
    if any(row.code == code and row.id != own_id for row in known):
        raise Conflict("This account has a template with this code already.", code="template_code")
