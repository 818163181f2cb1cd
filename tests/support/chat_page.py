"""A visitor's page as the widget keeps it, on a line that breaks where the test says: at any frame, either way."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.citizens import CitizenSide, Visitor
from tests.support.waiting import wait_until

TIMEOUT_S = 30.0


class BreakingLine:
    """One WebSocket over ASGI. After `budget` frames in both directions together it is dead: what is sent then is lost,
    and the sender only learns that it is. None never breaks."""

    def __init__(self, budget: int | None) -> None:
        self._budget = budget
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        self.delivered: deque[dict[str, Any]] = deque()
        self.closed = False

    def _passes(self) -> bool:
        if self._budget is None:
            return not self.closed
        self._budget -= 1
        if self._budget < 0 and not self.closed:
            self.break_now()
        return not self.closed

    def break_now(self) -> None:
        self.closed = True
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def to_server(self, frame: dict[str, Any]) -> None:
        if self._passes():
            self._incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(frame)})

    async def receive(self) -> dict[str, Any]:
        return await self._incoming.get()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.closed = True
        elif message["type"] == "websocket.send":
            if not self._passes():
                raise OSError("the line is dead")
            self.delivered.append(json.loads(message["text"]))


@dataclass
class ChatPage:
    """Sends what is unsettled again after each reconnect and resumes after the last number without a gap."""

    visitor: Visitor
    unsettled: dict[str, str] = field(default_factory=dict)
    seen: dict[int, str] = field(default_factory=dict)
    contiguous: int = 0
    acknowledged: dict[str, int] = field(default_factory=dict)

    @property
    def side(self) -> CitizenSide:
        return self.visitor.side

    def writes(self, client_msg_id: str, text: str) -> None:
        self.unsettled[client_msg_id] = text

    async def live(self, budget: int | None, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        """One connection: until the line breaks, or (without a budget) until all is settled and seen.

        `meanwhile` happens while what was unsettled is on its way.
        """
        line = BreakingLine(budget)
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "scheme": "ws",
            "path": "/chat/api/socket",
            "raw_path": b"/chat/api/socket",
            "query_string": b"",
            "headers": [(b"host", b"axd")],
            "client": ("127.0.0.1", 1),
            "server": ("axd", 80),
            "subprotocols": [],
            "app": self.side.app,
        }
        ticket = await self.visitor.ticket()
        task = asyncio.create_task(self.side.app(scope, line.receive, line.send))
        try:
            line.to_server({"type": "hello", "ticket": ticket, "after_seq": self.contiguous})
            await wait_until(lambda: self._heard(line) or line.closed, "a welcome, or a cut", timeout_s=TIMEOUT_S)
            for client_msg_id, text in list(self.unsettled.items()):
                frame = {"type": "message", "client_msg_id": client_msg_id, "text": text, "attachment_ids": []}
                line.to_server(frame)
            if meanwhile is not None:
                await meanwhile()
            await wait_until(lambda: self._done(line), "all is settled, or a cut", timeout_s=TIMEOUT_S)
        finally:
            line.break_now()
            await asyncio.wait_for(task, TIMEOUT_S)
            self._take(line)

    def _heard(self, line: BreakingLine) -> bool:
        return any(frame["type"] == "welcome" for frame in line.delivered)

    async def _done(self, line: BreakingLine) -> bool:
        self._take(line)
        if line.closed:
            return True
        if self.unsettled:
            return False
        visible = [row for row in await self.side.messages(self.visitor.session_id) if row.direction in ("in", "out")]
        return {row.seq for row in visible} == set(self.seen)

    def _take(self, line: BreakingLine) -> None:
        while line.delivered:
            self._apply(line.delivered.popleft())

    def _apply(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ack":
            client_msg_id, seq = frame["client_msg_id"], frame["seq"]
            known = self.acknowledged.setdefault(client_msg_id, seq)
            assert known == seq, "one message was acknowledged under two numbers"
            self._show(seq, self.unsettled.pop(client_msg_id, self.seen.get(seq, "")))
            if seq == self.contiguous + 1:
                self.contiguous = seq
        elif frame["type"] == "message":
            self.unsettled.pop(frame.get("client_msg_id") or "", None)
            self._show(frame["seq"], frame["text"])
            self.contiguous = max(self.contiguous, frame["seq"])

    def _show(self, seq: int, text: str) -> None:
        assert self.seen.setdefault(seq, text) == text, "one number was given to two messages"
