"""The stream that pages follow: events in order, a cursor held by the client, resume after any cut.

A stream per workspace and family is the log; what one transaction tells is one entry. A cursor is
`<generation>:<stream id>`; another generation (Redis was emptied) or a cursor older than the stream means that the
client must take a snapshot again.
"""

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import delete, select

from kit import streams
from kit.access import Access
from kit.event_row import EventBatchRow, NewEvent, events_of
from kit.ids import new_id
from kit.tasks import stop
from kit.unit_of_work import Database

log = logging.getLogger(__name__)

STREAM_LENGTH = 20_000
SWEEP_AGE = timedelta(seconds=5)
FORGET_INTERVAL_S = 0.5
FORGET_AT_ONCE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    cursor: str
    topic: str
    entity: str
    entity_id: str
    version: int
    data: dict[str, Any]
    sealed: bool


class CursorLost(Exception):
    """The log no longer reaches back to this cursor: take a snapshot."""


class EventLog:
    """Publishes committed events and reads them back; one for each process."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._published: list[str] = []

    async def publish(self, events: list[NewEvent], batch_id: str | None = None) -> None:
        """Append to the streams. At least once: the sweeper repeats what a crash left of the row `batch_id`."""
        by_stream: dict[str, list[NewEvent]] = {}
        for event in events:
            by_stream.setdefault(_stream(event.workspace_id, event.family), []).append(event)
        pipeline = self._redis.pipeline(transaction=False)
        for stream, together in by_stream.items():
            pipeline.xadd(stream, {streams.BODY: _encode(together)}, maxlen=STREAM_LENGTH, approximate=True)
        await pipeline.execute()
        if batch_id is not None:
            self._published.append(batch_id)

    async def forget_published(self, database: Database) -> int:
        """Delete the rows whose events are in the stream; returns how many. In small steps: citizens are waiting."""
        ids, self._published = self._published, []
        for start in range(0, len(ids), FORGET_AT_ONCE):
            async with database.unit_of_work(Access.platform()) as uow:
                await uow.session.execute(
                    delete(EventBatchRow).where(EventBatchRow.id.in_(ids[start : start + FORGET_AT_ONCE])),
                    execution_options={"synchronize_session": False},
                )
        return len(ids)

    async def run_forgetting(self, database: Database) -> None:
        """Keep forgetting, until cancelled."""
        while True:
            await asyncio.sleep(FORGET_INTERVAL_S)
            with contextlib.suppress(Exception):
                await self.forget_published(database)

    async def republish(self, database: Database) -> int:
        """Publish what a crash left between commit and stream; returns how many transactions' events that were."""
        async with database.unit_of_work(Access.platform(), read_only=True) as uow:
            limit = uow.now - SWEEP_AGE
            query = select(EventBatchRow).where(EventBatchRow.created_at < limit).order_by(EventBatchRow.id).limit(500)
            rows = list(await uow.session.scalars(query))
        rows = [row for row in rows if row.id not in set(self._published)]
        for row in rows:
            await self.publish(events_of(row), row.id)
        if rows:
            await self.forget_published(database)
        return len(rows)

    async def cursor(self, workspace_id: str, family: str) -> str:
        """The cursor after the newest event: what a snapshot taken from now on already holds."""
        stream = _stream(workspace_id, family)
        generation = await self._generation(stream)
        return f"{generation}:{await streams.last_id(self._redis, stream) or '0-0'}"

    async def since(self, workspace_id: str, family: str, cursor: str) -> list[Event]:
        """The events after `cursor`, oldest first. Raises `CursorLost`."""
        stream = _stream(workspace_id, family)
        generation, position = await self._position(stream, cursor)
        entries = await streams.slice_after(self._redis, stream, position)
        events = []
        for entry_id, body in entries:
            events += _decode(generation, position, entry_id, body)
            position = entry_id
        return events

    async def _position(self, stream: str, cursor: str) -> tuple[str, str]:
        """The generation and stream id of a cursor that the log still reaches back to. Raises `CursorLost`."""
        generation, _, position = cursor.partition(":")
        if not position or generation != await self._generation(stream):
            raise CursorLost
        first = await streams.first_id(self._redis, stream)
        if first is not None and _number(position) < _number(first) and not await self._is_whole(stream, position):
            raise CursorLost
        return generation, position

    async def _is_whole(self, stream: str, position: str) -> bool:
        # A cursor taken before the first event is good as long as nothing was trimmed.
        return position == "0-0" and await self._redis.xlen(stream) < STREAM_LENGTH

    async def _generation(self, stream: str) -> str:
        key = f"{stream}:generation"
        await self._redis.set(key, new_id(), nx=True)
        return cast("bytes", await self._redis.get(key) or b"").decode()

    async def follow(self, workspace_id: str, family: str, after: str) -> AsyncIterator[Event]:
        """Events after the cursor `after` as they come. Raises `CursorLost`, or a Redis error when the line is cut."""
        stream = _stream(workspace_id, family)
        generation, position = await self._position(stream, after)
        while True:
            entries = await streams.read_after(self._redis, stream, position, block_ms=2000)
            for entry_id, body in entries:
                for event in _decode(generation, position, entry_id, body):
                    yield event
                position = entry_id
            if not entries and await self._generation(stream) != generation:
                raise CursorLost


