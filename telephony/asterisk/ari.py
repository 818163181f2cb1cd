"""Asterisk's control interface (ARI): requests and events over one WebSocket, found again whenever it is lost.

https://docs.asterisk.org/Configuration/Interfaces/Asterisk-REST-Interface-ARI/ (Asterisk 22, "REST over WebSocket")
"""

import asyncio
import base64
import itertools
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from kit.errors import AppError, Unavailable
from telephony.asterisk.settings import AsteriskSettings

log = logging.getLogger(__name__)

Event = dict[str, Any]
OnEvent = Callable[[Event], None]
OnConnected = Callable[[], Awaitable[None]]

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
ANSWER_WITHIN_S = 10.0
SILENCE_S = 5.0
MAX_MESSAGE_BYTES = 64 * 2**20  # a list of thousands of channels
# Asterisk tells of every variable and step of its dial plan unless it is asked not to.
UNWANTED = ("ChannelVarset", "ChannelDialplan", "ChannelConnectedLine", "ChannelCallerId", "PeerStatusChange")


class AsteriskLost(Unavailable):
    code, title = "asterisk_lost", "The telephone system cannot be reached right now"


class AsteriskRefused(AppError):
    """`answer` is the HTTP status that Asterisk gave."""

    status, code, title = 502, "asterisk_refused", "The telephone system refused"

    def __init__(self, answer: int, what: str) -> None:
        super().__init__(what)
        self.answer = answer


class Ari:
    """One application's connection. Requests fail with `AsteriskLost` while there is none; none is repeated."""

    def __init__(self, settings: AsteriskSettings, password: str) -> None:
        self._settings, self._password = settings, password
        self._socket: ClientConnection | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Event]] = {}
        self._pause_s = SHORTEST_PAUSE_S

    @property
    def is_connected(self) -> bool:
        return self._socket is not None

    async def run(self, on_event: OnEvent, on_connected: OnConnected) -> None:
        """Until cancelled. `on_connected` is awaited after each connect, while events already arrive: reconcile there,
        because what happened meanwhile is told by nobody."""
        while True:
            try:
                await self._serve(on_event, on_connected)
            except (OSError, WebSocketException, TimeoutError, AppError) as error:
                log.warning("no connection to Asterisk (%s); trying again", type(error).__name__)
            await asyncio.sleep(self._pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    async def _serve(self, on_event: OnEvent, on_connected: OnConnected) -> None:
        async with connect(
            self._url(),
            additional_headers={"Authorization": f"Basic {self._credentials()}"},
            subprotocols=None,
            max_size=MAX_MESSAGE_BYTES,
            ping_interval=SILENCE_S,
            ping_timeout=SILENCE_S,
            proxy=None,
        ) as socket:
            reader = asyncio.create_task(self._read(socket, on_event))
            self._socket = socket
            try:
                await self._begin(on_connected)
                await reader
            finally:
                self._socket = None
                reader.cancel()
                with suppress(asyncio.CancelledError, WebSocketException):
                    await reader
                self._fail_waiting()

    async def _begin(self, on_connected: OnConnected) -> None:
        unwanted = {"disallowed": [{"type": kind} for kind in UNWANTED]}
        await self.request("PUT", f"applications/{self._settings.application}/eventFilter", body=unwanted)
        await on_connected()
        self._pause_s = SHORTEST_PAUSE_S
        log.info("connected to Asterisk")

    async def _read(self, socket: ClientConnection, on_event: OnEvent) -> None:
        async for message in socket:
            event: Event = json.loads(message)
            if event.get("type") == "RESTResponse":
                waiting = self._waiting.pop(event["request_id"], None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(event)
                continue
            try:
                on_event(event)
            except Exception:
                log.exception("an event of Asterisk was not understood: %s", event.get("type"))

    async def request(
        self, method: str, path: str, query: Mapping[str, str | int] | None = None, body: object | None = None
    ) -> Any:
        """The answer's JSON, None where it has none. Raises `AsteriskLost` or `AsteriskRefused`."""
        if self._socket is None:
            raise AsteriskLost
        number = str(next(self._numbers))
        self._waiting[number] = waiting = asyncio.get_running_loop().create_future()
        message = {"type": "RESTRequest", "request_id": number, "method": method, "uri": _uri(path, query)}
        if body is not None:
            message |= {"content_type": "application/json", "message_body": json.dumps(body)}
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await self._socket.send(json.dumps(message))
                answer = await waiting
        except (WebSocketException, TimeoutError) as error:
            raise AsteriskLost from error
        finally:
            self._waiting.pop(number, None)
        return _body(answer, f"{method} {path}")

    def _fail_waiting(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(AsteriskLost())
        self._waiting.clear()

    def _url(self) -> str:
        host = f"[{self._settings.ari_host}]" if ":" in self._settings.ari_host else self._settings.ari_host
        return f"ws://{host}:{self._settings.ari_port}/ari/events?{urlencode({'app': self._settings.application})}"

    def _credentials(self) -> str:
        return base64.b64encode(f"{self._settings.ari_user}:{self._password}".encode()).decode()


def _uri(path: str, query: Mapping[str, str | int] | None) -> str:
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _body(answer: Event, what: str) -> Any:
    text = answer.get("message_body") or ""
    if answer["status_code"] >= 400:
        raise AsteriskRefused(answer["status_code"], f"{what}: {answer['status_code']} {text[:200]}")
    return json.loads(text) if text else None
