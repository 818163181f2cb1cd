"""A real HTTP server in the test's own loop, for the other side of a channel or for our side of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from tests.support.ports import free_port
from tests.support.waiting import wait_until


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """`app` at `url`; it can be killed and come back at the same port. Requests that run when it is killed are cut."""

    def __init__(self, app: Any) -> None:
        self.port = free_port()
        self._app = app
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        config = uvicorn.Config(
            self._app,
            host="127.0.0.1",
            port=self.port,
            log_config=None,
            log_level="critical",
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=0,
        )
        server = _Server(config)
        self._server, self._task = server, asyncio.create_task(server.serve())
        await wait_until(lambda: server.started, "the server listens")

    async def kill(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
            self._server = self._task = None


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[HttpServer]:
    server = HttpServer(app)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()
