"""Rating a closed contact, by a signed link or, in the browser of the chat, by its session; without any script."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from kit.errors import Conflict, NotFound, Unauthenticated
from kit.secret_box import SecretBox
from kit.sources import source_of
from records.citizens.satisfaction import BEST, MOST_COMMENT_CHARS, WORST, Rating
from webchat.limits import HOUR_S, RateLimits
from webchat.multipart import small_form
from webchat.pages import FieldErrors, Pages, see_other
from webchat.rating_links import contact_of
from webchat.ratings import Rateable, Ratings
from webchat.routes_chat import VISITOR_COOKIE
from webchat.service import ChatSessions

SCALE = tuple(range(BEST, WORST + 1))
TRIES_PER_HOUR = 60
BY_PAGE = "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRoom:
    """All that the page needs."""

    pages: Pages
    ratings: Ratings
    sessions: ChatSessions
    limits: RateLimits
    box: SecretBox

    async def by_link(self, token: str) -> Rateable:
        """Raises `NotFound` for a link that is not ours, or of a contact that cannot be rated."""
        contact_id = contact_of(self.box, token)
        found = await self.ratings.of_contact(contact_id) if contact_id else None
        if found is None:
            raise NotFound
        return found

    async def by_visitor(self, request: Request) -> Rateable:
        """The last contact of this browser's chat. Raises `NotFound`."""
        try:
            visitor = await self.sessions.visitor(request.cookies.get(VISITOR_COOKIE))
        except Unauthenticated:
            raise NotFound from None
        found = await self.ratings.of_session(visitor.session_id)
        if found is None:
            raise NotFound
        return found


def rating_routes(room: RatingRoom) -> APIRouter:
    routes = APIRouter(route_class=room.pages.route_class(), include_in_schema=False)

    @routes.get("/rate")
    async def show_visitor(request: Request) -> Response:
        return _page(room, request, await room.by_visitor(request))

    @routes.post("/rate")
    async def rate_visitor(request: Request) -> Response:
        return await _rate(room, request, await room.by_visitor(request))

    @routes.get("/rate/{token}")
    async def show(request: Request, token: str) -> Response:
        return _page(room, request, await room.by_link(token))

    @routes.post("/rate/{token}")
    async def rate(request: Request, token: str) -> Response:
        return await _rate(room, request, await room.by_link(token))

    return routes


async def _rate(room: RatingRoom, request: Request, rateable: Rateable) -> Response:
    t, form = room.pages.translator(request), await small_form(request)
    room.pages.require_own_form(request, form.get("csrf"))
    await room.limits.spend("rate", source_of(request), TRIES_PER_HOUR, HOUR_S)
    rating, errors = _rating(form), FieldErrors()
    for field, figure in (("service", rating.service), ("result", rating.result)):
        if figure is None:
            errors[field] = t(f"rate.{field}_missing")
    if errors:
        return _page(room, request, rateable, errors=errors, said=rating)
    try:
        await room.ratings.rate(rateable.contact_id, rating, t.language, by=BY_PAGE)
    except Conflict:
        # Sent twice: what was said first stands, and the page says so.
        return see_other(request.url.path)
    return see_other(request.url.path)


def _rating(form: FormData) -> Rating:
    def figure(name: str) -> int | None:
        given = str(form.get(name) or "")
        return int(given) if given in {str(one) for one in SCALE} else None

    comment = str(form.get("comment") or "").strip()[:MOST_COMMENT_CHARS]
    return Rating(service=figure("service"), result=figure("result"), comment=comment)


def _page(
    room: RatingRoom,
    request: Request,
    rateable: Rateable,
    *,
    errors: FieldErrors | None = None,
    said: Rating | None = None,
) -> Response:
    return room.pages.render(
        request,
        "rate.html",
        here="status",
        status=422 if errors else 200,
        done=rateable.done,
        errors=errors or FieldErrors(),
        said=said or Rating(),
        scale=SCALE,
        address=request.url.path,
    )
