"""The pages that only show something: home, privacy, accessibility, and the files they load."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.routing import Mount

from kit.clock import Clock
from kit.errors import NotFound
from webchat.availability import LiveFigures, sentence
from webchat.catalogue import sentences
from webchat.pages import HEADERS, POLICY, Pages

STATIC = Path(__file__).parent / "static"
SECTIONS = {
    "privacy": ("collect", "use", "see", "keep", "right", "secret"),
    "accessibility": ("can", "problem", "checked"),
}


def static_files() -> Mount:
    """Widget, page script and style sheet; built from frontend/webchat."""
    return Mount("/chat/static", StaticFiles(directory=STATIC, check_dir=False), name="webchat-static")


def text_sections(page: str) -> list[dict[str, Any]]:
    """The paragraphs of a statement by catalogue key: `<part>` is a heading, `<part>_1…` and `<part>_text` its text."""
    keys = [key for key in sentences("zh-CN") if key.startswith(f"{page}.")]
    sections: list[dict[str, Any]] = [{"heading": "", "lines": [f"{page}.lead"]}] if f"{page}.lead" in keys else []
    for part in SECTIONS[page]:
        lines = [key for key in keys if key.startswith(f"{page}.{part}_")]
        sections.append({"heading": f"{page}.{part}" if lines else "", "lines": lines or [f"{page}.{part}"]})
    return sections


def missing_routes(pages: Pages) -> APIRouter:
    """The page for addresses that nothing else answers; to be mounted last. Programs get a problem document."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/{path:path}")
    async def missing(request: Request, path: str) -> Response:
        if path.startswith(("api/", "chat/")):
            raise NotFound
        return pages.problem(request, 404)

    return routes


def page_routes(pages: Pages, live: LiveFigures, clock: Clock, *, sip_origin: str = "") -> APIRouter:
    """`sip_origin`: where the home page calls by SIP over WebSocket; "" where the platform itself carries calls."""
    policy = f"{HEADERS[POLICY]}; connect-src 'self' {sip_origin}"
    routes = APIRouter(route_class=pages.route_class(), include_in_schema=False)

    @routes.get("/")
    async def home(request: Request) -> Response:
        now = await live()
        text = sentence(now, pages.translator(request), clock.now(), pages.zone)
        figures = {"reachable": now.reachable, "text": text}
        engine = "asterisk" if sip_origin else "embedded"
        page = pages.render(request, "home.html", here="home", now=figures, engine=engine)
        if sip_origin:
            page.headers[POLICY] = policy
        return page

    @routes.get("/privacy")
    async def privacy(request: Request) -> Response:
        return pages.render(request, "text.html", page="privacy", sections=text_sections("privacy"))

    @routes.get("/accessibility")
    async def accessibility(request: Request) -> Response:
        return pages.render(request, "text.html", page="accessibility", sections=text_sections("accessibility"))

    return routes
