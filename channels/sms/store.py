"""Queries of accounts, templates and answers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from channels import accounts as all_accounts
from channels.sms import commands
from channels.sms.tables import SmsAccountRow, SmsAnswerRow, SmsTemplateRow
from kit.unit_of_work import UnitOfWork
from records.messages.tables import Direction, MessageRow


async def accounts(uow: UnitOfWork) -> list[SmsAccountRow]:
    """All, in the order they were added."""
    return await all_accounts.listed(uow, SmsAccountRow)


async def account(uow: UnitOfWork, account_id: str) -> SmsAccountRow | None:
    return await all_accounts.found(uow, SmsAccountRow, account_id)


async def sending_account(uow: UnitOfWork, number: str) -> SmsAccountRow | None:
    """The enabled account of this line (its number or id); where it has none, the first that is enabled."""
    enabled = [row for row in await accounts(uow) if row.enabled]
    return next((row for row in enabled if number in (row.number, row.id)), next(iter(enabled), None))


async def can_send(uow: UnitOfWork) -> bool:
    """Whether a text can go out at all."""
    found = await uow.session.scalar(select(SmsAccountRow.id).where(SmsAccountRow.enabled.is_(True)).limit(1))
    return found is not None


async def templates(uow: UnitOfWork, account_id: str | None = None) -> list[SmsTemplateRow]:
    """Those of an account, or all, by name."""
    query = select(SmsTemplateRow).order_by(SmsTemplateRow.name, SmsTemplateRow.id)
    if account_id is not None:
        query = query.where(SmsTemplateRow.account_id == account_id)
    return list(await uow.session.scalars(query))


async def template(uow: UnitOfWork, template_id: str) -> SmsTemplateRow | None:
    return await uow.session.scalar(select(SmsTemplateRow).where(SmsTemplateRow.id == template_id))


async def answer_to(uow: UnitOfWork, account_id: str, provider_id: str) -> SmsAnswerRow | None:
    return await uow.session.scalar(
        select(SmsAnswerRow).where(SmsAnswerRow.account_id == account_id, SmsAnswerRow.provider_id == provider_id)
    )


async def answers_since(uow: UnitOfWork, recipient: str, since: datetime) -> int:
    count = await uow.session.scalar(
        select(func.count(SmsAnswerRow.id)).where(SmsAnswerRow.recipient == recipient, SmsAnswerRow.created_at >= since)
    )
    return count or 0


async def due_answers(uow: UnitOfWork, limit: int) -> Sequence[SmsAnswerRow]:
    """Answers that wait to be sent, the oldest first."""
    rows = await uow.session.scalars(
        select(SmsAnswerRow)
        .where(SmsAnswerRow.state == "queued", SmsAnswerRow.next_attempt_at <= uow.now)
        .order_by(SmsAnswerRow.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(rows)


async def stopped_after_last_word(uow: UnitOfWork, recipient: str, message_id: str) -> bool:
    """Whether the citizen asked for no more texts after they last wrote in the conversation of this message.

    Who writes to us again, or asks for an answer by text in a form, has it; all else would be unasked for.
    """
    last = await uow.session.scalar(
        select(SmsAnswerRow)
        .where(SmsAnswerRow.recipient == recipient, SmsAnswerRow.command.in_((commands.STOP, commands.START)))
        .order_by(SmsAnswerRow.created_at.desc())
        .limit(1)
    )
    if last is None or last.command != commands.STOP:
        return False
    thread = select(MessageRow.thread_id).where(MessageRow.id == message_id).scalar_subquery()
    heard = await uow.session.scalar(
        select(func.max(MessageRow.created_at)).where(
            MessageRow.thread_id == thread, MessageRow.direction == Direction.IN
        )
    )
    return heard is None or heard <= last.created_at
