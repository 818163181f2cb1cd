"""The HTTP side: citizens' pages and chat, the desk's interface and its pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import select

import desk
from channels.registry import PREFIX
from desk.administration.routes import routes as administration
from desk.bots.routes import routes as bots
from desk.calls.routes import routes as calls
from desk.cases.routes import routes as cases
from desk.citizens.routes import routes as citizens
from desk.citizens.routes_identity import routes as identity
from desk.feed.routes import routes as feed
from desk.inbox.routes import routes as inbox
from desk.inbox.routes_messages import routes as messages
from desk.letters.routes import routes as letters
from desk.lines.routes import routes as lines
from desk.lines.routes_departments import routes as departments
from desk.mailboxes.routes import routes as mailboxes
from desk.quarantine.routes import routes as quarantine
from desk.search.routes import routes as search
from desk.session.routes import routes as session
from desk.sms.routes import routes as sms
from desk.supervision.routes import routes as supervision
from desk.telephone.routes import routes as telephone
from desk.telephone.routes_editing import routes as telephone_editing
from desk.telephone.routes_prompts import routes as telephone_prompts
from desk.telephone.routes_supervision import routes as telephone_supervision
from desk.telephone.routes_trial import routes as telephone_trial
from desk.texts.routes import routes as texts
from kit.access import Access
from kit.body_limit import BodyLimit
from kit.problems import install_error_handlers
from records.staff.tables import WorkspaceRow
from server.calls import issue_pass, serve_visitor
from server.loops import background
from server.settings import Settings
from server.wiring import Services, build
from telephony.prompts.store import MAX_BYTES as MOST_PROMPT_BYTES
from webchat.limits import RateLimits
from webchat.multipart import largest_form
from webchat.routes_calls import call_routes
from webchat.routes_pages import missing_routes, page_routes, static_files

DESK_ROUTES: tuple[APIRouter, ...] = (
    session,
    inbox,
    messages,
    citizens,
    identity,
    texts,
    cases,
    search,
    supervision,
    administration,
    letters,
    lines,
    departments,
    mailboxes,
    sms,
    bots,
    quarantine,
    feed,
    calls,
    telephone,
    telephone_editing,
    telephone_prompts,
    telephone_supervision,
    telephone_trial,
)
MOST_BODY_BYTES = 1024 * 1024
FORM_OVERHEAD_BYTES = 64 * 1024
DESK_PAGES = Path(desk.__file__).parent / "static"
DESK_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(settings: Settings) -> FastAPI:
    """The application of one web process. Connects to nothing before it starts."""
    services = build(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with background(services):
            yield
        await services.close()

    # No page that describes the interface to strangers, with scripts of a third party: see `axd openapi`.
    app = FastAPI(title="AXD", version="0.1.0", lifespan=lifespan, openapi_url=None)
    app.add_middleware(BodyLimit, most_bytes=MOST_BODY_BYTES, forms=_forms(services))
    app.state.services = services
    install_error_handlers(app)
    for routes in DESK_ROUTES:
        app.include_router(routes)
    app.include_router(services.chat.routes(services.direct_intake(services.chat)))
    app.include_router(_call_routes(services))
    app.include_router(services.form.routes(services.direct_intake(services.form)))
    app.include_router(services.sms.routes(services.store_intake))
    app.include_router(services.telegram.routes(services.store_intake))
    for channel, plugin in services.plugins.items():
        if hasattr(plugin, "routes"):
            app.include_router(plugin.routes(services.store_intake), prefix=f"{PREFIX}/{channel}")
    live, clock = services.chat.conversations.availability, services.database.clock
    app.include_router(page_routes(services.pages, live, clock, sip_origin=services.phones.sip_origin))
    app.routes.append(static_files())
    _add_health(app, services)
    _add_desk_pages(app)
    app.include_router(missing_routes(services.pages))
    return app


def _call_routes(services: Services) -> APIRouter:
    limits = RateLimits(services.redis, str(services.access.workspace_id))
    calls_per_hour = services.settings.citizens.chat.calls_per_hour
    return call_routes(services.chat.sessions, limits, calls_per_hour, serve_visitor(services), issue_pass(services))


def _forms(services: Services) -> dict[str, int]:
    """The addresses that take files, and the most bytes of one request there."""
    uploads = services.settings.citizens.uploads
    return {
        "/form": largest_form(uploads),
        "/status/note": largest_form(uploads),
        "/chat/api/uploads": uploads.max_bytes + FORM_OVERHEAD_BYTES,
        "/api/desk/telephone/prompts": MOST_PROMPT_BYTES,
        "/api/desk/uploads": services.desk.max_upload_bytes + FORM_OVERHEAD_BYTES,
    }


def _add_health(app: FastAPI, services: Services) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def health() -> Response:
        async with services.database.unit_of_work(Access.platform(), read_only=True) as uow:
            await uow.session.execute(select(WorkspaceRow.id).limit(1))
        await services.redis.ping()
        return JSONResponse({"status": "ok"})


def _add_desk_pages(app: FastAPI) -> None:
    assets = StaticFiles(directory=DESK_PAGES / "assets", check_dir=False)
    app.mount("/desk/assets", assets, name="desk-assets")

    @app.get("/desk", include_in_schema=False)
    async def entrance() -> Response:
        return RedirectResponse("/desk/")

    @app.get("/desk/{path:path}", include_in_schema=False)
    async def page(request: Request, path: str) -> Response:
        del request, path
        return FileResponse(DESK_PAGES / "index.html", headers=DESK_HEADERS)
