"""Providers of text messages, written from what they publish: they take texts and call the platform back.

Signatures are worked out here once more, by the documents and not by the product.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from httpx import AsyncClient
from httpx import Response as Answer

from tests.support.http_server import HttpServer
from tests.support.sms_accounts import SECRET

REFUSED = "+8613900009999"


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A text that the provider took, under `id`. `text` or the template, whichever it was handed."""

    id: str
    recipient: str
    text: str = ""
    template: str = ""
    variables: Any = None
    reference: str = ""


@dataclass(kw_only=True)
class SmsProvider:
    """All kinds at one address. `troubles` are statuses answered before anything is taken, one each; `refuses` free
    text when asked to. `forgeries` counts calls whose signature was wrong. `media` are files, `moved` those that lie
    elsewhere, by name."""

    server: HttpServer
    taken: list[Handed] = field(default_factory=list)
    troubles: list[int] = field(default_factory=list)
    asked: int = 0
    forgeries: int = 0
    refuses_free_text: bool = False
    media: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    media_asked: int = 0
    on_taken: Callable[[Handed], Any] | None = None

    @property
    def url(self) -> str:
        return self.server.url

    def trouble(self) -> Response | None:
        self.asked += 1
        if not self.troubles:
            return None
        headers = {"Retry-After": "0"}
        return JSONResponse({"code": 20429, "message": "later"}, self.troubles.pop(0), headers)

    async def take(self, handed: Handed) -> None:
        self.taken.append(handed)
        if self.on_taken is not None:
            await self.on_taken(handed)

    def forged(self) -> Response:
        self.forgeries += 1
        return JSONResponse({"code": 20003, "message": "Authenticate"}, 401)

    def new_id(self) -> str:
        return f"P{len(self.taken) + 1:06d}"


def provider() -> SmsProvider:
    """Not started yet: `await it.server.start()`."""
    app = FastAPI()
    made = SmsProvider(server=HttpServer(app))
    _twilio(app, made)
    _generic(app, made)
    _in_china(app, made)
    return made


def _twilio(app: FastAPI, peer: SmsProvider) -> None:
    @app.get("/2010-04-01/Accounts/{sid}.json")
    async def account(sid: str) -> Any:
        return peer.trouble() or {"sid": sid, "status": "active"}

    @app.get("/2010-04-01/Accounts/{sid}/Messages/MM1/Media/{name}")
    async def media(request: Request, sid: str, name: str) -> Any:
        peer.media_asked += 1
        if (
            base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
            != f"{sid}:{SECRET}"
        ):
            return peer.forged()
        if name in peer.moved:
            return Response(status_code=307, headers={"Location": peer.moved[name]})
        return peer.trouble() or Response(peer.media.get(name, b""), status_code=200 if name in peer.media else 404)

    @app.post("/2010-04-01/Accounts/{sid}/Messages.json")
    async def messages(request: Request, sid: str) -> Any:
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        if pair != f"{sid}:{SECRET}":
            return peer.forged()
        trouble = peer.trouble()
        if trouble is not None:
            return trouble
        fields = dict(parse_qsl((await request.body()).decode()))
        if fields["To"] == REFUSED:
            return JSONResponse({"code": 21211, "message": "Invalid 'To' Phone Number"}, 400)
        if peer.refuses_free_text and "ContentSid" not in fields:
            return JSONResponse({"code": 63016, "message": "Free text is not allowed"}, 400)
        handed = Handed(
            id=peer.new_id(),
            recipient=fields["To"],
            text=fields.get("Body", ""),
            template=fields.get("ContentSid", ""),
            variables=json.loads(fields.get("ContentVariables", "null")),
        )
        await peer.take(handed)
        return JSONResponse({"sid": handed.id, "status": "queued", "num_segments": "1"}, 201)


def _generic(app: FastAPI, peer: SmsProvider) -> None:
    @app.post("/send")
    async def send(request: Request) -> Any:
        if request.headers["x-token"] != SECRET:
            return peer.forged()
        trouble = peer.trouble()
        if trouble is not None:
            return trouble
        body = await request.json()
        handed = Handed(id=peer.new_id(), recipient=body["to"], text=body["content"], reference=body["msg"]["ref"])
        await peer.take(handed)
        return {"code": 0, "msg": "ok", "data": [{"id": handed.id}]}


def _in_china(app: FastAPI, peer: SmsProvider) -> None:
    @app.post("/")
    async def call(request: Request) -> Any:
        body = await request.body()
        return await (_tencent(request, body, peer) if "x-tc-action" in request.headers else _aliyun(body, peer))


async def _aliyun(body: bytes, peer: SmsProvider) -> Any:
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signature = fields.pop("Signature")
    canonical = "&".join(f"{quote(key, safe='~')}={quote(fields[key], safe='~')}" for key in sorted(fields))
    text = f"POST&%2F&{quote(canonical, safe='~')}"
    right = base64.b64encode(hmac.new(f"{SECRET}&".encode(), text.encode(), hashlib.sha1).digest()).decode()
    if signature != right:
        peer.forgeries += 1
        return {"Code": "SignatureDoesNotMatch"}
    if peer.troubles:
        peer.troubles.pop(0)
        return {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发分钟级流控"}
    handed = Handed(
        id=peer.new_id(),
        recipient=fields["PhoneNumbers"],
        template=fields["TemplateCode"],
        variables=json.loads(fields["TemplateParam"]),
        reference=fields["OutId"],
    )
    await peer.take(handed)
    return {"Code": "OK", "Message": "OK", "BizId": handed.id, "RequestId": "R1"}


async def _tencent(request: Request, body: bytes, peer: SmsProvider) -> Any:
    if not _tencent_signature_is_right(request, body):
        peer.forgeries += 1
        return {"Response": {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": "签名错误"}}}
    fields = json.loads(body)
    if request.headers["x-tc-action"] != "SendSms":
        return {"Response": {"RequestId": "R1"}}
    handed = Handed(
        id=peer.new_id(),
        recipient=fields["PhoneNumberSet"][0],
        template=fields["TemplateId"],
        variables=fields["TemplateParamSet"],
        reference=fields["SessionContext"],
    )
    await peer.take(handed)
    return {"Response": {"SendStatusSet": [{"SerialNo": handed.id, "Code": "Ok", "Message": "send success"}]}}


def _tencent_signature_is_right(request: Request, body: bytes) -> bool:
    date = request.headers["authorization"].split("/")[1]
    hashed = hashlib.sha256(body).hexdigest()
    canonical = "\n".join(
        [
            "POST",
            "/",
            "",
            f"content-type:{request.headers['content-type']}",
            f"host:{request.headers['host']}",
            "",
            "content-type;host",
            hashed,
        ]
    )
    stamp, scope = request.headers["x-tc-timestamp"], f"{date}/sms/tc3_request"
    text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("TC3" + SECRET).encode()
    for step in (date, "sms", "tc3_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    right = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return request.headers["authorization"].endswith(f"Signature={right}")


async def twilio_calls(
    client: AsyncClient, url: str, fields: dict[str, str], *, secret: str = SECRET, signed_for: str = ""
) -> Answer:
    """A call of Twilio, signed."""
    text = (signed_for or url) + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return await client.post(url, content=urlencode(fields), headers=headers)


async def generic_calls(client: AsyncClient, url: str, body: bytes, *, secret: str = SECRET) -> Answer:
    """A call of the described provider, signed over the bytes as they are."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return await client.post(url, content=body, headers={"X-Signature": signature})
