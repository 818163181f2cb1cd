"""What operators do with accounts and templates, and what carriers report about accounts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete

from channels.accounts import Accounts
from channels.sms import store
from channels.sms.settings import SmsAccountSettings, SmsTemplateSettings, checked
from channels.sms.tables import SmsAccountRow, SmsKind, SmsTemplateRow
from kit.errors import Conflict, NotFound
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from records.citizens.addresses import normalise

WAKE_ACCOUNTS = "sms-accounts"
_WAYS = ("base_url", "host", "port", "tls", "send")


class SmsAccounts(Accounts[SmsAccountRow, SmsAccountSettings]):
    """The settings that only one kind of provider has stand together in one column. Templates go with their account."""

    row_type, entity, noun, wake = SmsAccountRow, "sms_account", "account", WAKE_ACCOUNTS
    secrets = ("secret",)

    def values(self, settings: SmsAccountSettings) -> dict[str, Any]:
        return {
            **super().values(settings),
            "kind": settings.kind.value,
            "number": normalise("phone", settings.number),
            "settings": checked(settings.kind, settings.settings),
        }

    def fresh(self, uow: UnitOfWork, box: SecretBox) -> dict[str, Any]:
        return {"secret": ""}

    def destination(self, values: Mapping[str, Any]) -> Any:
        return values["kind"], [values["settings"].get(name) for name in _WAYS]

    async def forget(self, uow: UnitOfWork, row: SmsAccountRow) -> None:
        await uow.session.execute(delete(SmsTemplateRow).where(SmsTemplateRow.account_id == row.id))
        await super().forget(uow, row)


_accounts = SmsAccounts()
get, adopt_environment = _accounts.get, _accounts.adopt_environment
create, change, remove = _accounts.create, _accounts.change, _accounts.remove


async def note(uow: UnitOfWork, account_id: str, fault: str) -> None:
    """How the account does: empty when well."""
    if fault:
        await _accounts.note_failure(uow, account_id, fault)
    else:
        await _accounts.note_success(uow, account_id)


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


async def _require_new_code(uow: UnitOfWork, account_id: str, code: str, own_id: str | None) -> None:
    known = await store.templates(uow, account_id)
    if any(row.code == code and row.id != own_id for row in known):
        raise Conflict("This account has a template with this code already.", code="template_code")
