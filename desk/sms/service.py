"""Text messages, for those who look after channels and those who write. Secrets go in and never come out."""

from channels.accounts import settings_of
from channels.sms import service, store
from channels.sms.adapter import SmsAdapter
from channels.sms.outbound import MAX_TEXT_CHARS
from channels.sms.settings import SmsAccountSettings, SmsTemplateSettings
from channels.sms.tables import SmsAccountRow, SmsKind, SmsTemplateRow
from channels.sms.templates import variables
from desk.access import Actor
from desk.inbox import reading
from desk.schemas.administration import CheckView
from desk.schemas.sms import (
    SmsAccountInput,
    SmsAccountView,
    SmsComposingView,
    SmsTemplateInput,
    SmsTemplateView,
)
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker
from records.staff import audit


async def listed(uow: UnitOfWork, sms: SmsAdapter) -> list[SmsAccountView]:
    return [_view(row, sms) for row in await store.accounts(uow)]


async def create(
    uow: UnitOfWork, sms: SmsAdapter, box: SecretBox, waker: Waker, body: SmsAccountInput
) -> SmsAccountView:
    row = await service.create(uow, box, waker, settings_of(SmsAccountSettings, body.model_dump()))
    audit.record(uow, "sms_account.created", "sms_account", row.id)
    return _view(row, sms)


async def change(
    uow: UnitOfWork, sms: SmsAdapter, box: SecretBox, waker: Waker, account_id: str, body: SmsAccountInput
) -> SmsAccountView:
    """Raises `Conflict` (code `from_environment`) where the environment owns the account."""
    row = await service.change(uow, box, waker, account_id, settings_of(SmsAccountSettings, body.model_dump()))
    audit.record(uow, "sms_account.changed", "sms_account", row.id, detail={"new_secret": body.secret is not None})
    return _view(row, sms)


async def remove(uow: UnitOfWork, waker: Waker, account_id: str) -> None:
    await service.remove(uow, waker, account_id)
    audit.record(uow, "sms_account.removed", "sms_account", account_id)


async def check(sms: SmsAdapter, who: Actor, account_id: str) -> CheckView:
    """Ask the provider for real, without sending anything."""
    health = await sms.check_account(account_id, who.language)
    return CheckView(ok=health.ok, detail=health.detail)


async def templates(uow: UnitOfWork, account_id: str) -> list[SmsTemplateView]:
    """Raises `NotFound` for an unknown account."""
    await service.get(uow, account_id)
    return [_template_view(row) for row in await store.templates(uow, account_id)]


async def create_template(uow: UnitOfWork, account_id: str, body: SmsTemplateInput) -> SmsTemplateView:
    row = await service.create_template(uow, account_id, SmsTemplateSettings(**body.model_dump()))
    audit.record(uow, "sms_template.created", "sms_template", row.id)
    return _template_view(row)


async def change_template(uow: UnitOfWork, template_id: str, body: SmsTemplateInput) -> SmsTemplateView:
    row = await service.change_template(uow, template_id, SmsTemplateSettings(**body.model_dump()))
    audit.record(uow, "sms_template.changed", "sms_template", row.id)
    return _template_view(row)


async def remove_template(uow: UnitOfWork, template_id: str) -> None:
    await service.remove_template(uow, template_id)
    audit.record(uow, "sms_template.removed", "sms_template", template_id)


async def composing(uow: UnitOfWork, who: Actor, contact_id: str) -> SmsComposingView:
    """What may be written to this contact by text message. Raises like `reading.require_contact`."""
    contact = (await reading.require_contact(uow, who, contact_id)).row
    account = await store.sending_account(uow, contact.recipient)
    known = await store.templates(uow, account.id) if account is not None else []
    return SmsComposingView(
        can_send=account is not None,
        needs_template=account is not None and service.needs_template(account),
        sign=account.sign if account is not None else "",
        max_chars=MAX_TEXT_CHARS,
        templates=[_template_view(row) for row in known if row.approved and row.purpose == "reply"],
    )


def _view(row: SmsAccountRow, sms: SmsAdapter) -> SmsAccountView:
    is_called = row.kind != SmsKind.SMPP
    return SmsAccountView(
        id=row.id,
        version=row.version,
        name=row.name,
        kind=row.kind,
        number=row.number,
        sign=row.sign,
        settings=row.settings,
        throughput=row.throughput,
        enabled=row.enabled,
        from_environment=row.from_environment,
        needs_template=service.needs_template(row),
        inbound_url=sms.addresses.url(row.id, "in") if is_called else None,
        report_url=sms.addresses.url(row.id, "report") if is_called else None,
        state=row.state,
        last_success_at=row.last_success_at,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
    )


def _template_view(row: SmsTemplateRow) -> SmsTemplateView:
    return SmsTemplateView(
        id=row.id,
        account_id=row.account_id,
        version=row.version,
        code=row.code,
        name=row.name,
        text=row.text,
        language=row.language,
        purpose=row.purpose,
        approved=row.approved,
        variables=variables(row.text),
    )
