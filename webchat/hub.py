"""One reader of the chat events for each process, shared by the sockets of all visitors."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from kit.events import Event, EventHub

log = logging.getLogger(__name__)

FAMILY = "chat"
RETRY_S = 1.0
READY_TIMEOUT_S = 2.0


class Listener(Protocol):
    """A visitor's socket; both calls return at once."""

    def heard(self, event: Event) -> None: ...

    def missed(self) -> None:
        """Events may have been lost: look into the database."""
        ...


class VisitorHub:
    """Starts with the first listener."""

    def __init__(self, events: EventHub, workspace_id: str) -> None:
        self._events = events
        self._workspace_id = workspace_id
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._reader: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    @asynccontextmanager
    async def listening(self, listener: Listener, topic: str) -> AsyncIterator[None]:
        """Hear every event of `topic` from now until the block ends; further topics by `add`.

        While Redis is away the block begins all the same: messages are stored and acknowledged without it.
        """
        if self._reader is None:
            self._reader = asyncio.create_task(self._run())
        self.add(listener, topic)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ready.wait(), READY_TIMEOUT_S)
            yield
        finally:
            for key in [key for key, known in self._listeners.items() if listener in known]:
                self._listeners[key].discard(listener)
                if not self._listeners[key]:
                    del self._listeners[key]

    def add(self, listener: Listener, topic: str) -> None:
        self._listeners[topic].add(listener)

    async def close(self) -> None:
        """Stop reading; the sockets are closed by the server."""
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None

    async def _run(self) -> None:
        while True:
            try:
                async with self._events.subscribe(self._workspace_id, FAMILY) as queue:
                    self._ready.set()
                    while True:
                        self._dispatch(await queue.get())
            except Exception:
                log.exception("chat events cannot be read; trying again")
                await asyncio.sleep(RETRY_S)

    def _dispatch(self, event: Event | None) -> None:
        if event is None:
            for listener in {listener for known in self._listeners.values() for listener in known}:
                listener.missed()
            return
        for listener in tuple(self._listeners.get(event.topic, ())):
            listener.heard(event)
