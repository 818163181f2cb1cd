"""Queries of bots, chats, the bots' own answers and what has gone out."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update

from channels import accounts
from channels.telegram.tables import AnswerRow, BotRow, ChatRow, PartRow
from kit.unit_of_work import UnitOfWork
from records.messages.tables import LedgerRow, LedgerState, MessageRow, ThreadRow


async def bots(uow: UnitOfWork) -> list[BotRow]:
    return await accounts.listed(uow, BotRow)


async def bot(uow: UnitOfWork, bot_id: str) -> BotRow | None:
    return await accounts.found(uow, BotRow, bot_id)


async def advance(uow: UnitOfWork, bot_id: str, next_offset: int) -> None:
    """Everything before `next_offset` is stored."""
    await uow.session.execute(
        update(BotRow).where(BotRow.id == bot_id).values(next_offset=next_offset, last_update_at=uow.now)
    )


async def chat(uow: UnitOfWork, bot_id: str, chat_id: int) -> ChatRow | None:
    return await uow.session.scalar(select(ChatRow).where(ChatRow.bot_id == bot_id, ChatRow.chat_id == chat_id))


async def is_answered(uow: UnitOfWork, bot_id: str, cause: str) -> bool:
    found = select(AnswerRow.id).where(AnswerRow.bot_id == bot_id, AnswerRow.cause == cause)
    return await uow.session.scalar(found) is not None


async def due_answers(uow: UnitOfWork, limit: int, lease_s: float) -> list[AnswerRow]:
    """Claim the bots' own answers whose time has come; who claims one has `lease_s` seconds to send it."""
    waiting = select(AnswerRow.id).where(AnswerRow.next_attempt_at <= uow.now).order_by(AnswerRow.next_attempt_at)
    ids = list(await uow.session.scalars(waiting.limit(limit).with_for_update(skip_locked=True)))
    if not ids:
        return []
    rows = await uow.session.scalars(
        update(AnswerRow)
        .where(AnswerRow.id.in_(ids))
        .values(next_attempt_at=uow.now + timedelta(seconds=lease_s), attempts=AnswerRow.attempts + 1)
        .returning(AnswerRow)
    )
    return list(rows)


async def parts(uow: UnitOfWork, message_id: str) -> dict[int, int]:
    """What has gone out of an answer: number of the part to Telegram's id of it."""
    rows = await uow.session.scalars(select(PartRow).where(PartRow.message_id == message_id))
    return {row.part: row.telegram_id for row in rows}


async def written_to(uow: UnitOfWork, thread_keys: Sequence[str]) -> str | None:
    """Which of these threads there is; the newest."""
    newest = select(ThreadRow.key).where(ThreadRow.key.in_(thread_keys)).order_by(ThreadRow.created_at.desc()).limit(1)
    return await uow.session.scalar(newest)


async def message_of(uow: UnitOfWork, channel: str, external_id: str) -> MessageRow | None:
    return await uow.session.scalar(
        select(MessageRow).where(MessageRow.channel == channel, MessageRow.external_id == external_id).limit(1)
    )


async def unread(uow: UnitOfWork, channel: str, bot_id: str) -> list[LedgerRow]:
    """What came in by this bot and is not settled yet."""
    waiting = (LedgerRow.channel == channel, LedgerRow.account == bot_id, LedgerRow.state == LedgerState.RECEIVED)
    return list(await uow.session.scalars(select(LedgerRow).where(*waiting)))
