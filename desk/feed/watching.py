"""Who looks at which contact right now, so that two agents do not answer at once. Not stored; it fades by itself."""

import json
import time
from collections.abc import Callable, Iterable

from desk.feed.connection import Connection
from kit.events import Event

FADES_S = 25.0


class Watching:
    """`clock` in seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, dict[str, tuple[str, float]]] = {}

    def hear(self, event: Event, pages: Iterable[Connection]) -> list[Connection]:
        """Take in that somebody began or ceased to look; returns the pages to be told."""
        lookers = self._seen.setdefault(event.entity_id, {})
        account_id = str(event.data["account_id"])
        before = self.names(event.entity_id, "")
        lookers.pop(account_id, None)
        if event.data["on"]:
            lookers[account_id] = (str(event.data["name"]), self._clock() + FADES_S)
        changed = self.names(event.entity_id, "") != before
        if not lookers:
            del self._seen[event.entity_id]
        return [page for page in pages if changed and page.viewing == event.entity_id]

    def names(self, contact_id: str, but: str) -> list[str]:
        """Who else looks at the contact, without the account `but`."""
        now = self._clock()
        return sorted(
            name
            for account_id, (name, until) in self._seen.get(contact_id, {}).items()
            if account_id != but and until > now
        )

    def frame(self, contact_id: str, account_id: str) -> str:
        names = self.names(contact_id, account_id)
        return json.dumps({"type": "viewing", "contact_id": contact_id, "names": names}, ensure_ascii=False)
