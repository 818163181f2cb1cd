"""The base of all tables: ids, workspaces, types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from kit.ids import new_id

JSON_TYPE = JSON().with_variant(JSONB(), "postgresql")
ID_CHARS = 36


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC on both databases; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone must not be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read once by SQLAlchemy
        datetime: UtcDateTime(),
        dict[str, Any]: JSON_TYPE,
        dict[str, int]: JSON_TYPE,
        dict[str, str]: JSON_TYPE,
        list[Any]: JSON_TYPE,
        list[str]: JSON_TYPE,
        list[dict[str, Any]]: JSON_TYPE,
    }


class WorkspaceBound:
    """Rows that belong to one workspace; `kit.access` keeps each query inside its own.

    No index of its own: with few workspaces SQLite would rather read all rows of one than use a better index.
    """

    workspace_id: Mapped[str] = mapped_column(String(ID_CHARS))


class Row(WorkspaceBound, Base):
    """A root row: a UUIDv7 that sorts by creation, and a workspace."""

    __abstract__ = True

    id: Mapped[str] = mapped_column(String(ID_CHARS), primary_key=True, default=new_id, sort_order=-2)


def reference(target: str, *, index: bool = True) -> Any:
    """A column that points at `table.id` by name, so that no room imports another's rows."""
    return mapped_column(ForeignKey(target), index=index)
