"""What one tick of events comes to: the newest event of each entity, and the frames that tell a page."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from kit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entity as one session may see it. `data` is JSON."""

    entity: str
    id: str
    version: int
    data: str

    def frame(self, cursor: str) -> str:
        """`cursor`: where the client goes on after a cut; everything up to it has been sent."""
        head = json.dumps({"type": "event", "cursor": cursor, "entity": self.entity, "id": self.id})
        return f'{head[:-1]}, "version": {self.version}, "data": {self.data}}}'


def change_of(entity: str, view: BaseModel, *, entity_id: str, version: int) -> Change:
    return Change(entity=entity, id=entity_id, version=version, data=view.model_dump_json())


def gone(entity: str, entity_id: str, version: int) -> Change:
    """This session may no longer see the contact or case."""
    return Change(entity=entity, id=entity_id, version=version, data=json.dumps({"id": entity_id, "gone": True}))


@dataclass(slots=True)
class Batch:
    """Events that wait to be looked up, the newest of each entity."""

    events: dict[tuple[str, str], Event] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Batch":
        batch = cls()
        for event in events:
            batch.add(event)
        return batch

    def add(self, event: Event) -> None:
        key = (event.entity, event.entity_id)
        known = self.events.get(key)
        if known is None or known.version <= event.version:
            self.events[key] = event

    def holds(self, entity: str, entity_id: str) -> bool:
        return (entity, entity_id) in self.events

    def of_entity(self, entity: str) -> Mapping[str, Event]:
        return {entity_id: event for (kind, entity_id), event in self.events.items() if kind == entity}

    def __len__(self) -> int:
        return len(self.events)
