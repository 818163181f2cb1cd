"""One IMAP session: what the mailbox loop needs, each call bounded in time, any trouble ends the connection."""

import asyncio
import base64
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from aioimaplib import aioimaplib

from channels.mail.credentials import Credentials
from channels.mail.receiving.fetch_response import FetchedMail, read_fetch, read_search
from channels.mail.receiving.folder_names import encode_folder, quote
from channels.mail.receiving.protocol import ConnectionLost, SafeProtocol
from channels.mail.tls import tls_context

T = TypeVar("T")
MAX_LITERAL_BYTES = 80_000_000
_KEEPALIVE_S = 60


class LoginRejected(Exception):
    """The server does not take these credentials; `str()` is what it said."""


class ServerRefused(Exception):
    """The server answered NO or BAD to a command."""


@dataclass(frozen=True, kw_only=True)
class ImapServer:
    """`security` is tls, starttls or none; `timeout_s` bounds each command, or each pause in an answer to it."""

    host: str
    port: int
    security: str = "tls"
    verify_certificate: bool = True
    timeout_s: float = 30.0


@dataclass(frozen=True, kw_only=True)
class SelectedFolder:
    """`next_uid` is a lower bound of the UIDs still to come; 0 where the server does not say."""

    uid_validity: int
    next_uid: int
    exists: int


