"""One open page: who looks, what waits to be sent to it, and what it looks at."""

import asyncio
import json
from collections.abc import Iterable, Sequence

from desk.access import Actor
from desk.feed.changes import Change

LONGEST_QUEUE = 2000
MOST_HIDDEN = 20_000
SNAPSHOT_REQUIRED = json.dumps({"type": "snapshot_required"})


class Connection:
    """Frames go in from the feed, in order, and out through `frames`; None there ends the connection."""

    def __init__(self, who: Actor) -> None:
        self.who = who
        self.frames: asyncio.Queue[str | None] = asyncio.Queue(maxsize=LONGEST_QUEUE)
        self.viewing: str | None = None
        self._held: list[str] | None = []
        self._hidden: set[str] = set()

    def tell(self, changes: Sequence[Change], *, before: str, after: str) -> None:
        """Send what belongs together; only the last frame moves the client's cursor from `before` to `after`."""
        for change in changes[:-1]:
            self.push(change.frame(before))
        if changes:
            self.push(changes[-1].frame(after))

    def push(self, frame: str) -> None:
        if self._held is not None:
            self._held.append(frame)
            return
        if self.frames.full():
            # A page this slow starts again from its cursor; the log still has everything.
            self.end()
            return
        self.frames.put_nowait(frame)

    def release(self, first: Iterable[str]) -> None:
        """Send `first`, then what came in meanwhile, then go on live."""
        held, self._held = self._held or [], None
        for frame in [*first, *held]:
            self.push(frame)

    def end(self) -> None:
        while not self.frames.empty():
            self.frames.get_nowait()
        self.frames.put_nowait(None)

    def become(self, who: Actor) -> None:
        """The account's rights changed: what the page holds is void."""
        self.who = who
        self._hidden.clear()
        self.push(SNAPSHOT_REQUIRED)

    def hides(self, contact_id: str) -> bool:
        """Note that the page must not show a contact; False when it was told before."""
        if contact_id in self._hidden:
            return False
        if len(self._hidden) >= MOST_HIDDEN:
            self._hidden.clear()
        self._hidden.add(contact_id)
        return True

    def shows(self, contact_id: str) -> None:
        self._hidden.discard(contact_id)
