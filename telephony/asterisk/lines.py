"""Hands trunks and phones over to Asterisk while it runs, and says which of them carries a call.

Asterisk keeps them in memory only (sorcery's `memory`): after its restart all are handed over again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from records.citizens.addresses import normalise
from telephony.asterisk.ari import Ari, AsteriskRefused
from telephony.asterisk.configuration import FROM_PHONE, FROM_TRUNK, FROM_WEB, WILDCARDS
from telephony.asterisk.settings import AsteriskSettings
from telephony.asterisk.wire import NOT_FOUND
from telephony.calls import CallFailed, Dial, HangUpCause
from telephony.lines.book import Book, Phone, PhoneKind, Trunk
from telephony.web_pass import WebPass

log = logging.getLogger(__name__)

PhoneBook = Callable[[], Awaitable[Book]]
Objects = dict[tuple[str, str], dict[str, str]]

TRUNK, PHONE, WEB = "trunk", "phone", "web"
# An endpoint may come only after what it names.
ORDER = ("auth", "aor", "endpoint", "identify", "registration")
WITHHELD = frozenset({"", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld"})
QUALIFY_S = "30"
# Where a phone is, Asterisk forgets when it is restarted: so long it may take until the phone says it again.
EXPIRY_S = "120"


class Lines:
    def __init__(self, settings: AsteriskSettings, ari: Ari, book: PhoneBook) -> None:
        self._ari, self._read = ari, book
        self._media = _media(settings)
        self._serves_pages = bool(settings.websocket_url)
        self._book = Book()
        self._given: Objects = {}
        self._started_at: str | None = None
        self._handing_over = asyncio.Lock()

    async def hand_over(self) -> None:
        """Make Asterisk know the lines as they are now. Idempotent; raises `AsteriskLost`."""
        async with self._handing_over:
            await self._hand_over()

    async def _hand_over(self) -> None:
        self._book = await self._read()
        await self._forget_after_restart()
        wanted: Objects = {}
        for trunk in self._book.trunks:
            wanted |= _trunk_objects(trunk)
        for phone in self._book.phones:
            wanted |= _phone_objects(phone)
        if self._serves_pages:
            wanted["endpoint", WEB] = {**_BROWSER, "context": FROM_WEB}
        for key, values in wanted.items():
            if key[0] == "endpoint" and "webrtc" not in values:
                values.update(self._media)
        for key in sorted(self._given.keys() - wanted.keys(), key=_order, reverse=True):
            await self._drop(key)
        for key in sorted((key for key in wanted if self._given.get(key) != wanted[key]), key=_order):
            await self._put(key, wanted[key])

    async def _forget_after_restart(self) -> None:
        about = await self._ari.request("GET", "asterisk/info", {"only": "status"})
        started_at = about["status"]["startup_time"]
        if started_at != self._started_at:
            self._started_at, self._given = started_at, {}

    async def _put(self, key: tuple[str, str], values: Mapping[str, str]) -> None:
        fields = [{"attribute": name, "value": value} for name, value in values.items()]
        if _is_made_anew(key[0], values):
            await self._drop(key)
        try:
            await self._ari.request("PUT", _path(key), body={"fields": fields})
            self._given[key] = dict(values)
        except AsteriskRefused as refused:
            log.warning("Asterisk refused the line %s (%s)", key[1], refused.answer)

    async def _drop(self, key: tuple[str, str]) -> None:
        try:
            await self._ari.request("DELETE", _path(key))
        except AsteriskRefused as refused:
            if refused.answer != NOT_FOUND:
                log.warning("Asterisk did not forget the line %s (%s)", key[1], refused.answer)
        self._given.pop(key, None)

    async def route(self, dial: Dial) -> tuple[str, str]:
        """What to ring, and the number to show there. Raises `CallFailed` with a cause as detail."""
        kind, _, rest = dial.to.partition(":")
        if kind == "agent":
            return await self._first_online(self._book.phones_of(rest)), dial.caller
        if kind == "extension":
            phone = self._book.phone(rest)
            return await self._first_online((phone,) if phone else ()), dial.caller
        if kind == WEB:
            raise CallFailed(HangUpCause.UNREACHABLE)  # citizens' pages call, and are not called
        number = self.number(dial.to)
        trunk = self._book.trunk_for(number)
        if trunk is None:
            raise CallFailed(HangUpCause.UNREACHABLE)
        return f"PJSIP/{trunk.dialled(number)}@{TRUNK}-{trunk.id}", trunk.shown(dial.caller)

    async def _first_online(self, phones: tuple[Phone, ...]) -> str:
        """The first that is there; where none is, the first at all, since one that registers anew is soon back."""
        for phone in phones:
            if await self._is_online(f"{PHONE}-{phone.id}"):
                return f"PJSIP/{PHONE}-{phone.id}"
        if not phones:
            raise CallFailed(HangUpCause.UNREACHABLE)
        return f"PJSIP/{PHONE}-{phones[0].id}"

    async def _is_online(self, endpoint: str) -> bool:
        try:
            found = await self._ari.request("GET", f"endpoints/PJSIP/{endpoint}")
        except AsteriskRefused:
            return False
        return bool(found["state"] == "online")

    async def is_reachable(self, account_id: str) -> bool:
        """Whether one of the agent's phones is registered."""
        return any([await self._is_online(f"{PHONE}-{phone.id}") for phone in self._book.phones_of(account_id)])

    def describe(self, way: str, endpoint: str, dialled: str) -> dict[str, str]:
        """What an inbound leg is told of its line."""
        name = endpoint.partition("-")[2]
        if way == TRUNK:
            trunk = self._book.trunk(name)
            flow = trunk.flows.get(dialled, "") if trunk else ""
            return {"way": TRUNK, "line": trunk.name if trunk else name, **({"flow": flow} if flow else {})}
        if way == PHONE:
            phone = self._book.phone_by_id(name)
            return {
                "way": PHONE,
                "line": phone.number if phone else name,
                "account_id": (phone and phone.account_id) or "",
            }
        raise ValueError(f"no way in is called {way}")

    def phone_at(self, endpoint: str) -> Phone | None:
        """The phone of the house with this name in Asterisk, `PJSIP/` before it or not."""
        kind, _, phone_id = endpoint.removeprefix("PJSIP/").partition("-")
        return self._book.phone_by_id(phone_id) if kind == PHONE else None

    def number(self, caller: str) -> str:
        """A caller's number in one form; "" when withheld."""
        return "" if caller.strip().lower() in WITHHELD else normalise("phone", caller)


