"""What a citizen changed after sending it: the newest words are shown, the former ones are kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from kit import search
from kit.unit_of_work import UnitOfWork
from records.messages.service import SEARCH_ENTITY, emit_delivery
from records.messages.tables import AttachmentRow, MessageRow

REVISIONS = "revisions"


async def revise(uow: UnitOfWork, message_id: str, text: str, *, at: datetime, key: int) -> bool:
    """Put `text` in place of the message's; `key` orders the revisions of one message and makes each count once.

    `at` is when it was changed, aware UTC. False: this revision, or a newer one, is there already. The former words
    stand in `detail["revisions"]`, oldest first, each with the time up to which it stood.
    """
    row = await uow.session.get_one(MessageRow, message_id, with_for_update=True, populate_existing=True)
    before: list[dict[str, Any]] = list(row.detail.get(REVISIONS, ()))
    if before and before[-1]["key"] >= key:
        return False
    before.append({"key": key, "text": row.text, "until": at.isoformat()})
    row.text, row.detail = text, {**row.detail, REVISIONS: before}
    names = await uow.session.scalars(select(AttachmentRow.filename).where(AttachmentRow.message_id == row.id))
    words = "\n".join(word for word in (row.subject, text, *names) if word)
    await search.index(uow, SEARCH_ENTITY, row.id, words, sealed=row.sealed)
    await emit_delivery(uow, row.id)
    return True
