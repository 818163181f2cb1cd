"""One TCP connection that carries units: each answer finds its request, no wait is without an end."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from channels.adapter import ChannelUnavailable
from channels.sms.smpp import pdu
from channels.sms.smpp.pdu import Command, Damaged, Pdu, Status
from channels.sms.smpp.settings import SmppSettings
from kit.tasks import stop

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0
UNIT_TIMEOUT_S = 30.0
LAST_SEQUENCE = 0x7FFFFFFF
MOST_UNSENT_BYTES = 4_000_000

OnDelivery = Callable[["Connection", Pdu], None]
"""Called for each deliver_sm and data_sm; whoever takes it answers by `Connection.answer`, when it is stored."""


class Lost(ChannelUnavailable):
    """The connection is gone, or of no use any more."""


class Connection:
    """`open` it, `run` it in a task of its own, `ask` over it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        settings: SmppSettings,
        on_delivery: OnDelivery,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._settings = settings
        self._on_delivery = on_delivery
        self._sequence = 0
        self._asked: dict[int, asyncio.Future[Pdu]] = {}
        self._heard_at = monotonic()
        self._fault = ""

    @classmethod
    async def open(cls, settings: SmppSettings, on_delivery: OnDelivery) -> "Connection":
        """Raises `Lost`."""
        context = ssl.create_default_context() if settings.tls else None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, writer = await asyncio.open_connection(settings.host, settings.port, ssl=context)
        except (OSError, TimeoutError) as error:
            raise Lost(f"The message centre cannot be reached: {type(error).__name__}") from error
        return cls(reader, writer, settings, on_delivery)

    async def run(self) -> None:
        """Read and keep alive until the connection ends. Raises `Lost`, always."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._keep_alive())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await stop(tasks)
            await asyncio.gather(*tasks, return_exceptions=True)
            self.close("the connection ended")

    async def ask(self, encode: Callable[[int], bytes]) -> Pdu:
        """Send what `encode` makes for a sequence number, wait for its response.

        Raises `Lost` without one: whether the other side did it is not known.
        """
        if self._fault:
            raise Lost(self._fault)
        self._sequence = self._sequence % LAST_SEQUENCE + 1
        sequence = self._sequence
        future: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._asked[sequence] = future
        try:
            self._send(encode(sequence))
            async with asyncio.timeout(self._settings.response_timeout_s):
                return await future
        except TimeoutError as error:
            raise Lost("The message centre did not answer in time.") from error
        finally:
            self._asked.pop(sequence, None)

    def answer(self, request: Pdu, status: int = Status.OK) -> None:
        """Respond; harmless on a connection that has ended."""
        if not self._fault:
            self._send(pdu.answer(request, status))

    def close(self, fault: str) -> None:
        """End it at once; who waits for a response hears `fault`. Idempotent."""
        if self._fault:
            return
        self._fault = fault
        self._writer.close()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(Lost(fault))

    async def unbind(self) -> None:
        """Part politely: section 4.2. A centre that does not answer is left all the same."""
        with suppress(Lost):
            await self.ask(lambda sequence: pdu.write(Command.UNBIND, sequence))
        self.close("unbound")

    def _send(self, octets: bytes) -> None:
        if self._writer.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            self.close("the message centre takes nothing any more")
            return
        self._writer.write(octets)

    async def _read(self) -> None:
        try:
            while True:
                self._handle(await self._unit())
        except (OSError, EOFError, TimeoutError) as error:
            raise Lost(f"The connection to the message centre was lost: {type(error).__name__}") from error
        except Damaged as error:
            # Where the next unit begins is not known any more.
            self._send(pdu.write(Command.GENERIC_NACK, 0, status=Status.INVALID_COMMAND_LENGTH))
            raise Lost(f"The message centre sent {error}.") from error

    async def _unit(self) -> Pdu:
        start = await self._reader.readexactly(4)
        async with asyncio.timeout(UNIT_TIMEOUT_S):
            rest = await self._reader.readexactly(pdu.length_of(start) - len(start))
        self._heard_at = monotonic()
        return pdu.read(start + rest)

    def _handle(self, unit: Pdu) -> None:
        if unit.is_response:
            future = self._asked.get(unit.sequence)
            if future is not None and not future.done():
                future.set_result(unit)
        elif unit.command in (Command.DELIVER_SM, Command.DATA_SM):
            self._on_delivery(self, unit)
        elif unit.command == Command.UNBIND:
            self.answer(unit)
            raise Lost("The message centre ended the session.")
        elif unit.command != Command.ALERT_NOTIFICATION:
            self.answer(unit)

    async def _keep_alive(self) -> None:
        """Ask after a silence. A centre that does not answer is gone, whatever TCP thinks."""
        every_s = self._settings.enquire_link_s
        while True:
            silent_s = monotonic() - self._heard_at
            if silent_s >= every_s:
                await self.ask(lambda sequence: pdu.write(Command.ENQUIRE_LINK, sequence))
                silent_s = 0.0
            await asyncio.sleep(every_s - silent_s)
