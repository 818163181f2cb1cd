"""What an agent is writing: on the server, versioned, so that a reload or a transfer loses nothing."""

from collections.abc import Mapping
from typing import Any

from kit.errors import Conflict
from kit.unit_of_work import UnitOfWork
from records.messages import store
from records.messages.tables import DraftRow

KINDS = ("reply", "note", "case", "wrap_up")


def is_empty(body: Mapping[str, Any]) -> bool:
    """Whether nothing would be lost with this draft."""
    return not any(value for value in body.values())


async def save(
    uow: UnitOfWork,
    *,
    contact_id: str,
    kind: str,
    version: int,
    body: Mapping[str, Any],
    author_id: str,
    sealed: bool,
) -> DraftRow:
    """Write a draft that was based on `version` (0: a new one, where none is or it is empty) and tell the pages.

    Raises `Conflict` with the server's `version` when somebody saved another one meanwhile; nothing is overwritten.
    """
    known = await store.draft(uow, contact_id, kind)
    if known is not None and version == 0 and is_empty(known.body):
        version = known.version
    if known is None and version == 0:
        known = DraftRow(
            contact_id=contact_id,
            kind=kind,
            body=dict(body),
            author_id=author_id,
            version=1,
            saved_at=uow.now,
            sealed=sealed,
        )
        uow.session.add(known)
        await uow.session.flush()
    elif await store.replace_draft(uow, contact_id, kind, version, dict(body), author_id) is None:
        raise Conflict("This draft was changed elsewhere.", code="draft_changed", version=known.version if known else 0)
    else:
        await uow.session.refresh(known)
    assert known is not None
    _emit(uow, known)
    return known


async def discard(uow: UnitOfWork, contact_id: str, kind: str, author_id: str) -> None:
    """Empty a draft: sent, or given up. Its version goes on, so that a late save of the same text is refused."""
    known = await store.draft(uow, contact_id, kind)
    if known is None or is_empty(known.body):
        return
    known.body, known.author_id, known.saved_at, known.version = {}, author_id, uow.now, known.version + 1
    await uow.session.flush()
    _emit(uow, known)


def _emit(uow: UnitOfWork, row: DraftRow) -> None:
    uow.emit("desk", "draft", row.id, row.version, {"contact_id": row.contact_id}, sealed=row.sealed)
