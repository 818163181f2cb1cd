"""Events waiting to be published: written with the change they tell of, deleted once the stream has them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from kit.tables import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """What pages are told of one change, see `UnitOfWork.emit`; one only published lives in the stream alone."""

    workspace_id: str
    family: str
    topic: str
    entity: str
    entity_id: str
    version: int
    data: dict[str, Any]
    sealed: bool = False


class EventBatchRow(Row):
    """All events of one transaction: one row, however much it changed."""

    __tablename__ = "event_batches"

    events: Mapped[list[dict[str, Any]]]
    created_at: Mapped[datetime] = mapped_column(index=True)


def batch_of(batch_id: str, events: list[NewEvent], created_at: datetime) -> dict[str, Any]:
    """The values of the row that keeps `events` until they are published."""
    # Not by asdict: that copies the data of each, deep.
    fields = [{name: getattr(event, name) for name in NewEvent.__slots__} for event in events]
    return {"id": batch_id, "events": fields, "created_at": created_at}


def events_of(row: EventBatchRow) -> list[NewEvent]:
    return [NewEvent(**event) for event in row.events]
