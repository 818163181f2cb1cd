"""Rendering: one Jinja environment for each language, the visitor's cookie, forged posts, errors as pages."""

import logging
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from kit.clock import Clock
from kit.errors import AppError, Forbidden
from kit.ids import new_token
from kit.problems import COME_AGAIN, RETRY_AFTER_S
from kit.secret_box import SecretBox
from webchat.catalogue import Translator, choose_language
from webchat.figures import FILTERS
from webchat.settings import CitizenSettings

log = logging.getLogger(__name__)

LANGUAGE_COOKIE = "axd_lang"
BROWSER_COOKIE = "axd_browser"
YEAR_S = 365 * 24 * 3600
POLICY = "Content-Security-Policy"
HEADERS = {
    "Cache-Control": "no-store",
    POLICY: "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PROBLEMS = {403: "forgery", 404: "not_found", 413: "too_large", 429: "too_many", 503: "unavailable"}


class Forgery(Forbidden):
    """A form that did not come from our own page, or from one that is too old."""

    code, title = "forgery", "This page was open too long"


class FieldErrors(dict[str, str]):
    """Sentences by field, in the order of the form; a field without one reads as empty."""

    def __missing__(self, field: str) -> str:
        return ""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("webchat"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment


class Pages:
    """What every page needs. `box` signs the forms."""

    def __init__(self, settings: CitizenSettings, box: SecretBox, clock: Clock) -> None:
        self.settings = settings
        self.zone = ZoneInfo(settings.site.time_zone)
        self._box = box
        self._clock = clock

    def translator(self, request: Request) -> Translator:
        """The visitor's language: asked for, else remembered, else Chinese."""
        return Translator(choose_language(request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)))

    def browser(self, request: Request) -> str:
        """The secret of this browser, by which it finds its own half-filled form again; new on the first page."""
        if not hasattr(request.state, "browser"):
            request.state.browser = request.cookies.get(BROWSER_COOKIE) or new_token()
        token: str = request.state.browser
        return token

    def require_own_form(self, request: Request, signature: object) -> None:
        """Refuse a post that another site made the browser send. Raises `Forgery`."""
        token = request.cookies.get(BROWSER_COOKIE, "")
        if not token or not self._box.verify("form", token, str(signature or "")):
            raise Forgery

    def render(self, request: Request, template: str, *, here: str = "", status: int = 200, **context: Any) -> Response:
        """A page in the visitor's language, with the browser's cookie and a signature for its forms."""
        t, browser = self.translator(request), self.browser(request)
        body = (
            _environment()
            .get_template(template)
            .render(
                t=t,
                at=self._clock.now(),
                zone=self.zone,
                lang=t.language,
                other_lang=t.other_language,
                site=self.settings.site,
                limits=self.settings.uploads,
                csrf=self._box.sign("form", browser),
                here=here,
                **context,
            )
        )
        response = HTMLResponse(body, status_code=status, headers=HEADERS)
        secure = request.url.scheme == "https"
        if request.cookies.get(BROWSER_COOKIE) != browser:
            response.set_cookie(BROWSER_COOKIE, browser, max_age=YEAR_S, httponly=True, samesite="lax", secure=secure)
        if "lang" in request.query_params:
            response.set_cookie(LANGUAGE_COOKIE, t.language, max_age=YEAR_S, samesite="lax", secure=secure)
        return response

    def problem(self, request: Request, status: int, **figures: Any) -> Response:
        """What happened, what is safe, what to do; for people."""
        limits = self.settings.uploads
        known = {"minutes": 1, "count": limits.count, "size": limits.size_mb, **figures}
        name = PROBLEMS.get(status, "unexpected")
        page = self.render(request, "problem.html", status=status, problem=name, figures=known)
        if status in COME_AGAIN:
            page.headers["Retry-After"] = RETRY_AFTER_S
        return page

    def route_class(self) -> type[APIRoute]:
        """Routes whose failures are pages instead of problem documents."""
        pages = self

        class PageRoute(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                inner = super().get_route_handler()

                async def handle(request: Request) -> Response:
                    try:
                        return await inner(request)
                    except AppError as error:
                        return pages.problem(request, error.status, **error.extras)
                    except RequestValidationError:
                        return pages.problem(request, 404)
                    except HTTPException as error:
                        return pages.problem(request, error.status_code)
                    except (RedisError, OSError):
                        log.exception("a page could not be made")
                        return pages.problem(request, 503)
                    except Exception:
                        log.exception("unexpected failure of %s %s", request.method, request.url.path)
                        return pages.problem(request, 500)

                return handle

        return PageRoute


def see_other(address: str) -> Response:
    """Post, redirect, get: a reload must not send a form again."""
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
