"""The call button's socket: who gets one, and how often one may call."""

from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI, WebSocket
from httpx import ASGITransport, AsyncClient

from kit.errors import TooMany
from kit.problems import install_error_handlers
from tests.support.asgi_socket import AsgiSocket, connected
from tests.support.citizens import OWN_SCRIPT, CitizenSide
from webchat.limits import RateLimits
from webchat.routes_calls import CallPass, call_routes
from webchat.service import Visitor

CALLS_PER_HOUR = 2


@pytest.fixture
def callers(side: CitizenSide, redis_url: str) -> tuple[FastAPI, list[str]]:
    """The routes over a room that says who was served, and counts each frame as a call."""
    app, served = FastAPI(), list[str]()

    async def serve(socket: WebSocket, visitor: Visitor, may_call: Callable[[], Awaitable[None]]) -> None:
        served.append(visitor.session_id)
        while True:
            await socket.receive_text()
            try:
                await may_call()
                await socket.send_json({"type": "answer"})
            except TooMany:
                await socket.send_json({"type": "refused"})

    limits = RateLimits(side.chat._redis, str(side.world.access.workspace_id))
    install_error_handlers(app)
    app.include_router(call_routes(side.chat.sessions, limits, CALLS_PER_HOUR, serve, issue))
    return app, served


def issue(visitor: Visitor, language: str) -> CallPass:
    said = f"{visitor.session_id} {language}"
    return CallPass(url="wss://hotline.example/ws", uri="sip:web@axd", number="hotline", call_pass=said, ice_servers=[])


async def ticket(side: CitizenSide) -> tuple[str, str]:
    browser = side.browser()
    started = await browser.post("/chat/api/sessions", json={"language": "zh-CN"}, headers=OWN_SCRIPT)
    issued = await browser.post("/chat/api/ticket", headers=OWN_SCRIPT)
    return started.json()["session_id"], issued.json()["ticket"]


async def test_a_ticket_opens_one_socket_for_its_visitor(side: CitizenSide, callers: tuple[FastAPI, list[str]]) -> None:
    app, served = callers
    session_id, secret = await ticket(side)
    async with connected(app, "/chat/api/call") as page:
        page.say({"ticket": secret})
        page.say({"type": "call"})
        await page.hears("answer")
    assert served == [session_id]
    async with connected(app, "/chat/api/call") as page:
        page.say({"ticket": secret})
        assert await page.closes() == 4401


async def test_calls_are_limited_by_source(side: CitizenSide, callers: tuple[FastAPI, list[str]]) -> None:
    app, _ = callers
    page: AsgiSocket
    for _ in range(CALLS_PER_HOUR):
        async with connected(app, "/chat/api/call") as page:
            page.say({"ticket": (await ticket(side))[1]})
            page.say({"type": "call"})
            await page.hears("answer")
    async with connected(app, "/chat/api/call") as page:
        page.say({"ticket": (await ticket(side))[1]})
        page.say({"type": "call"})
        await page.hears("refused")


async def test_a_pass_for_a_call_by_sip_is_for_one_visitor_and_counts_as_a_call(
    side: CitizenSide, callers: tuple[FastAPI, list[str]]
) -> None:
    browser = side.browser()
    started = await browser.post("/chat/api/sessions", json={"language": "zh-CN"}, headers=OWN_SCRIPT)
    async with AsyncClient(transport=ASGITransport(app=callers[0]), base_url="http://axd") as page:
        answers = [await page.post("/chat/api/call-pass", json={"language": "en"}, headers=OWN_SCRIPT)]
        page.cookies = browser.cookies
        answers.append(await page.post("/chat/api/call-pass", json={"language": "en"}))
        for _ in range(CALLS_PER_HOUR + 1):
            answers.append(await page.post("/chat/api/call-pass", json={"language": "en"}, headers=OWN_SCRIPT))
    assert [answer.status_code for answer in answers] == [401, 403, 200, 200, 429]
    assert answers[2].json()["call_pass"] == f"{started.json()['session_id']} en"


async def test_what_is_no_ticket_is_shown_the_door(callers: tuple[FastAPI, list[str]]) -> None:
    app, served = callers
    async with connected(app, "/chat/api/call") as page:
        page.say({"hello": "there"})
        assert await page.closes() == 1007
    assert served == []
