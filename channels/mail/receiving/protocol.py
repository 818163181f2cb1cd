"""aioimaplib's protocol made safe; what it does otherwise is in docs/decisions/0007-aioimaplib-subclass.md."""

import asyncio
import base64
import binascii
import re
from typing import Any

from aioimaplib import aioimaplib

CRLF = b"\r\n"
MAX_LINE_BYTES = 1 << 20
_LITERAL = re.compile(rb"\{(\d{1,12})\+?\}$")
_TAGGED = re.compile(rb"[A-Za-z0-9]+ (OK|NO|BAD)\b")


class ConnectionLost(Exception):
    """The server is gone; the session is of no further use."""


class SafeProtocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """Cuts the stream into whole responses by counting literals, in a loop, before anything looks at their text."""

    def __init__(self, max_literal_bytes: int) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(loop)
        self.lost: asyncio.Future[None] = loop.create_future()
        self.greeted: asyncio.Future[bytes] = loop.create_future()
        self.rejection = ""
        self.has_news = False
        """A mail has come in since this was last cleared: a server says so with any command's answer, and only once."""
        self._max_literal_bytes = max_literal_bytes
        self._buffer = bytearray()
        self._parts: list[bytes | bytearray] = []
        self._literal_bytes: int | None = None
        self._searched = 0

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        for command in self._pending():
            command._reset_timer()
        try:
            while self._take_part():
                pass
        except (aioimaplib.AioImapException, ValueError) as error:
            self.fail(ConnectionLost(f"unexpected answer: {error}"))
            return
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(ConnectionLost(str(exc) if exc else "the server closed the connection"))

    def is_busy(self) -> bool:
        """Whether a command still waits for its answer."""
        return bool(self._pending())

    def discard_input(self) -> None:
        """Forget what has arrived but was not read."""
        self._buffer.clear()
        self._searched = 0

    def _take_part(self) -> bool:
        """Move one line or one literal from the buffer to the response under way; False when more must arrive."""
        if self._literal_bytes is not None:
            if len(self._buffer) < self._literal_bytes:
                return False
            self._parts.append(bytearray(self._buffer[: self._literal_bytes]))
            del self._buffer[: self._literal_bytes]
            self._literal_bytes = None
            return True
        end = self._buffer.find(CRLF, self._searched)
        if end < 0:
            if len(self._buffer) > MAX_LINE_BYTES:
                raise ValueError("a line without end")
            self._searched = max(0, len(self._buffer) - 1)
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._searched = 0
        self._parts.append(line)
        self._end_line(line)
        return True

    def _end_line(self, line: bytes) -> None:
        literal = _LITERAL.search(line)
        if literal:
            self._literal_bytes = int(literal[1])
            if self._literal_bytes > self._max_literal_bytes:
                raise ValueError("a literal larger than was asked for")
            return
        response, self._parts = self._parts, []
        self._dispatch(response)

    def _dispatch(self, response: list[bytes | bytearray]) -> None:
        first = bytes(response[0])
        if self.state == aioimaplib.CONNECTED:
            if not self.greeted.done():
                self.greeted.set_result(first)
        elif first.startswith(b"* "):
            self._untagged(response)
        elif first.startswith(b"+"):
            self._continuation(first)
        elif _TAGGED.match(first):
            self._response_done(first)

    def _untagged(self, response: list[bytes | bytearray]) -> None:
        """Hand a whole untagged response to the command it belongs to; its text is left as it is."""
        first = bytes(response[0])[2:]
        self.has_news = self.has_news or first.upper().endswith(b" EXISTS")
        command = self.pending_sync_command or self._async_command(first)
        if command is not None:
            for part in (first, *response[1:]):
                command.append_to_resp(part)

    def _async_command(self, line: bytes) -> Any:
        words = line.split(b" ", 2)
        numbered = words[0].isdigit() and len(words) > 1
        name = (words[1] if numbered else words[0]).decode("ascii", "replace").upper()
        return self.pending_async_commands.get(name) or self.pending_async_commands.get("NOOP")

    def _continuation(self, line: bytes) -> None:
        command = self.pending_sync_command
        if command is None or command.name != "AUTHENTICATE":
            super()._continuation(line)
            return
        # A rejected token is explained in a challenge; the server waits for an answer before it says NO.
        try:
            self.rejection = base64.b64decode(line[1:].strip()).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            self.rejection = ""
        self.transport.write(CRLF)

    def _pending(self) -> list[Any]:
        commands = [self.pending_sync_command, *self.pending_async_commands.values()]
        return [command for command in commands if command is not None]

    def fail(self, error: ConnectionLost) -> None:
        """Hang up; nobody may wait for an answer that cannot come."""
        self.state = aioimaplib.LOGOUT
        if self.transport is not None:
            self.transport.abort()
        for command in self._pending():
            command._exception = error
            command.close(str(error).encode(), "KO")
        self.pending_sync_command = None
        self.pending_async_commands.clear()
        if not self.greeted.done():
            self.greeted.set_exception(error)
            self.greeted.exception()
        if not self.lost.done():
            self.lost.set_result(None)
