"""The web form as a channel: what citizens hand in, and what they add to a matter on its status page."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from redis.asyncio import Redis

from channels.adapter import (
    Capabilities,
    ContactRequest,
    Health,
    Intake,
    OutboundMessage,
    RawInbound,
    SendReceipt,
)
from channels.form import inbound
from kit.access import Access
from kit.blobs import BlobStore
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from router.contact import Channel
from router.service import Router
from webchat.limits import RateLimits
from webchat.multipart import FormReader
from webchat.notes import VisitorNotes
from webchat.pages import Pages
from webchat.ratings import Ratings
from webchat.routes_forms import CanText, FormRoom, form_routes
from webchat.routes_offline import OfflineRoom, offline_routes
from webchat.routes_rate import RatingRoom, rating_routes
from webchat.routes_status import StatusRoom, status_routes
from webchat.service import ChatSessions
from webchat.service_forms import FormDesk
from webchat.service_status import Matters
from webchat.settings import CitizenSettings

MAX_TEXT_CHARS = 10_000


class FormAdapter:
    """`PushAdapter` of the form, the status page and the message left in the chat when nobody can answer."""

    channel = Channel.FORM.value
    capabilities = Capabilities(
        live=False, replies=True, attachments=True, receipts=True, max_text_chars=MAX_TEXT_CHARS
    )

    def __init__(
        self,
        *,
        database: Database,
        access: Access,
        redis: Redis,
        blobs: BlobStore,
        router: Router,
        secret_box: SecretBox,
        settings: CitizenSettings,
        pages: Pages,
        can_text: CanText,
    ) -> None:
        self._pages = pages
        self._can_text = can_text
        self._database = database
        self._access = access
        self._notes = VisitorNotes(secret_box)
        self._limits = RateLimits(redis, str(access.workspace_id))
        self._reader = FormReader(database, access, blobs, settings.uploads)
        self._desk = FormDesk(database, access, self._notes, settings.pages, ZoneInfo(settings.site.time_zone))
        self._matters = Matters(database, access, router)
        self._sessions = ChatSessions(database, access, redis, settings.chat)
        self._secret_box = secret_box

    def routes(self, intake: Intake) -> APIRouter:
        """Form, receipt, status and rating pages, and the widget's message for later."""
        routes = APIRouter()
        ratings = Ratings(self._database, self._access)
        offline = OfflineRoom(
            pages=self._pages, desk=self._desk, sessions=self._sessions, limits=self._limits, deliver=intake
        )
        rating = RatingRoom(
            pages=self._pages, ratings=ratings, sessions=self._sessions, limits=self._limits, box=self._secret_box
        )
        routes.include_router(form_routes(self._form_room(intake)))
        routes.include_router(status_routes(self._status_room(intake, ratings)))
        routes.include_router(offline_routes(offline))
        routes.include_router(rating_routes(rating))
        return routes

    def _form_room(self, intake: Intake) -> FormRoom:
        return FormRoom(
            pages=self._pages,
            database=self._database,
            access=self._access,
            notes=self._notes,
            desk=self._desk,
            reader=self._reader,
            limits=self._limits,
            deliver=intake,
            can_text=self._can_text,
        )

    def _status_room(self, intake: Intake, ratings: Ratings) -> StatusRoom:
        return StatusRoom(
            pages=self._pages,
            matters=self._matters,
            ratings=ratings,
            reader=self._reader,
            limits=self._limits,
            box=self._secret_box,
            clock=self._database.clock,
            deliver=intake,
        )

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`."""
        return inbound.request_of(raw)

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """Where no address was left, the answer is read on the status page: it stands there already."""
        return SendReceipt(external_id=message.external_id)

    async def check(self) -> Health:
        """See `channels.adapter.Adapter`: the form needs nothing but the database."""
        return Health(ok=True)
