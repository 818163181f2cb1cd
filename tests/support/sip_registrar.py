"""A telephone network that lets nobody in without a password: it challenges, and keeps what it was told."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.sip_message import SipMessage


@dataclass
class SipRegistrar(asyncio.DatagramProtocol):
    """`asked`: every REGISTER; `registered`: those with an answer to the challenge."""

    asked: list[SipMessage] = field(default_factory=list)
    registered: list[SipMessage] = field(default_factory=list)
    port: int = 0
    _transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        message = SipMessage.parse(data.decode())
        challenge = f'Digest realm="network", nonce="{secrets.token_hex(8)}", algorithm=MD5, qop="auth"'
        tag = secrets.token_hex(6)
        if message.method == "REGISTER":
            self.asked.append(message)
        if message.method == "REGISTER" and not message.get("Authorization"):
            answer = message.answer(401, "Unauthorized", tag, ("WWW-Authenticate", challenge))
        else:
            if message.method == "REGISTER":
                self.registered.append(message)
            contact = ("Contact", f"{message.get('Contact')};expires=300")
            answer = message.answer(200, "OK", tag, contact)
        assert self._transport is not None
        self._transport.sendto(str(answer).encode(), addr)


@asynccontextmanager
async def sip_registrar(host: str) -> AsyncIterator[SipRegistrar]:
    registrar = SipRegistrar()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: registrar, local_addr=(host, 0))
    try:
        yield registrar
    finally:
        transport.close()
