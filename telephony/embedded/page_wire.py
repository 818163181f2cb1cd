"""The way between pages and the engine, which lives in another process: commands there, events back."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from redis.exceptions import RedisError

from kit.commands import Commands
from kit.errors import AppError
from kit.event_row import NewEvent
from kit.events import Event, EventHub, EventLog
from kit.tasks import stop
from telephony.embedded.frames import PAGE_FRAME, Call
from telephony.embedded.page_frames import COMMAND
from telephony.guard import Window
from telephony.phones import IceServer

log = logging.getLogger(__name__)

FAMILY = "phone"
LEASE = "telephony"
PING_S = 8.0
SILENCE_S = 25.0
COMMAND_TIMEOUT_S = 4.0
# More than a page says: some dozens of candidates for a call, and keys as fast as they are pressed.
MOST_FRAMES, FRAMES_WINDOW_S = 300, 30.0
BAD_DATA = 1007
NOT_SIGNED_IN = 4401
TRY_AGAIN_LATER = 1013


class PageTeller:
    """`Tell` of the engine: frames become passing events, which live in the stream only."""

    def __init__(self, event_log: EventLog, workspace_id: str) -> None:
        self._event_log = event_log
        self._workspace_id = workspace_id

    async def __call__(self, party: str, frame: dict[str, Any]) -> None:
        event = NewEvent(
            workspace_id=self._workspace_id,
            family=FAMILY,
            topic=party,
            entity=frame["type"],
            entity_id=frame.get("leg_id", ""),
            version=0,
            data=frame,
        )
        try:
            await self._event_log.publish([event])
        except (RedisError, OSError):
            # Pages ask again what is going on when their own line comes back.
            log.warning("a page could not be told of its call")


async def always() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLine:
    """Whose socket it is, and what a call from it is.

    `may_call` raises to refuse a call, None refuses all; `is_valid` is asked now and then. `command`: who is given the
    frames.
    """

    workspace_id: str
    party: str
    caller: str = ""
    dialled: str = ""
    command: str = COMMAND
    variables: dict[str, str] = field(default_factory=dict)
    may_call: Callable[[], Awaitable[None]] | None = None
    is_valid: Callable[[], Awaitable[bool]] = always


class PageSocket:
    """One page's socket, accepted already: frames of `PageFrames` both ways, `welcome` first, and pings."""

    def __init__(
        self,
        socket: WebSocket,
        line: PageLine,
        *,
        commands: Commands,
        events: EventHub,
        ice_servers: tuple[IceServer, ...],
    ) -> None:
        self._socket = socket
        self._line = line
        self._commands = commands
        self._events = events
        self._ice_servers = ice_servers
        self._heard = True
        self._frames = Window(MOST_FRAMES, FRAMES_WINDOW_S)
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Serve until either side ends it."""
        async with self._events.subscribe(self._line.workspace_id, FAMILY, self._line.party) as queue:
            tasks = [asyncio.create_task(work) for work in (self._read(), self._write(queue), self._beat())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await stop(tasks)
        for task in done:
            failure = task.exception()
            if failure is not None and not isinstance(failure, (WebSocketDisconnect, RuntimeError)):
                log.error("a phone socket failed", exc_info=failure)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._socket.close(TRY_AGAIN_LATER)

    async def _read(self) -> None:
        while True:
            text = await self._socket.receive_text()
            self._heard = True
            if not self._frames.admit(""):
                await self._socket.close(TRY_AGAIN_LATER)
                return
            if text == '{"type":"pong"}':
                continue
            try:
                frame = PAGE_FRAME.validate_json(text)
            except ValidationError:
                await self._socket.close(BAD_DATA)
                return
            try:
                if isinstance(frame, Call):
                    await self._require_may_call()
                await self._pass_on(frame.model_dump())
            except AppError as error:
                leg_id = getattr(frame, "leg_id", "")
                await self._send({"type": "error", "page": frame.page, "leg_id": leg_id, "code": error.code})

    async def _require_may_call(self) -> None:
        if self._line.may_call is None:
            raise AppError(code="not_supported")
        await self._line.may_call()

    async def _pass_on(self, frame: dict[str, Any]) -> None:
        line = self._line
        arguments = {
            "party": line.party,
            "frame": frame,
            "caller": line.caller,
            "dialled": line.dialled,
            "variables": line.variables,
        }
        await self._commands.request(LEASE, line.command, arguments, timeout_s=COMMAND_TIMEOUT_S)

    async def _write(self, queue: "asyncio.Queue[Event | None]") -> None:
        servers = [server.as_json() for server in self._ice_servers]
        await self._send({"type": "welcome", "ice_servers": servers})
        while (event := await queue.get()) is not None:
            await self._send(event.data)

    async def _beat(self) -> None:
        silent_s = 0.0
        while silent_s < SILENCE_S:
            self._heard = False
            await asyncio.sleep(PING_S)
            silent_s = 0.0 if self._heard else silent_s + PING_S
            if not await self._line.is_valid():
                await self._socket.close(NOT_SIGNED_IN)
                return
            await self._send({"type": "ping"})

    async def _send(self, frame: dict[str, Any]) -> None:
        async with self._sending:
            await self._socket.send_text(json.dumps(frame, ensure_ascii=False))
