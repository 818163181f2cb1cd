"""The call button's endpoints: a socket for a visitor who has a ticket, or a pass for a call through Asterisk.

What is said on the socket is the telephony room's.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from redis.exceptions import RedisError

from kit.errors import AppError, NotFound, Unauthenticated
from kit.sources import source_of
from webchat.limits import HOUR_S, RateLimits
from webchat.routes_chat import Token, own_script
from webchat.service import ChatSessions, Visitor

HELLO_TIMEOUT_S = 10.0
UNAUTHENTICATED = 4401
BAD_DATA = 1007
TRY_AGAIN_LATER = 1013

ServeCall = Callable[[WebSocket, Visitor, Callable[[], Awaitable[None]]], Awaitable[None]]
"""Serves the accepted socket of a visitor; asks the third argument before each call, which raises `TooMany`."""


class _Hello(BaseModel):
    model_config = ConfigDict(frozen=True)

    ticket: str = Field(max_length=100)


class PassInput(BaseModel):
    model_config = ConfigDict(frozen=True)

    language: Literal["zh-CN", "en"] = "zh-CN"


class CallPass(BaseModel):
    """What a page needs for one call through Asterisk: SIP over WebSocket at `url` as `uri`, `number` dialled, and
    `call_pass` in the header `X-AXD-Pass`, good once and for a minute."""

    url: str
    uri: str
    number: str
    call_pass: str
    ice_servers: list[dict[str, Any]]


IssuePass = Callable[[Visitor, str], CallPass]
"""For a visitor and the language that he is spoken to in."""


def call_routes(
    sessions: ChatSessions, limits: RateLimits, calls_per_hour: int, serve: ServeCall, issue: IssuePass | None = None
) -> APIRouter:
    """`issue` is None where pages do not call by SIP."""
    routes = APIRouter(prefix="/chat/api", tags=["webchat"])

    @routes.post("/call-pass", dependencies=[Depends(own_script)])
    async def call_pass(asked: PassInput, request: Request, token: Token = None) -> CallPass:
        visitor = await sessions.visitor(token)
        if issue is None:
            raise NotFound("Calls are not made by SIP here.")
        await limits.spend("call", source_of(request), calls_per_hour, HOUR_S)
        return issue(visitor, asked.language)

    @routes.websocket("/call")
    async def call(websocket: WebSocket) -> None:
        await websocket.accept()

        async def may_call() -> None:
            await limits.spend("call", source_of(websocket), calls_per_hour, HOUR_S)

        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            visitor = await _visitor(websocket, sessions)
            if visitor is not None:
                await serve(websocket, visitor, may_call)

    return routes


async def _visitor(websocket: WebSocket, sessions: ChatSessions) -> Visitor | None:
    """Who holds the ticket of the first frame; without one the socket is closed."""
    try:
        hello = _Hello.model_validate_json(await asyncio.wait_for(websocket.receive_text(), HELLO_TIMEOUT_S))
        return await sessions.redeem_ticket(hello.ticket)
    except (TimeoutError, ValidationError):
        await websocket.close(BAD_DATA)
    except Unauthenticated:
        await websocket.close(UNAUTHENTICATED)
    except (AppError, RedisError, OSError):
        await websocket.close(TRY_AGAIN_LATER)
    return None
