"""One visitor's socket. Nothing is acknowledged before it is durable; whatever was missed is read from the database.

`sent` is the highest seq up to which this browser has every message. Events only announce that there is more; the
messages themselves come from SQL in order, so a cut at any moment loses none, and the browser drops what it knows.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from kit.errors import AppError, Unavailable
from kit.events import Event
from kit.sources import source_of
from kit.tasks import stop
from webchat.catalogue import Translator
from webchat.conversation import Conversations
from webchat.hub import VisitorHub
from webchat.pace import Pace
from webchat.schemas import CLIENT_FRAME, End, Frame, Read, Say, Typing
from webchat.service import Visitor
from webchat.settings import ChatSettings

log = logging.getLogger(__name__)

TRY_AGAIN_LATER = 1013
BAD_DATA = 1007


class Durable(Protocol):
    """What storing a message answers."""

    @property
    def seq(self) -> int | None: ...


Deliver = Callable[[Visitor, Say], Awaitable[Durable]]
"""Stores a visitor's message and routes it. Raises `Unavailable` when nothing was stored, other AppErrors to refuse."""

Inquire = Callable[[Visitor, str, str], Awaitable[str | None]]
"""How the matter stands whose number and PIN are all that a visitor wrote, from a source; None for any other text."""

Reveal = Callable[[str], str]
KeepOnline = Callable[[str], Awaitable[object]]


