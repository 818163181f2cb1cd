"""Citizens and agents as the platform sees them from outside: HTTP and WebSocket only, nothing of its code."""

import asyncio
import json
import secrets
import string
import time
from collections.abc import AsyncIterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

WIDGET = {"X-AXD-Chat": "1"}
SESSION_COOKIE = "axd_session"
VISITOR_COOKIE = "axd_visitor"
_ALPHABET = string.ascii_letters + string.digits


def random_password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(20))


def forgetful_client(timeout_s: float) -> httpx.AsyncClient:
    """A client that many visitors can share: it keeps nobody's cookies."""
    client = httpx.AsyncClient(timeout=timeout_s, trust_env=False)
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


class Visitor:
    """One citizen's chat. `http`: a `forgetful_client`; `base`: the platform's address, such as http://127.0.0.1:8000."""

    def __init__(self, http: httpx.AsyncClient, base: str) -> None:
        self._http = http
        self._base = base
        self._token = ""
        self.session_id = ""
        self.socket: ClientConnection | None = None

    async def open(self, topic: str = "inquiry") -> None:
        """Begin a session; the token is kept as a browser keeps its cookie."""
        answer = await self._http.post(
            f"{self._base}/chat/api/sessions", json={"language": "zh-CN", "topic": topic}, headers=WIDGET
        )
        answer.raise_for_status()
        self._token = answer.cookies[VISITOR_COOKIE]
        self.session_id = answer.json()["session_id"]

    async def connect(self, after_seq: int = 0) -> dict[str, Any]:
        """Open the socket; returns the welcome."""
        cookie = {"Cookie": f"{VISITOR_COOKIE}={self._token}"}
        answer = await self._http.post(f"{self._base}/chat/api/ticket", headers={**WIDGET, **cookie})
        answer.raise_for_status()
        url = self._base.replace("http", "ws", 1) + "/chat/api/socket"
        self.socket = await connect(url, proxy=None, compression=None, ping_interval=None)
        await self._send({"type": "hello", "ticket": answer.json()["ticket"], "after_seq": after_seq})
        return await self.receive()

    async def say(self, client_msg_id: str, text: str) -> None:
        await self._send({"type": "message", "client_msg_id": client_msg_id, "text": text, "attachment_ids": []})

    async def receive(self) -> dict[str, Any]:
        """The next frame. Raises websockets' ConnectionClosed."""
        if self.socket is None:
            raise RuntimeError("the socket is not open")
        frame: dict[str, Any] = json.loads(await self.socket.recv())
        return frame

    async def acknowledged(self, client_msg_id: str, timeout_s: float = 10.0) -> int:
        """Wait for the acknowledgement of one message; returns its seq."""
        async with asyncio.timeout(timeout_s):
            while True:
                frame = await self.receive()
                if frame["type"] == "ack" and frame["client_msg_id"] == client_msg_id:
                    return int(frame["seq"])

    async def close(self) -> None:
        if self.socket is not None:
            await self.socket.close()

    async def _send(self, frame: dict[str, Any]) -> None:
        if self.socket is None:
            raise RuntimeError("the socket is not open")
        await self.socket.send(json.dumps(frame, ensure_ascii=False))


class DeskClient:
    """One signed-in member of staff."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._http = httpx.AsyncClient(base_url=f"{base}/api/desk/", timeout=10, trust_env=False)
        self._csrf = ""
        self.account_id = ""

    async def sign_in(self, login: str, password: str) -> str:
        """Sign in, choosing a password of one's own where that is asked for; returns the password that holds now."""
        session = await self._login(login, password)
        if session["account"]["must_change_password"]:
            chosen = random_password()
            await self.post("password", {"current": password, "new": chosen})
            password = chosen
            await self._login(login, password)
        return password

    async def _login(self, login: str, password: str) -> dict[str, Any]:
        answer = await self._http.post("login", json={"login": login, "password": password})
        answer.raise_for_status()
        session: dict[str, Any] = answer.json()
        self._csrf, self.account_id = session["csrf_token"], session["account"]["id"]
        return session

    async def get(self, path: str, **params: str) -> Any:
        answer = await self._http.get(path, params=params)
        answer.raise_for_status()
        return answer.json()

    async def download(self, path: str) -> bytes:
        """A file as it is handed out."""
        answer = await self._http.get(path)
        answer.raise_for_status()
        return answer.content

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Raises httpx.HTTPStatusError for a refusal, other httpx errors when the outcome is unknown."""
        return await self.send("POST", path, json=body)

    async def send(self, method: str, path: str, **body: Any) -> Any:
        """The same by any method. `body`: as httpx takes it, such as `json` or `data` with `files`."""
        answer = await self._http.request(method, path, headers={"X-CSRF-Token": self._csrf}, **body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def events(self, after: str) -> AsyncIterator[dict[str, Any]]:
        """Frames of the desk's socket from the cursor `after`, until the connection ends; pings are answered.

        Each frame gets `received_at`, seconds of `time.perf_counter`.
        """
        url = f"{self._base.replace('http', 'ws', 1)}/api/desk/events?after={after}"
        cookie = f"{SESSION_COOKIE}={self._http.cookies[SESSION_COOKIE]}"
        headers = {"Cookie": cookie, "Origin": self._base}
        async with connect(
            url, additional_headers=headers, proxy=None, compression=None, ping_interval=None, max_size=None
        ) as socket:
            async for text in socket:
                frame = json.loads(text)
                frame["received_at"] = time.perf_counter()
                if frame["type"] == "ping":
                    await socket.send('{"type":"pong"}')
                yield frame

    async def close(self) -> None:
        await self._http.aclose()
