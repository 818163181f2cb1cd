"""A page as the desk's front end keeps it: a snapshot, then events applied by entity, id and version."""

import json
from typing import Any

from desk.access import Actor
from desk.feed.connection import Connection
from desk.feed.feeds import Feeds
from router.contact import ContactStatus
from router.states import HAS_AGENT

Entity = tuple[str, str]


class Page:
    """`after` is the cursor to go on from, whatever happens to the line."""

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id
        self.after = ""
        self.snapshot_required = False
        self.others: list[dict[str, Any]] = []
        self._kept: dict[Entity, tuple[int, dict[str, Any] | None]] = {}
        self._connection: Connection | None = None
        self._feeds: Feeds | None = None

    def load(self, snapshot: dict[str, Any]) -> None:
        self._kept.clear()
        self.after, self.snapshot_required = snapshot["cursor"], False
        for row in snapshot["contacts"] + snapshot["waiting"]:
            self._apply("contact", row)
        for row in snapshot["offers"]:
            self._apply("offer", row)
        if snapshot["me"]:
            self._apply("agent", snapshot["me"])

    async def connect(self, feeds: Feeds, who: Actor) -> None:
        self._feeds, self._connection = feeds, await feeds.join(who, self.after)

    async def cut(self) -> None:
        """The line breaks: what was sent and not read is lost."""
        if self._feeds and self._connection:
            await self._feeds.leave(self._connection)
        self._connection = None

    def read(self, most: int = 10_000) -> int:
        """Take in up to `most` waiting frames; returns how many there were."""
        taken = 0
        while self._connection and taken < most and not self._connection.frames.empty():
            frame = self._connection.frames.get_nowait()
            taken += 1
            if frame is not None:
                self.hear(json.loads(frame))
        return taken

    def hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "snapshot_required":
            self.snapshot_required = True
        if frame["type"] != "event":
            self.others.append(frame)
            return
        self._apply(frame["entity"], {**frame["data"], "id": frame["id"], "version": frame["version"]})
        self.after = frame["cursor"]

    def _apply(self, entity: str, data: dict[str, Any]) -> None:
        key = (entity, data["id"])
        if key in self._kept and self._kept[key][0] >= data["version"]:
            return
        self._kept[key] = (data["version"], None if data.get("gone") else data)

    def all(self, entity: str) -> list[dict[str, Any]]:
        return [data for (kind, _), (_, data) in self._kept.items() if kind == entity and data is not None]

    def shown(self) -> dict[str, Any]:
        """What the lists show, in a form to compare with a fresh snapshot."""
        contacts = self.all("contact")
        mine = [row for row in contacts if row["agent_id"] == self.account_id and row["status"] in HAS_AGENT]
        waiting = [row for row in contacts if row["status"] == ContactStatus.QUEUED]
        offers = [row for row in self.all("offer") if row["outcome"] == "pending"]
        me = [row for row in self.all("agent") if row["id"] == self.account_id]
        return comparable(mine, waiting, offers, me)


def fresh(snapshot: dict[str, Any]) -> dict[str, Any]:
    """A snapshot in the same form."""
    me = [snapshot["me"]] if snapshot["me"] else []
    return comparable(snapshot["contacts"], snapshot["waiting"], snapshot["offers"], me)


def comparable(mine: list[Any], waiting: list[Any], offers: list[Any], me: list[Any]) -> dict[str, Any]:
    return {
        "mine": {row["id"]: row for row in mine},
        "waiting": {row["id"]: row for row in waiting},
        "offers": {row["id"] for row in offers},
        "me": me,
    }
