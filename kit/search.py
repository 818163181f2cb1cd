"""Full-text search that works in Chinese on both databases: trigrams over lower-cased text.

SQLite keeps an FTS5 trigram index beside the table (made by the first migration, kept by triggers), PostgreSQL a
pg_trgm index. Words shorter than a trigram fall back to reading the column, newest rows first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Text, column, delete, select, table, update
from sqlalchemy.orm import Mapped, mapped_column

from kit.access import Sealable
from kit.tables import Base, WorkspaceBound
from kit.unit_of_work import UnitOfWork

TRIGRAM = 3
MAX_QUERY_CHARS = 100
MAX_TEXT_CHARS = 100_000


class SearchRow(Sealable, WorkspaceBound, Base):
    __tablename__ = "search_documents"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    entity: Mapped[str] = mapped_column(String(32), index=True)
    entity_id: Mapped[str] = mapped_column(String(36), index=True)
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findable:
    """`text` by which (entity, entity_id) is found, by those only who may see sealed records when it is `sealed`."""

    entity: str
    entity_id: str
    text: str
    sealed: bool


async def index(uow: UnitOfWork, entity: str, entity_id: str, text: str, *, sealed: bool) -> None:
    """Make `text` findable as (entity, entity_id), in place of what stood there."""
    await remove(uow, entity, entity_id)
    add(uow, Findable(entity=entity, entity_id=entity_id, text=text, sealed=sealed))


def add(uow: UnitOfWork, new: Findable) -> None:
    """`index` for what was never indexed before: it costs one statement less."""
    uow.session.add(SearchRow(**_values(uow, new)))


async def add_many(uow: UnitOfWork, new: Sequence[Findable]) -> None:
    """`add` for many, in one statement."""
    await uow.insert_many(SearchRow, [_values(uow, each) for each in new])


def _values(uow: UnitOfWork, new: Findable) -> dict[str, Any]:
    return {
        "entity": new.entity,
        "entity_id": new.entity_id,
        "text": new.text.lower()[:MAX_TEXT_CHARS],
        "updated_at": uow.now,
        "sealed": new.sealed,
    }


async def remove(uow: UnitOfWork, entity: str, entity_id: str) -> None:
    await uow.session.execute(delete(SearchRow).where(SearchRow.entity == entity, SearchRow.entity_id == entity_id))


async def seal(uow: UnitOfWork, entity: str, entity_ids: Sequence[str] | Select[str]) -> None:
    """These are found by those only who may see sealed records. Repeating is harmless."""
    theirs = SearchRow.entity_id.in_(entity_ids)
    await uow.session.execute(update(SearchRow).where(SearchRow.entity == entity, theirs).values(sealed=True))


async def find(uow: UnitOfWork, query: str, entities: Sequence[str], limit: int = 50) -> list[tuple[str, str]]:
    """The newest (entity, entity_id) whose text holds every word of `query`, of what the access may see."""
    words = query.lower()[:MAX_QUERY_CHARS].split()
    if not words:
        return []
    statement = select(SearchRow.entity, SearchRow.entity_id).where(SearchRow.entity.in_(entities))
    for word in words:
        statement = statement.where(_holds(word, is_sqlite=uow.session.get_bind().dialect.name == "sqlite"))
    rows = await uow.session.execute(statement.order_by(SearchRow.updated_at.desc()).limit(limit))
    return [(entity, entity_id) for entity, entity_id in rows]


def _holds(word: str, *, is_sqlite: bool) -> ColumnElement[bool]:
    if is_sqlite and len(word) >= TRIGRAM:
        # The rowid of this table is `number`; a quoted string is one FTS5 phrase, whatever it holds.
        trigrams = table("search_trigrams", column("rowid"), column("text"))
        phrase = '"' + word.replace('"', '""') + '"'
        return SearchRow.number.in_(select(trigrams.c.rowid).where(trigrams.c.text.match(phrase)))
    return SearchRow.text.contains(word, autoescape=True)
