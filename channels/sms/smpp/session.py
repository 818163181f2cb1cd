"""A bound session: one connection for both ways, or one for each."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from enum import Enum
from time import monotonic

from channels.adapter import ChannelUnavailable
from channels.claim import ClaimLost
from channels.sms.smpp import pdu
from channels.sms.smpp.connection import Connection, Lost
from channels.sms.smpp.pdu import Command, Pdu, Status, Submission
from channels.sms.smpp.settings import SmppSettings
from kit.errors import Unavailable
from kit.tasks import stop, uninterrupted

log = logging.getLogger(__name__)

UNBIND_TIMEOUT_S = 2.0
STORE_TIMEOUT_S = 10.0
LATE_S = 5.0
MOST_UNSTORED = 500
_REFUSED = (Status.INVALID_PASSWORD, Status.INVALID_SYSTEM_ID)
_COMMANDS = {
    "transceiver": (Command.BIND_TRANSCEIVER,),
    "pair": (Command.BIND_TRANSMITTER, Command.BIND_RECEIVER),
}

TakeDelivery = Callable[[Pdu, str], Awaitable[None]]
"""Store a delivery of an era: see `channels.sms.smpp.arrivals`."""


class BindRefused(ChannelUnavailable):
    """The other side does not want us; it may after its operator did something."""


class State(Enum):
    OPEN = "open"
    BOUND = "bound"
    CLOSED = "closed"


class Session:
    """From connecting to parting; a new one for each attempt. `run` moves it: OPEN -> BOUND -> CLOSED."""

    def __init__(self, settings: SmppSettings, password: str, take: TakeDelivery) -> None:
        self._settings = settings
        self._password = password
        self._take = take
        self._state = State.OPEN
        self._connections: list[Connection] = []
        self._window = asyncio.Semaphore(settings.window)
        self._storing: set[asyncio.Task[None]] = set()
        self._era = secrets.token_hex(6)

    @property
    def is_bound(self) -> bool:
        return self._state == State.BOUND

    async def run(self, on_bound: Callable[[], Awaitable[None]]) -> None:
        """Bind, call `on_bound`, serve. Ends with `Lost` or `BindRefused`, or unbinds when cancelled."""
        running: list[asyncio.Task[None]] = []
        try:
            for command in _COMMANDS[self._settings.mode]:
                connection = await Connection.open(self._settings, self._deliver)
                self._connections.append(connection)
                running.append(asyncio.create_task(connection.run()))
                await self._bind(connection, command)
            self._state = State.BOUND
            await on_bound()
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await uninterrupted(self._part(running))

    async def submit(self, submission: Submission) -> Pdu:
        """The response, whatever it says. Raises `Lost` without one."""
        async with self._window:
            if not self.is_bound:
                raise Lost("There is no session with the message centre now.")
            return await self._connections[0].ask(submission.encode)

    async def enquire(self) -> None:
        """Whether the other side answers. Raises `Lost`."""
        if not self.is_bound:
            raise Lost("There is no session with the message centre now.")
        await self._connections[0].ask(lambda sequence: pdu.write(Command.ENQUIRE_LINK, sequence))

    async def _bind(self, connection: Connection, command: Command) -> None:
        names = (self._settings.system_id, self._password, self._settings.system_type)
        response = await connection.ask(lambda sequence: pdu.bind(command, sequence, *names))
        if response.status in _REFUSED:
            raise BindRefused("The message centre refuses the system id or the password.")
        if response.status != Status.OK:
            raise BindRefused(f"The message centre refuses the bind with status 0x{response.status:08x}.")

    def _deliver(self, connection: Connection, unit: Pdu) -> None:
        if len(self._storing) >= MOST_UNSTORED:
            connection.answer(unit, Status.TEMPORARY_APPLICATION_ERROR)
            return
        task = asyncio.create_task(self._store(connection, unit))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def _store(self, connection: Connection, unit: Pdu) -> None:
        """Store first, answer second. What the other side may count as not taken is of another era when it returns."""
        began_at = monotonic()
        status = Status.TEMPORARY_APPLICATION_ERROR
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                await self._take(unit, self._era)
            status = Status.OK
        except (Unavailable, TimeoutError, ClaimLost) as error:
            log.warning("a delivery could not be stored and is asked for again: %s", type(error).__name__)
        except Exception:
            log.exception("a delivery could not be stored and is asked for again")
        if status != Status.OK or monotonic() - began_at > LATE_S:
            self._era = secrets.token_hex(6)
        connection.answer(unit, status)

    async def _part(self, running: list[asyncio.Task[None]]) -> None:
        self._state = State.CLOSED
        if self._storing:
            await asyncio.wait(self._storing, timeout=UNBIND_TIMEOUT_S)
        try:
            async with asyncio.timeout(UNBIND_TIMEOUT_S):
                await asyncio.gather(*(connection.unbind() for connection in self._connections))
        except TimeoutError:
            log.info("the message centre did not answer our unbind")
        for connection in self._connections:
            connection.close("the session ended")
        await stop([*running, *self._storing])
        await asyncio.gather(*running, return_exceptions=True)
