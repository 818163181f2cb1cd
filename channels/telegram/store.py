"""Queries of bots, chats, the bots' own answers and what has gone out."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, or_, select, update

from channels.telegram.tables import AnswerRow, BotRow, BotState, ChatRow, PartRow
from kit.unit_of_work import UnitOfWork
from records.messages.tables import LedgerRow, LedgerState, MessageRow, ThreadRow

_SUCCESS_EVERY = timedelta(seconds=60)


async def bots(uow: UnitOfWork) -> list[BotRow]:
    return list(await uow.session.scalars(select(BotRow).order_by(BotRow.created_at, BotRow.id)))


async def bot(uow: UnitOfWork, bot_id: str) -> BotRow | None:
    return await uow.session.scalar(select(BotRow).where(BotRow.id == bot_id))


async def forget(uow: UnitOfWork, row: BotRow) -> None:
    for kind in (AnswerRow, ChatRow):
        await uow.session.execute(delete(kind).where(kind.bot_id == row.id))
    await uow.session.delete(row)


async def advance(uow: UnitOfWork, bot_id: str, next_offset: int) -> None:
    """Everything before `next_offset` is stored."""
    await uow.session.execute(
        update(BotRow).where(BotRow.id == bot_id).values(next_offset=next_offset, last_update_at=uow.now)
    )


async def note_success(uow: UnitOfWork, bot_id: str, username: str) -> BotRow | None:
    """The bot answers; None where this says nothing new within the minute."""
    return await uow.session.scalar(
        update(BotRow)
        .where(BotRow.id == bot_id)
        .where(
            or_(
                BotRow.state != BotState.CONNECTED,
                BotRow.username != username,
                BotRow.last_success_at.is_(None),
                BotRow.last_success_at < uow.now - _SUCCESS_EVERY,
            )
        )
        .values(state=BotState.CONNECTED, username=username, last_success_at=uow.now, version=BotRow.version + 1)
        .returning(BotRow)
        .execution_options(populate_existing=True)
    )


async def note_failure(uow: UnitOfWork, bot_id: str, reason: str) -> BotRow | None:
    return await uow.session.scalar(
        update(BotRow)
        .where(BotRow.id == bot_id)
        .values(
            state=BotState.RETRYING,
            last_error=reason[:500],
            last_error_at=uow.now,
            version=BotRow.version + 1,
        )
        .returning(BotRow)
        .execution_options(populate_existing=True)
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
