"""Items that are read out, and the one tally of each poll."""

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from kit.errors import Invalid
from kit.unit_of_work import UnitOfWork
from records.knowledge.defaults import default_items
from records.knowledge.tables import KnowledgeItemRow, PollVoteRow

MAX_TEXT_CHARS = 20_000
USUAL_LANGUAGE = "zh-CN"


async def item(uow: UnitOfWork, key: str, language: str) -> KnowledgeItemRow | None:
    """The item in `language`, else in Chinese; None when it is not there."""
    rows = await uow.session.scalars(
        select(KnowledgeItemRow).where(
            KnowledgeItemRow.key == key, KnowledgeItemRow.language.in_((language, USUAL_LANGUAGE))
        )
    )
    return min(rows, key=lambda row: row.language != language, default=None)


async def items(uow: UnitOfWork) -> list[KnowledgeItemRow]:
    return list(await uow.session.scalars(select(KnowledgeItemRow).order_by(KnowledgeItemRow.key)))


async def seed(uow: UnitOfWork) -> None:
    """The items of a new workspace; nothing where there are any."""
    if await uow.session.scalar(select(KnowledgeItemRow.id).limit(1)) is None:
        for key, language, title, text in default_items():
            await save_item(uow, key, language, title, text)


async def save_item(uow: UnitOfWork, key: str, language: str, title: str, text: str) -> KnowledgeItemRow:
    """Write an item; the next call hears it. Raises `Invalid` for an empty text or one that is too long."""
    if not text.strip() or len(text) > MAX_TEXT_CHARS:
        raise Invalid(f"A text of 1 to {MAX_TEXT_CHARS} characters is needed.", code="invalid_text")
    row = await uow.session.scalar(
        select(KnowledgeItemRow).where(KnowledgeItemRow.key == key, KnowledgeItemRow.language == language)
    )
    if row is None:
        row = KnowledgeItemRow(key=key, language=language, version=0)
        uow.session.add(row)
    row.title, row.text = title, text
    row.changed_by_id, row.changed_at, row.version = uow.access.actor_id, uow.now, row.version + 1
    await uow.session.flush()
    return row


async def vote(uow: UnitOfWork, poll: str, question: int, contact_id: str, choice: str) -> bool:
    """Count one key; False when this contact was counted for the question before."""
    try:
        async with uow.session.begin_nested():
            uow.session.add(
                PollVoteRow(poll=poll, question=question, contact_id=contact_id, choice=choice, voted_at=uow.now)
            )
    except IntegrityError:
        return False
    return True


async def tally(uow: UnitOfWork, poll: str, question: int = 1) -> Counter[str]:
    """Votes by key."""
    rows = await uow.session.execute(
        select(PollVoteRow.choice, func.count())
        .where(PollVoteRow.poll == poll, PollVoteRow.question == question)
        .group_by(PollVoteRow.choice)
    )
    return Counter({row[0]: row[1] for row in rows})
