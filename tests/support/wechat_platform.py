"""The platform of WeChat official accounts for tests, written from its published protocol.

It signs and encrypts what citizens write, repeats what is not answered with `success`, gives access tokens that expire
and can be revoked, keeps media, and refuses answers as the platform does.
"""

import base64
import json
import secrets
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from axd_wechat.signing import signature
from kit.clock import Clock
from tests.support.http_server import HttpServer, served

APP_ID, APP_SECRET, TOKEN = "wx5823bf96d3bd56c7", "secret-of-the-app", "token-of-the-account"
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
ACCOUNT, CITIZEN, GONE = "gh_b629c48b653e", "oia2TjjewbmiOUlr6X-1crbLOvLw", "o-who-wrote-long-ago"
BLOCK = 32


def encrypt(xml: str, app_id: str = APP_ID) -> str:
    """By the platform's scheme: 16 random bytes, length, message, account; AES-256-CBC, padded to 32 bytes."""
    content = secrets.token_bytes(16) + struct.pack(">I", len(xml.encode())) + xml.encode() + app_id.encode()
    padding = BLOCK - len(content) % BLOCK
    key = base64.b64decode(AES_KEY + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()).decode()


def message_xml(kind: str, *, sender: str = CITIZEN, created: int = 0, **fields: str) -> str:
    values = {"ToUserName": ACCOUNT, "FromUserName": sender, "CreateTime": str(created), "MsgType": kind, **fields}
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in values.items())
    return f"<xml>{inner}</xml>"


@dataclass
class WeChatPlatform:
    """`callback` is our address; `closed` are citizens whose 48 hours are over, `limit` how many answers each takes."""

    clock: Clock
    server: HttpServer = field(init=False)
    callback: str = ""
    encrypts: bool = True
    tokens: int = 0
    token_asked: list[dict[str, Any]] = field(default_factory=list)
    revoked: bool = False
    sent: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    uploads: list[bytes] = field(default_factory=list)
    limit: int = 20
    busy: bool = False

    @property
    def token(self) -> str:
        return f"access-token-{self.tokens}"

    def query(self, *more: str, **changes: str) -> dict[str, str]:
        timestamp, nonce = str(int(self.clock.now().timestamp())), secrets.token_hex(5)
        signed = {"timestamp": timestamp, "nonce": nonce, "signature": signature(TOKEN, timestamp, nonce)}
        if more:
            signed |= {"encrypt_type": "aes", "msg_signature": signature(TOKEN, timestamp, nonce, *more)}
        return {**signed, **changes}

    async def says(self, xml: str, **changes: str) -> httpx.Response:
        """Post a message as the platform does; `changes` forge the query."""
        body, query = xml, self.query(**changes)
        if self.encrypts:
            encrypted = encrypt(xml)
            body = (
                f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
            )
            query = {**self.query(encrypted), **changes}
        return await self.post(body, query)

    async def post(self, body: str, query: Mapping[str, str]) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.post(f"{self.callback}?{urlencode(query)}", content=body.encode())

    def give_token(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.token_asked.append(asked)
        if (asked.get("appid"), asked.get("secret")) != (APP_ID, APP_SECRET):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        if self.tokens == 0 or asked.get("force_refresh"):
            self.tokens, self.revoked = self.tokens + 1, False
        return {"access_token": self.token, "expires_in": 7200}

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["touser"] == GONE:
            return {"errcode": 45015, "errmsg": "response out of time limit or subscription is canceled"}
        if len([one for one in self.sent if one["touser"] == message["touser"]]) >= self.limit:
            return {"errcode": 45047, "errmsg": "out of response count limit"}
        if len(message.get("text", {}).get("content", "").encode()) > 2048:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        self.sent.append(message)
        return {"errcode": 0, "errmsg": "ok"}


def _app(platform: WeChatPlatform) -> FastAPI:
    app = FastAPI()

    @app.post("/cgi-bin/stable_token")
    async def token(request: Request) -> Response:
        return JSONResponse(platform.give_token(await request.json()))

    @app.api_route("/cgi-bin/{path:path}", methods=["GET", "POST"])
    async def ask(path: str, request: Request, access_token: str = "", media_id: str = "") -> Response:
        if platform.busy:
            return Response(status_code=502)
        if access_token != platform.token or platform.revoked:
            return JSONResponse({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid"})
        if path == "message/custom/send":
            return JSONResponse(platform.take(json.loads(await request.body())))
        if path == "media/upload":
            async with request.form() as form:
                platform.uploads.append(await form["media"].read())  # type: ignore[union-attr]
            return JSONResponse({"type": "image", "media_id": f"up{len(platform.uploads)}", "created_at": 1})
        if path == "media/get":
            if media_id not in platform.media:
                return JSONResponse({"errcode": 40007, "errmsg": "invalid media_id"})
            return Response(platform.media[media_id], media_type="application/octet-stream")
        return JSONResponse({"ip_list": ["127.0.0.1"]})

    return app


@asynccontextmanager
async def wechat_platform(clock: Clock) -> AsyncIterator[WeChatPlatform]:
    platform = WeChatPlatform(clock)
    async with served(_app(platform)) as server:
        platform.server = server
        yield platform
