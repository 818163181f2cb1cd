"""Delivery reports: ranked, so that their order does not matter; kept where the text they speak of is not known yet.

See `channels.sms.tables.SmsPartRow`. Repeating is harmless everywhere here.
"""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from channels.sms.carrier import DeliveryReport, DeliveryStatus, Submitted
from channels.sms.tables import SmsPartRow
from kit.unit_of_work import UnitOfWork
from records.messages.service import emit_delivery
from records.messages.tables import OutboxRow, OutboxState

_ON_ITS_WAY = (OutboxState.SENDING, OutboxState.SENT)
_NOT_THERE_YET = (*_ON_ITS_WAY, OutboxState.QUEUED, OutboxState.FAILED)


async def apply_report(uow: UnitOfWork, report: DeliveryReport) -> None:
    """Note how far a text came and move the message that the agent sees, never back."""
    part = await _part(uow, report.account_id, report.provider_id)
    if part.outbox_id is None and report.reference is not None:
        part.outbox_id = await uow.session.scalar(select(OutboxRow.id).where(OutboxRow.id == report.reference))
    if report.status > DeliveryStatus[part.status.upper()]:
        part.status, part.error, part.reported_at = report.status.name.lower(), report.error[:200], uow.now
    await uow.session.flush()
    if part.outbox_id is not None:
        await _move(uow, part.outbox_id)


async def submitted(uow: UnitOfWork, account_id: str, outbox_id: str, result: Submitted) -> None:
    """The provider took a text: from now on its reports belong to this outbox row; those that came before count."""
    await uow.session.execute(
        update(SmsPartRow)
        .where(SmsPartRow.outbox_id == outbox_id, SmsPartRow.provider_id.not_in(result.provider_ids))
        .values(outbox_id=None)
    )
    for provider_id in result.provider_ids:
        part = await _part(uow, account_id, provider_id)
        part.outbox_id = outbox_id
    await uow.session.flush()
    await _move(uow, outbox_id)


async def _part(uow: UnitOfWork, account_id: str, provider_id: str) -> SmsPartRow:
    query = (
        select(SmsPartRow)
        .where(SmsPartRow.account_id == account_id, SmsPartRow.provider_id == provider_id)
        .with_for_update()
    )
    part = await uow.session.scalar(query)
    if part is not None:
        return part
    part = SmsPartRow(account_id=account_id, provider_id=provider_id, status="accepted", created_at=uow.now)
    try:
        async with uow.session.begin_nested():
            uow.session.add(part)
    except IntegrityError:
        part = (await uow.session.scalars(query)).one()
    return part


async def _move(uow: UnitOfWork, outbox_id: str) -> None:
    parts = list(await uow.session.scalars(select(SmsPartRow).where(SmsPartRow.outbox_id == outbox_id)))
    statuses = {DeliveryStatus[part.status.upper()] for part in parts}
    if statuses == {DeliveryStatus.DELIVERED}:
        await _settle(uow, outbox_id, OutboxState.DELIVERED, _NOT_THERE_YET, "")
    elif DeliveryStatus.FAILED in statuses:
        error = next((part.error for part in parts if part.error), "")
        await _settle(uow, outbox_id, OutboxState.FAILED, _ON_ITS_WAY, error)


async def _settle(
    uow: UnitOfWork, outbox_id: str, state: OutboxState, before: Sequence[OutboxState], error: str
) -> None:
    message_id = await uow.session.scalar(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id, OutboxRow.state.in_(before))
        .values(state=state, last_error=error, finished_at=uow.now, lease_until=None)
        .returning(OutboxRow.message_id)
        .execution_options(synchronize_session=False)
    )
    if message_id is not None:
        await emit_delivery(uow, message_id)
