"""A mail server of the test's own that takes what it is given and remembers it: for contracts, not for mail itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

REFUSED = "refused@"


@dataclass
class SmtpPeer:
    """Recipients that begin with `REFUSED` are refused for good; while it is `busy`, everybody for now."""

    port: int = 0
    busy: bool = False
    mails: list[bytes] = field(default_factory=list)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 peer\r\n")
        with suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(await self._answer(line.strip(), reader, writer) + b"\r\n")
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        if self.busy:
            return b"450 later"
        if line.upper().startswith(b"RCPT TO") and REFUSED.encode() in line:
            return b"550 no such user"
        if line.upper() != b"DATA":
            return b"250 fine"
        writer.write(b"354 go on\r\n")
        self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
        return b"250 taken"


@asynccontextmanager
async def smtp_peer() -> AsyncIterator[SmtpPeer]:
    peer = SmtpPeer()
    async with await asyncio.start_server(peer._serve, "127.0.0.1", 0, limit=1 << 24) as server:
        peer.port = server.sockets[0].getsockname()[1]
        yield peer
