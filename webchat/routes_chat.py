"""The widget's endpoints. Every one but the socket needs the header `X-AXD-Chat`, which no foreign form can set."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Cookie, Depends, Header, Request, Response, UploadFile, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from pydantic import ValidationError
from redis.exceptions import RedisError

from kit.blobs import BlobStore
from kit.errors import AppError, Forbidden, Unauthenticated
from kit.sources import source_of
from webchat.conversation import Conversations, attachment_json
from webchat.hub import VisitorHub
from webchat.limits import HOUR_S, RateLimits
from webchat.schemas import Hello, StartInput
from webchat.service import ChatSessions, Visitor
from webchat.settings import ChatSettings, UploadSettings
from webchat.uploads import receive
from webchat.visitor_socket import TRY_AGAIN_LATER, Deliver, Inquire, KeepOnline, Reveal, VisitorSocket

VISITOR_COOKIE = "axd_visitor"
HELLO_TIMEOUT_S = 10.0
UNAUTHENTICATED = 4401
BAD_DATA = 1007


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRoom:
    """All that the chat's endpoints need; the adapter supplies `deliver`, `reveal` and `keep_online`."""

    sessions: ChatSessions
    conversations: Conversations
    hub: VisitorHub
    limits: RateLimits
    blobs: BlobStore
    deliver: Deliver
    inquire: Inquire
    reveal: Reveal
    keep_online: KeepOnline
    settings: ChatSettings
    uploads: UploadSettings


def own_script(x_axd_chat: Annotated[str | None, Header()] = None) -> None:
    """Refuses requests that our own script did not make."""
    if not x_axd_chat:
        raise Forbidden("This is for the chat widget only.", code="forgery")


Token = Annotated[str | None, Cookie(alias=VISITOR_COOKIE)]


def chat_routes(room: ChatRoom) -> APIRouter:
    routes = APIRouter(prefix="/chat/api", tags=["webchat"])
    _session_routes(routes, room)
    _file_routes(routes, room)

    @routes.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            hello = await _hello(websocket)
            if hello is not None:
                await _serve(room, websocket, hello)

    return routes


def _session_routes(routes: APIRouter, room: ChatRoom) -> None:
    @routes.get("/state", dependencies=[Depends(own_script)])
    async def state(token: Token = None) -> dict[str, Any]:
        now = await room.conversations.availability()
        return {
            **now.as_json(),
            "session": await _session_json(room, token),
            "max_files": room.uploads.count,
            "max_file_bytes": room.uploads.max_bytes,
            "max_text_chars": room.settings.max_text_chars,
        }

    @routes.post("/sessions", status_code=201, dependencies=[Depends(own_script)])
    async def start(asked: StartInput, request: Request, response: Response, token: Token = None) -> dict[str, str]:
        await room.limits.spend("chat", source_of(request), room.settings.sessions_per_hour, HOUR_S)
        visitor, token = await room.sessions.start(asked, token)
        secure = request.url.scheme == "https"
        max_age = room.settings.reopen_h * HOUR_S
        response.set_cookie(VISITOR_COOKIE, token, max_age=max_age, httponly=True, samesite="lax", secure=secure)
        return {"session_id": visitor.session_id}

    @routes.post("/ticket", dependencies=[Depends(own_script)])
    async def ticket(token: Token = None) -> dict[str, str]:
        visitor = await room.sessions.visitor(token)
        return {"ticket": await room.sessions.issue_ticket(visitor)}


async def _session_json(room: ChatRoom, token: str | None) -> dict[str, Any] | None:
    with contextlib.suppress(Unauthenticated):
        visitor = await room.sessions.visitor(token)
        status = await room.conversations.status(visitor)
        return {"session_id": visitor.session_id, "status": status["status"]}
    return None


def _file_routes(routes: APIRouter, room: ChatRoom) -> None:
    @routes.post("/uploads", status_code=201, dependencies=[Depends(own_script)])
    async def upload(file: UploadFile, request: Request, token: Token = None) -> dict[str, Any]:
        visitor = await room.sessions.visitor(token)
        await room.limits.spend("upload", source_of(request), room.settings.uploads_per_hour, HOUR_S)
        received = await receive(room.blobs, file, room.uploads.max_bytes)
        return attachment_json(await room.sessions.upload(visitor, received))

    @routes.get("/attachments/{attachment_id}")
    async def attachment(attachment_id: str, token: Token = None) -> Response:
        row = await room.sessions.attachment(await room.sessions.visitor(token), attachment_id)
        # Always a download and never a page of ours, whatever the bytes claim to be.
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.filename)}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        }
        return FileResponse(room.blobs.path(row.blob_key), media_type=row.media_type, headers=headers)


async def _hello(websocket: WebSocket) -> Hello | None:
    try:
        return Hello.model_validate_json(await asyncio.wait_for(websocket.receive_text(), HELLO_TIMEOUT_S))
    except (TimeoutError, ValidationError):
        await websocket.close(BAD_DATA)
        return None


async def _serve(room: ChatRoom, websocket: WebSocket, hello: Hello) -> None:
    try:
        visitor: Visitor = await room.sessions.redeem_ticket(hello.ticket)
    except Unauthenticated:
        await websocket.close(UNAUTHENTICATED)
        return
    except (AppError, RedisError, OSError):
        await websocket.close(TRY_AGAIN_LATER)
        return
    served = VisitorSocket(
        websocket,
        replace(visitor, language=hello.language or visitor.language),
        conversations=room.conversations,
        hub=room.hub,
        deliver=room.deliver,
        inquire=room.inquire,
        reveal=room.reveal,
        keep_online=room.keep_online,
        settings=room.settings,
    )
    await served.run(hello.after_seq)
