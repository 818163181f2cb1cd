"""A WebSocket client that speaks ASGI to the application itself: no network, the test's own event loop."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from tests.support.waiting import wait_until


class AsgiSocket:
    """`closed` is the code that the server closed with; None while it is open."""

    def __init__(self) -> None:
        self.accepted = False
        self.closed: int | None = None
        self.frames: list[dict[str, Any]] = []
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})

    async def receive(self) -> dict[str, Any]:
        return await self._incoming.get()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.accept":
            self.accepted = True
        elif message["type"] == "websocket.close":
            self.closed = message.get("code", 1000)
        else:
            self.frames.append(json.loads(message["text"]))

    def say(self, frame: dict[str, Any]) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(frame)})

    def hang_up(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1001})

    def heard(self, kind: str, **values: Any) -> list[dict[str, Any]]:
        """Frames of a type that hold these values."""
        return [frame for frame in self.frames if frame["type"] == kind and values.items() <= frame.items()]

    async def hears(self, kind: str, **values: Any) -> dict[str, Any]:
        found = await wait_until(lambda: self.heard(kind, **values), f"a frame {kind} {values}")
        return found[-1]

    async def closes(self) -> int:
        """The code that the server closes with, once it does."""
        await wait_until(lambda: self.closed is not None, "the server closes the socket")
        assert self.closed is not None
        return self.closed


@asynccontextmanager
async def connected(
    app: FastAPI, path: str, *, cookies: str = "", origin: str = "http://desk", query: str = ""
) -> AsyncIterator[AsgiSocket]:
    """A socket of a page of `origin`, ended with the block."""
    socket = AsgiSocket()
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"desk"), (b"origin", origin.encode()), (b"cookie", cookies.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("desk", 80),
        "subprotocols": [],
        "app": app,
    }
    task = asyncio.create_task(app(scope, socket.receive, socket.send))
    try:
        await wait_until(lambda: socket.accepted or task.done(), "the socket is answered")
        yield socket
    finally:
        socket.hang_up()
        await asyncio.wait_for(task, 30)