class EventHub:
    """Shares one reader for each (workspace, family) among all sockets of this process."""

    def __init__(self, event_log: EventLog) -> None:
        self._log = event_log
        self._subscribers: dict[tuple[str, str], dict[str, set[asyncio.Queue[Event | None]]]] = {}
        self._readers: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._live: dict[tuple[str, str], asyncio.Event] = {}

    @asynccontextmanager
    async def subscribe(
        self, workspace_id: str, family: str, topic: str = ""
    ) -> AsyncIterator[asyncio.Queue[Event | None]]:
        """A queue of events of `topic` ("" is all), complete from the moment that this returns.

        None in it means: the log was lost or this reader was too slow; resume from a cursor or reload.
        """
        key = (workspace_id, family)
        topics = self._subscribers.setdefault(key, defaultdict(set))
        queue: asyncio.Queue[Event | None] = asyncio.Queue(maxsize=2000)
        topics[topic].add(queue)
        if key not in self._readers:
            self._live[key] = asyncio.Event()
            self._readers[key] = asyncio.create_task(self._read(key))
        try:
            await self._live[key].wait()
            yield queue
        finally:
            topics[topic].discard(queue)
            if not topics[topic]:
                del topics[topic]

    async def close(self) -> None:
        await stop(self._readers.values())
        self._readers.clear()

    async def _read(self, key: tuple[str, str]) -> None:
        cursor = ""
        while True:
            try:
                if not cursor:
                    cursor = await self._log.cursor(*key)
                    if self._live[key].is_set():
                        self._interrupt(key)
                    self._live[key].set()
                async for event in self._log.follow(*key, after=cursor):
                    cursor = event.cursor
                    self._dispatch(key, event)
            except CursorLost:
                log.warning("the event stream was emptied; readers will reload")
                cursor = ""
            except (RedisError, OSError):
                log.warning("event stream interrupted; it goes on from where it was")
                await asyncio.sleep(0.5)

    def _dispatch(self, key: tuple[str, str], event: Event) -> None:
        topics = self._subscribers.get(key, {})
        for topic in {event.topic, ""}:
            for queue in topics.get(topic, ()):
                _offer(queue, event)

    def _interrupt(self, key: tuple[str, str]) -> None:
        for queues in self._subscribers.get(key, {}).values():
            for queue in queues:
                _offer(queue, None)


def _offer(queue: asyncio.Queue[Event | None], event: Event | None) -> None:
    if queue.full():
        # A reader this slow must resume from its cursor; the log still has everything.
        while not queue.empty():
            queue.get_nowait()
        event = None
    queue.put_nowait(event)


def _stream(workspace_id: str, family: str) -> str:
    return f"told:{{{workspace_id}}}:{family}"


def _number(stream_id: str) -> tuple[int, int]:
    milliseconds, _, number = stream_id.partition("-")
    return int(milliseconds), int(number or 0)


def _encode(together: list[NewEvent]) -> str:
    body = [[each.topic, each.entity, each.entity_id, each.version, each.data, each.sealed] for each in together]
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _decode(generation: str, before: str, entry_id: str, body: bytes) -> list[Event]:
    """What was published together. Only its last event moves the cursor from `before`: a page has all of it or none."""
    told = json.loads(body)
    cursors = [f"{generation}:{before}"] * (len(told) - 1) + [f"{generation}:{entry_id}"]
    return [
        Event(
            cursor=cursor,
            topic=topic,
            entity=entity,
            entity_id=entity_id,
            version=version,
            data=data,
            sealed=sealed,
        )
        for cursor, (topic, entity, entity_id, version, data, sealed) in zip(cursors, told, strict=True)
    ]