class ImapSession:
    """Opened by `connect`. After any exception but `ServerRefused` the connection is gone; open another."""

    def __init__(self, protocol: SafeProtocol, server: ImapServer) -> None:
        self._protocol = protocol
        self._server = server

    def has(self, capability: str) -> bool:
        return capability in self._protocol.capabilities

    async def select(self, folder: str) -> SelectedFolder:
        """Open `folder`. Raises `ServerRefused` when there is no such folder."""
        lines = await self._command(self._protocol.select(encode_folder(folder)), "SELECT")
        self._protocol.has_news = False
        uid_validity = _status_number(lines, b"UIDVALIDITY")
        if not uid_validity:
            raise ServerRefused("SELECT: the folder has no UIDVALIDITY")
        exists = next((int(line.split()[0]) for line in lines if bytes(line).upper().endswith(b" EXISTS")), 0)
        return SelectedFolder(uid_validity=uid_validity, next_uid=_status_number(lines, b"UIDNEXT"), exists=exists)

    async def noop(self) -> None:
        """Let the server tell what changed; some show new mail to a search only after this."""
        await self._command(self._protocol.simple_command("NOOP"), "NOOP")

    async def search(self, *criteria: str) -> list[int]:
        """UIDs in ascending order. What comes in from now on is news, see `wait_for_news`."""
        self._protocol.has_news = False
        found = self._protocol.search(*criteria, charset=None, by_uid=True)
        return sorted(read_search(await self._command(found, "SEARCH")))

    async def fetch(self, uids: Sequence[int], items: str) -> list[FetchedMail]:
        """The named items of `uids`; a mail that is gone is left out. The time limit is for pauses, not the whole."""
        uid_set = ",".join(str(uid) for uid in uids)
        fetched = self._protocol.fetch(uid_set, f"(UID {items})", by_uid=True, timeout=self._server.timeout_s)
        wanted = set(uids)
        lines = await self._command(fetched, "FETCH", bounded=False)
        return [mail for mail in read_fetch(lines) if mail.uid in wanted]

    async def add_flag(self, uids: Sequence[int], flag: str) -> None:
        uid_set = ",".join(str(uid) for uid in uids)
        await self._command(self._protocol.store(uid_set, "+FLAGS.SILENT", f"({flag})", by_uid=True), "STORE")

    async def move(self, uids: Sequence[int], folder: str) -> None:
        """Move to `folder`, which is created when it is missing."""
        uid_set, target = ",".join(str(uid) for uid in uids), encode_folder(folder)
        if not self.has("MOVE"):
            await self._copy_and_delete(uids, uid_set, target)
            return
        try:
            await self._command(self._protocol.move(uid_set, target, by_uid=True), "MOVE")
        except ServerRefused:
            await self._command(self._protocol.simple_command("CREATE", target), "CREATE")
            await self._command(self._protocol.move(uid_set, target, by_uid=True), "MOVE")

    async def wait_for_news(self, seconds: float, nudge: asyncio.Event) -> None:
        """Return when the folder changes, when `nudge` is set, or after `seconds`; by IDLE where the server has it.

        At once for a mail that came in after the last search: told with a fetch, it is not told again by IDLE.
        """
        self._require_connection()
        if self._protocol.has_news:
            return
        nudged = asyncio.ensure_future(nudge.wait())
        try:
            if self.has("IDLE"):
                await self._idle(seconds, nudged)
            else:
                waiting: list[asyncio.Future[Any]] = [self._protocol.lost, nudged]
                await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                self._require_connection()
        finally:
            await _end(nudged)

    async def _idle(self, seconds: float, nudged: asyncio.Future[Any]) -> None:
        self._drop_old_news()
        idling = asyncio.ensure_future(self._protocol.idle())
        news = asyncio.ensure_future(self._protocol.idle_queue.get())
        try:
            await asyncio.wait([idling, news, nudged], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not idling.done():
                self._protocol.idle_done()
            await self._command(idling, "IDLE")
        finally:
            await _end(news, idling)

    async def close(self) -> None:
        """Say good-bye where that still works, and hang up."""
        try:
            if not self._protocol.lost.done() and not self._protocol.is_busy():
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(2):
                        await self._protocol.logout()
        finally:
            self._protocol.fail(ConnectionLost("closed by us"))

    async def _copy_and_delete(self, uids: Sequence[int], uid_set: str, target: str) -> None:
        try:
            await self._command(self._protocol.copy(uid_set, target, by_uid=True), "COPY")
        except ServerRefused:
            await self._command(self._protocol.simple_command("CREATE", target), "CREATE")
            await self._command(self._protocol.copy(uid_set, target, by_uid=True), "COPY")
        await self.add_flag(uids, "\\Deleted")
        if self.has("UIDPLUS"):
            await self._command(self._protocol.expunge(uid_set, by_uid=True), "EXPUNGE")

    async def log_in(self, credentials: Credentials) -> None:
        """Raises `LoginRejected`. Some providers (163, QQ) refuse folders to clients that do not name themselves."""
        try:
            await self._command(self._authentication(credentials), "LOGIN")
        except ServerRefused as error:
            raise LoginRejected(self._protocol.rejection or str(error)) from error
        self._protocol.state = aioimaplib.AUTH
        await self._command(self._protocol.capability(), "CAPABILITY")
        if self.has("ID"):
            named = self._plain_command("ID", '("name" "AXD" "version" "1" "vendor" "AXD")')
            with contextlib.suppress(ServerRefused):
                await self._command(self._protocol.execute(named), "ID")

    def _authentication(self, credentials: Credentials) -> Any:
        protocol = self._protocol
        if credentials.access_token is not None:
            return protocol.xoauth2(credentials.user, credentials.access_token)
        password = credentials.password or ""
        if self.has("AUTH=PLAIN") and self.has("SASL-IR"):
            answer = base64.b64encode(f"\0{credentials.user}\0{password}".encode()).decode()
            return protocol.execute(self._plain_command("AUTHENTICATE", "PLAIN", answer), scrub=answer)
        return protocol.execute(self._plain_command("LOGIN", quote(credentials.user), quote(password)), scrub=password)

    def _plain_command(self, name: str, *args: str) -> Any:
        return aioimaplib.Command(name, self._protocol.new_tag(), *args, loop=self._protocol.loop)

    async def greet(self, context: ssl.SSLContext | None) -> None:
        """Wait for the greeting; go over to TLS where `context` is given."""
        async with self._ending_on_trouble():
            greeting = await self._protocol.greeted
            if not greeting.upper().startswith((b"* OK", b"* PREAUTH")):
                raise ConnectionLost(f"the server declines: {greeting.decode('ascii', 'replace')}")
            self._protocol.state = aioimaplib.NONAUTH
        if context is not None:
            await self._start_tls(context)
        await self._command(self._protocol.capability(), "CAPABILITY")

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        protocol = self._protocol
        await self._command(protocol.execute(self._plain_command("STARTTLS")), "STARTTLS")
        async with self._ending_on_trouble():
            # What came in the clear after the answer was put there by somebody else.
            protocol.discard_input()
            protocol.transport = await protocol.loop.start_tls(
                protocol.transport, protocol, context, server_hostname=self._server.host
            )

    async def _command(self, answer: Awaitable[T], name: str, *, bounded: bool = True) -> list[Any]:
        self._require_connection(answer)
        async with self._ending_on_trouble(self._server.timeout_s if bounded else None):
            response: Any = await answer
        if response is None:
            return []
        if response.result != "OK":
            said = bytes(response.lines[-1]).decode("utf-8", "replace") if response.lines else response.result
            raise ServerRefused(f"{name}: {said}")
        return list(response.lines)

    @asynccontextmanager
    async def _ending_on_trouble(self, timeout_s: float | None = None) -> AsyncIterator[None]:
        """Any time-out or surprise means: drop the connection, its state is not known any more."""
        try:
            async with asyncio.timeout(timeout_s or self._server.timeout_s * 40):
                yield
        except (TimeoutError, aioimaplib.CommandTimeout) as error:
            self._protocol.fail(ConnectionLost("no answer in time"))
            raise ConnectionLost("the server did not answer in time") from error
        except (aioimaplib.AioImapException, OSError, ValueError, IndexError) as error:
            self._protocol.fail(ConnectionLost(str(error)))
            raise ConnectionLost(str(error)) from error
        except BaseException:
            self._protocol.fail(ConnectionLost("interrupted"))
            raise

    def _require_connection(self, unused: object = None) -> None:
        if self._protocol.lost.done():
            if asyncio.iscoroutine(unused):
                unused.close()
            raise ConnectionLost("the connection is gone")

    def _drop_old_news(self) -> None:
        while not self._protocol.idle_queue.empty():
            self._protocol.idle_queue.get_nowait()


async def connect(server: ImapServer, credentials: Credentials) -> ImapSession:
    """A session that is logged in. Raises `ConnectionLost`, `LoginRejected` or OSError."""
    context = tls_context(server.verify_certificate) if server.security != "none" else None
    protocol = SafeProtocol(MAX_LITERAL_BYTES)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(server.timeout_s):
        transport, _ = await loop.create_connection(
            lambda: protocol, server.host, server.port, ssl=context if server.security == "tls" else None
        )
    _keep_alive(transport.get_extra_info("socket"))
    session = ImapSession(protocol, server)
    try:
        await session.greet(context if server.security == "starttls" else None)
        await session.log_in(credentials)
    except BaseException:
        await session.close()
        raise
    return session


async def _end(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _keep_alive(connection: Any) -> None:
    """Notice a silently dead peer while idling."""
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        with contextlib.suppress(AttributeError, OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_S)


def _status_number(lines: Sequence[Any], name: bytes) -> int:
    for line in lines:
        words = bytes(line).upper().replace(b"]", b" ").replace(b"[", b" ").split()
        if name in words[:-1]:
            return int(words[words.index(name) + 1])
    return 0
