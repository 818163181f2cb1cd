"""The safe protocol over a transport that only remembers, for tests without a socket."""

import asyncio
from typing import Any

from aioimaplib import aioimaplib

from channels.mail.receiving.protocol import SafeProtocol

GREETING = b"* OK ready\r\n"


class Wire:
    """A transport: what is written is kept; `abort` tells the protocol, as a real one does."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.abort()


def connected(max_literal_bytes: int = 10_000_000) -> tuple[SafeProtocol, Wire]:
    """A protocol that has a folder selected."""
    protocol, wire = SafeProtocol(max_literal_bytes), Wire()
    protocol.connection_made(wire)
    protocol.data_received(GREETING)
    protocol.state = aioimaplib.SELECTED
    return protocol, wire


async def sent(protocol: SafeProtocol, coroutine: Any, wire: Wire) -> tuple[asyncio.Task[Any], str]:
    """Start a command; returns its task and the tag it was sent with."""
    wire.written.clear()
    task = asyncio.ensure_future(coroutine)
    while not wire.written and not task.done():
        await asyncio.sleep(0)
    return task, wire.written.split(b" ")[0].decode()