class VisitorSocket:
    def __init__(
        self,
        socket: WebSocket,
        visitor: Visitor,
        *,
        conversations: Conversations,
        hub: VisitorHub,
        deliver: Deliver,
        inquire: Inquire,
        reveal: Reveal,
        keep_online: KeepOnline,
        settings: ChatSettings,
    ) -> None:
        self._socket = socket
        self._visitor = visitor
        self._conversations = conversations
        self._hub = hub
        self._deliver = deliver
        self._inquire = inquire
        self._reveal = reveal
        self._keep_online = keep_online
        self._settings = settings
        self._t = Translator("en" if visitor.language.startswith("en") else "zh-CN")
        self._thread_id: str | None = None
        self._sent = 0
        self._announced = 0
        self._storing = False
        self._look = False
        self._look_again = True
        self._status_due = True
        self._status: Frame | None = None
        self._passing: deque[Frame] = deque(maxlen=50)
        self._changed = asyncio.Event()
        self._sending = asyncio.Lock()
        self._said = Pace(settings.messages_per_minute)
        self._signs = Pace(settings.signs_per_minute)

    async def run(self, after_seq: int) -> None:
        """Serve until the socket closes or the server stops; what cannot work now sends the page away to come again."""
        self._sent = self._announced = after_seq
        try:
            async with self._hub.listening(self, self._visitor.session_id):
                await self._keep_online(self._visitor.session_id)
                await self._welcome()
                await self._talk()
        except (WebSocketDisconnect, RuntimeError):
            return
        except (AppError, SQLAlchemyError, RedisError, OSError):
            log.warning("a chat cannot go on now; its page will come back")
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._socket.close(TRY_AGAIN_LATER)

    async def _talk(self) -> None:
        tasks = {asyncio.create_task(self._read()), asyncio.create_task(self._write())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await stop(tasks)
            await asyncio.gather(*tasks, return_exceptions=True)

    # Heard from the hub.

    def heard(self, event: Event) -> None:
        if event.entity == "message":
            seq = int(event.data["seq"])
            if event.data.get("hidden") and seq == self._sent + 1:
                self._sent = seq
            self._announced = max(self._announced, seq)
        elif event.entity == "contact":
            self._status_due = True
        elif event.entity == "thread":
            self.missed()
        elif event.entity == "secret":
            self._passing.append(json.loads(self._reveal(event.data["secret"])))
        elif event.entity in ("read", "typing", "idle"):
            self._passing.append({**event.data, "type": event.entity})
        self._changed.set()

    def missed(self) -> None:
        self._look = self._look_again = self._status_due = True
        self._changed.set()

    # To the browser.

    async def _welcome(self) -> None:
        status = await self._conversations.status(self._visitor)
        await self._send(
            {
                "type": "welcome",
                "session_id": self._visitor.session_id,
                "last_seq": self._sent,
                "status": status["status"],
                "text": status["text"],
                "read_by_agent": self._visitor.read_by_agent,
            }
        )
        self.missed()

    async def _write(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._changed.wait(), self._settings.ping_s)
            except TimeoutError:
                await self._beat()
            self._changed.clear()
            if not self._storing and (self._look or self._announced > self._sent):
                await self._catch_up()
            if self._status_due:
                await self._send_status()
            while self._passing:
                await self._send(self._passing.popleft())

    async def _beat(self) -> None:
        await self._send({"type": "ping"})
        await self._keep_online(self._visitor.session_id)
        # Without Redis nothing is announced: what was missed is looked for once more.
        self._look, self._look_again = self._look or self._look_again, False
        self._status_due = self._status is None or self._status["status"] == "waiting"

    async def _catch_up(self) -> None:
        self._look = False
        announced = self._announced
        if self._thread_id is None and not await self._find_thread():
            return
        while frames := await self._conversations.messages_after(str(self._thread_id), self._sent):
            for frame in frames:
                await self._send(frame)
                self._sent = frame["seq"]
        # Numbers of notes and events are never shown: what was announced up to here has been looked at.
        self._sent = max(self._sent, announced)

    async def _find_thread(self) -> bool:
        self._thread_id = await self._conversations.thread_id(self._visitor)
        if self._thread_id is None:
            return False
        self._hub.add(self, self._thread_id)
        return True

    async def _send_status(self) -> None:
        self._status_due = False
        status = await self._conversations.status(self._visitor)
        if status != self._status:
            self._status = status
            await self._send(status)

    async def _send(self, frame: Frame) -> None:
        async with self._sending:
            await self._socket.send_text(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    # From the browser.

    async def _read(self) -> None:
        while True:
            text = await self._socket.receive_text()
            try:
                frame = CLIENT_FRAME.validate_json(text)
            except ValidationError:
                await self._socket.close(BAD_DATA)
                return
            if isinstance(frame, Say):
                await self._say(frame)
            else:
                await self._note(frame)

    async def _note(self, frame: Typing | Read | End) -> None:
        if not isinstance(frame, End) and not self._signs.keeps():
            return
        try:
            if isinstance(frame, Typing):
                await self._conversations.typing(self._visitor, on=frame.on)
            elif isinstance(frame, Read):
                await self._conversations.read_by_visitor(self._visitor, frame.seq)
            else:
                await self._conversations.end(self._visitor)
        except (AppError, RedisError, OSError):
            log.warning("a frame %s of a chat could not be followed", frame.type)

    async def _say(self, frame: Say) -> None:
        """Store one message and acknowledge it. Raises `Unavailable`: nothing was stored."""
        refusal = self._refusal(frame)
        if refusal:
            await self._refuse(frame, refusal)
            return
        if not frame.attachment_ids and await self._answered(frame):
            return
        self._storing = True
        try:
            stored = await self._deliver(self._visitor, frame)
        except Unavailable:
            raise
        except AppError as error:
            await self._refuse(frame, f"chat.{error.code}" if error.code == "attachment_gone" else "chat.refused")
            return
        finally:
            self._storing = False
        await self._acknowledge(frame, stored)

    async def _answered(self, frame: Say) -> bool:
        """A query by number and PIN is answered in passing: no word of it is kept, and nobody else reads it."""
        answer = await self._inquire(self._visitor, frame.text, source_of(self._socket))
        if answer is not None:
            await self._send({"type": "answer", "client_msg_id": frame.client_msg_id, "text": answer})
        return answer is not None

    async def _acknowledge(self, frame: Say, stored: Durable) -> None:
        if stored.seq is not None:
            if stored.seq == self._sent + 1:
                self._sent = stored.seq
            ack = {"type": "ack", "client_msg_id": frame.client_msg_id, "seq": stored.seq, "sent_at": _now_iso()}
            await self._send(ack)
        if self._thread_id is None:
            self.missed()
        self._changed.set()

    def _refusal(self, frame: Say) -> str:
        if not frame.text.strip() and not frame.attachment_ids:
            return "chat.empty"
        if len(frame.text) > self._settings.max_text_chars:
            return "chat.too_long"
        return "" if self._said.keeps() else "chat.too_many"

    async def _refuse(self, frame: Say, reason: str) -> None:
        title = self._t(reason, limit=self._settings.max_text_chars)
        await self._send({"type": "error", "code": reason, "title": title, "client_msg_id": frame.client_msg_id})


def _now_iso() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