def _media(settings: AsteriskSettings) -> dict[str, str]:
    """Sound goes in and out by the address that SIP is bound to; on a wildcard Asterisk chooses.

    Not for browsers: they are offered every address of the machine, and prove who they are before a sound is taken.
    """
    if settings.sip_address in WILDCARDS:
        return {}
    return {"media_address": settings.sip_address, "bind_rtp_to_media_address": "yes"}


def describe_visitor(known: WebPass) -> dict[str, str]:
    """What the leg of a citizens' page is told of its line, as with other engines; `visitor` finds it again."""
    return {
        "way": WEB,
        "line": WEB,
        "session_id": known.session,
        "visitor": known.visitor,
        "language": known.language,
    }


def _is_made_anew(kind: str, values: Mapping[str, str]) -> bool:
    """Asterisk changes an object by reading in again what it wrote of the old one, which a restarted gateway meets.

    Contacts and addresses would stand beside the old ones, and a caller's number that the endpoint leaves open would
    be "unknown" for every call.
    """
    return "contact" in values or kind == "identify" or (kind == "endpoint" and "callerid" not in values)


def _order(key: tuple[str, str]) -> tuple[int, str]:
    return ORDER.index(key[0]), key[1]


def _path(key: tuple[str, str]) -> str:
    return f"asterisk/config/dynamic/res_pjsip/{key[0]}/{key[1]}"


# Nobody transfers past the router (REFER): in the desk this goes by the rules, and a citizen has nobody to pass on to.
_NO_REFER = {"allow_transfer": "no"}
# A trunk's calls pass through us with their keys (RFC 4733) and their faxes (T.38, else G.711).
_TRUNK = {
    **_NO_REFER,
    "context": FROM_TRUNK,
    "transport": "udp",
    "disallow": "all",
    "allow": "alaw,ulaw",
    "direct_media": "no",
    "rtp_symmetric": "yes",
    "force_rport": "yes",
    "dtmf_mode": "rfc4733",
    "t38_udptl": "yes",
    "t38_udptl_ec": "redundancy",
    "send_pai": "yes",
    "trust_id_inbound": "yes",
    "rtp_timeout": "120",
}
_SIP_PHONE = {
    **_NO_REFER,
    "context": FROM_PHONE,
    "disallow": "all",
    "allow": "alaw,ulaw,g722",
    "direct_media": "no",
    "rtp_symmetric": "yes",
    "force_rport": "yes",
    "rewrite_contact": "yes",
    "rtp_timeout": "120",
}
_BROWSER = {
    **_NO_REFER,
    "transport": "ws",
    "webrtc": "yes",
    "disallow": "all",
    "allow": "opus,ulaw,alaw",
    "direct_media": "no",
    "rtp_timeout": "30",
}


def _trunk_objects(trunk: Trunk) -> Objects:
    name = f"{TRUNK}-{trunk.id}"
    host = f"[{trunk.host}]" if ":" in trunk.host else trunk.host
    server = f"sip:{host}:{trunk.port}"
    endpoint = {**_TRUNK, "aors": name, "from_domain": trunk.host, "fax_detect": "yes" if trunk.detects_fax else "no"}
    objects: Objects = {("aor", name): {"contact": server}}
    if trunk.username:
        objects["auth", name] = {"auth_type": "userpass", "username": trunk.username, "password": trunk.secret}
        endpoint |= {"outbound_auth": name, "from_user": trunk.username}
    objects["endpoint", name] = endpoint
    objects["identify", name] = {"endpoint": name, "match": ",".join(trunk.addresses or (trunk.host,))}
    if trunk.registers:
        objects["registration", name] = {
            "server_uri": server,
            "client_uri": f"sip:{trunk.username}@{host}:{trunk.port}",
            "outbound_auth": name,
            "contact_user": trunk.caller_id.removeprefix("+") or trunk.username,
            "transport": "udp",
            "retry_interval": "10",
            "max_retries": "1000000",
            "auth_rejection_permanent": "no",
            "max_random_initial_delay": "0",
        }
    return objects


def _phone_objects(phone: Phone) -> Objects:
    name = f"{PHONE}-{phone.id}"
    shared = {"auth": name, "aors": name, "context": FROM_PHONE, "callerid": f"<{phone.number}>"}
    own = _BROWSER if phone.kind is PhoneKind.PAGE else _SIP_PHONE
    aor = {"max_contacts": "1", "remove_existing": "yes"}
    if phone.kind is PhoneKind.SIP:
        aor |= {"qualify_frequency": QUALIFY_S, "maximum_expiration": EXPIRY_S, "default_expiration": EXPIRY_S}
    return _account(name, phone.secret) | {("aor", name): aor, ("endpoint", name): {**own, **shared}}


def _account(name: str, secret: str) -> Objects:
    return {("auth", name): {"auth_type": "userpass", "username": name, "password": secret}}
