"""The desk's socket: events after the client's cursor, pings, who looks at what, typing, and the agent's presence."""

import asyncio
import contextlib
import json
import logging
import random
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket, WebSocketDisconnect, WebSocketException
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from redis.exceptions import RedisError

from desk.access import Actor, actor, signed_in
from desk.feed.connection import Connection
from desk.inbox import reading
from desk.ports import Services, socket_services
from kit.errors import AppError
from records.staff import store as staff
from webchat import signals

log = logging.getLogger(__name__)

routes = APIRouter(prefix="/api/desk", tags=["inbox"])

PING = json.dumps({"type": "ping"})
PING_S = 8.0
SILENCE_S = 25.0
NOT_SIGNED_IN = 4401
NOT_ALLOWED = 4403
BAD_DATA = 1007
TRY_AGAIN_LATER = 1013


class Pong(BaseModel):
    type: Literal["pong"]


class Viewing(BaseModel):
    type: Literal["viewing"]
    contact_id: str | None = Field(default=None, max_length=36)


class Typing(BaseModel):
    type: Literal["typing"]
    contact_id: str = Field(max_length=36)
    on: bool


Frame = Annotated[Pong | Viewing | Typing, Field(discriminator="type")]
FRAME: TypeAdapter[Pong | Viewing | Typing] = TypeAdapter(Frame)


@routes.websocket("/events")
async def follow_events(socket: WebSocket, after: str = "") -> None:
    bag = socket_services(socket)
    who = await admit(socket, bag)
    if who is None:
        return
    try:
        page = await bag.feeds.join(who, after)
    except (AppError, RedisError, OSError):
        log.warning("a page could not be opened now")
        await socket.close(TRY_AGAIN_LATER)
        return
    try:
        await _Session(socket, bag, page).run()
    finally:
        with contextlib.suppress(AppError, RedisError, OSError):
            await bag.feeds.leave(page)


async def admit(socket: WebSocket, bag: Services) -> Actor | None:
    """Accept the socket of a signed-in page of ours; others are closed with a code that says not to come back."""
    await socket.accept()
    if not _is_ours(socket, bag.desk.origins):
        await socket.close(NOT_ALLOWED)
        return None
    try:
        return await actor(socket, await signed_in(socket))
    except WebSocketException as refusal:
        await socket.close(NOT_SIGNED_IN if refusal.reason == "unauthenticated" else NOT_ALLOWED)
    except AppError:
        await socket.close(TRY_AGAIN_LATER)
    return None


def _is_ours(socket: WebSocket, origins: frozenset[str]) -> bool:
    """The cookie comes with any page's socket, so the page's own address decides."""
    origin = socket.headers.get("origin", "")
    return origin in origins or urlsplit(origin).netloc == socket.headers.get("host")


class _Session:
    def __init__(self, socket: WebSocket, bag: Services, page: Connection) -> None:
        self._socket = socket
        self._bag = bag
        self._page = page
        self._name = ""
        self._alive = True

    async def run(self) -> None:
        """Serve until either side ends it."""
        tasks = [asyncio.create_task(part()) for part in (self._send, self._receive, self._beat)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, (WebSocketDisconnect, RuntimeError)):
                log.error("a desk socket failed", exc_info=result)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._socket.close(TRY_AGAIN_LATER)

    async def _send(self) -> None:
        while (frame := await self._page.frames.get()) is not None:
            await self._socket.send_text(frame)

    async def _beat(self) -> None:
        """Ping, and drop a peer that answers nothing or whose session has ended."""
        silent_s = 0.0
        # Pages that came together, after a restart or at the start of a shift, must not all be renewed together.
        pause_s = PING_S * random.uniform(0.2, 1)  # noqa: S311 - nothing is to be guessed
        while silent_s < SILENCE_S:
            self._alive = False
            self._page.push(PING)
            await asyncio.sleep(pause_s)
            silent_s = 0.0 if self._alive else silent_s + pause_s
            pause_s = PING_S
            if self._alive and not await self._renew():
                return

    async def _renew(self) -> bool:
        """Look again who this is and keep the agent present; False when the session has ended."""
        try:
            who = await actor(self._socket, await signed_in(self._socket))
        except WebSocketException:
            await self._socket.close(NOT_SIGNED_IN)
            return False
        except AppError:
            return True
        if who.permissions != self._page.who.permissions:
            self._page.become(who)
        with contextlib.suppress(AppError, RedisError, OSError):
            await self._bag.feeds.keep_present(who)
            if self._page.viewing is not None:
                await self._bag.feeds.look_at(self._page, self._page.viewing, self._name)
        return True

    async def _receive(self) -> None:
        while True:
            try:
                frame = FRAME.validate_json(await self._socket.receive_text())
            except ValidationError:
                await self._socket.close(BAD_DATA)
                return
            self._alive = True
            with contextlib.suppress(AppError, RedisError, OSError):
                if isinstance(frame, Viewing):
                    await self._view(frame.contact_id)
                elif isinstance(frame, Typing):
                    await self._type(frame)

    async def _view(self, contact_id: str | None) -> None:
        who = self._page.who
        if contact_id is not None:
            async with self._bag.database.unit_of_work(who.access, read_only=True) as uow:
                await reading.require_contact(uow, who, contact_id)
                self._name = (await staff.account(uow, who.account_id)).display_name
        await self._bag.feeds.look_at(self._page, contact_id, self._name)

    async def _type(self, frame: Typing) -> None:
        who = self._page.who
        async with self._bag.database.unit_of_work(who.access, read_only=True) as uow:
            loaded = await reading.require_contact(uow, who, frame.contact_id)
            if loaded.row.agent_id == who.account_id:
                await signals.agent_typing(uow, self._bag.event_log, frame.contact_id, on=frame.on)
