"""What the desk needs from the process it runs in; `server.wiring.Services` fulfils it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from fastapi import Request, WebSocket
from redis.asyncio import Redis

from channels.acknowledgements import Acknowledgements
from channels.arrivals import Arrivals
from channels.mail.adapter import MailAdapter
from channels.registry import PluginAdapter
from channels.sms.adapter import SmsAdapter
from channels.telegram.adapter import TelegramAdapter
from kit.blobs import BlobStore
from kit.commands import Commands
from kit.events import EventHub, EventLog
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from kit.wake import Waker
from router.service import Router
from telephony.guard import DialGuard
from telephony.phones import PhoneSettings
from telephony.prompts.voices import Voice

if TYPE_CHECKING:
    from desk.feed.feeds import Feeds

MAX_UPLOAD_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """`origins`: the addresses that a browser may open the desk's socket from, as it writes them."""

    origins: frozenset[str]
    secure_cookies: bool = False
    max_upload_bytes: int = MAX_UPLOAD_BYTES


class Services(Protocol):
    """One for each process, at `app.state.services`."""

    @property
    def database(self) -> Database: ...
    @property
    def router(self) -> Router: ...
    @property
    def blobs(self) -> BlobStore: ...
    @property
    def events(self) -> EventHub: ...
    @property
    def event_log(self) -> EventLog: ...
    @property
    def redis(self) -> Redis: ...
    @property
    def waker(self) -> Waker: ...
    @property
    def commands(self) -> Commands: ...
    @property
    def secret_box(self) -> SecretBox: ...
    @property
    def acknowledgements(self) -> Acknowledgements: ...
    @property
    def arrivals(self) -> Arrivals: ...
    @property
    def mail(self) -> MailAdapter: ...
    @property
    def sms(self) -> SmsAdapter: ...
    @property
    def telegram(self) -> TelegramAdapter: ...
    @property
    def plugins(self) -> Mapping[str, PluginAdapter]:
        """The channels that installed plug-ins brought."""
        ...

    @property
    def desk(self) -> DeskSettings: ...
    @property
    def phones(self) -> PhoneSettings: ...
    @property
    def dial_guard(self) -> DialGuard: ...
    @property
    def speech(self) -> Voice | None:
        """What reads texts out; None where nothing does."""
        ...

    @property
    def feeds(self) -> "Feeds":
        """The desk's live feeds of this process; closed at shutdown."""
        ...


def services(request: Request) -> Services:
    """FastAPI dependency for routes."""
    found: Services = request.app.state.services
    return found


def socket_services(socket: WebSocket) -> Services:
    """The same for sockets."""
    found: Services = socket.app.state.services
    return found
