"""Where providers call: checked over the raw bytes, stored, and only then answered."""

import hashlib
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from channels import ledger
from channels.adapter import Intake, MalformedInbound, RawInbound
from channels.sms.carrier import CHANNEL, SmsAccount
from channels.sms.http_carrier import PROFILES
from channels.sms.providers.provider import Call, Item, Profile, What
from kit.clock import Clock
from kit.errors import AppError, Forbidden, TooLarge
from kit.secret_box import SecretBox

PREFIX = "/hooks/sms"
PURPOSE = "calls of text message providers"
MOST_BYTES = 256 * 1024
MOST_ID_CHARS = 120

FindAccount = Callable[[str], Awaitable[SmsAccount]]
"""Raises `NotFound`, and `Unavailable` for one that is switched off: the provider keeps what it has and comes back."""


class Unreadable(AppError):
    status, code, title = 400, "unreadable", "This call cannot be read"


class Addresses:
    """The addresses that providers are given. They hold a secret, since not all providers sign what they send."""

    def __init__(self, origin: str, box: SecretBox) -> None:
        self._origin = origin
        self._box = box

    def path(self, account_id: str, what: What) -> str:
        return f"{PREFIX}/{account_id}/{self._box.sign(PURPOSE, account_id)}/{what}"

    def url(self, account_id: str, what: What) -> str:
        """As a provider is told it."""
        return self._origin + self.path(account_id, what)

    def knows(self, account_id: str, key: str) -> bool:
        """In constant time."""
        return self._box.verify(PURPOSE, account_id, key)

    def public(self, request: Request) -> str:
        """The address that a call was made to, as the outside knows it: what signatures are made over."""
        query = f"?{request.url.query}" if request.url.query else ""
        return f"{self._origin}{request.url.path}{query}"


def push_routes(addresses: Addresses, find: FindAccount, clock: Clock, intake: Intake) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.post(f"{PREFIX}/{{account_id}}/{{key}}/{{what}}")
    async def take(request: Request, account_id: str, key: str, what: What) -> Response:
        if not addresses.knows(account_id, key):
            raise Forbidden("This address is not one that we gave out.")
        account = await find(account_id)
        profile = PROFILES[account.kind]
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(what=what, url=addresses.public(request), headers=headers, body=await _body(request))
        for raw in _raws(account, profile, call, clock):
            await intake(raw)
        media_type, content = profile.answer(account, call)
        return Response(content, media_type=media_type)

    return routes


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLarge(f"At most {MOST_BYTES} bytes are taken.", max_bytes=MOST_BYTES)
    return body


def _raws(account: SmsAccount, profile: Profile, call: Call, clock: Clock) -> list[RawInbound]:
    """What to store. A call with a right signature that cannot be read is stored as it is, for the quarantine."""
    is_signed = False
    try:
        if not profile.verify(account, call):
            raise Forbidden("The signature is wrong.")
        is_signed = profile.is_signed(account)
        items = profile.items(account, call)
    except MalformedInbound as error:
        if not is_signed:
            raise Unreadable(error.detail) from error
        digest = hashlib.sha256(call.body).hexdigest()
        return [
            RawInbound(
                channel=CHANNEL,
                account=account.id,
                provider_id=f"unreadable:{digest}",
                received_at=clock.now(),
                raw=call.body,
            )
        ]
    return [_raw(account, call, item, clock) for item in items]


def _raw(account: SmsAccount, call: Call, item: Item, clock: Clock) -> RawInbound:
    name = str(ledger.storable(item.id))
    if len(name) > MOST_ID_CHARS:
        name = "hash:" + hashlib.sha256(name.encode()).hexdigest()
    return RawInbound(
        channel=CHANNEL,
        account=account.id,
        provider_id=f"{call.what}:{name}",
        received_at=clock.now(),
        raw_json=ledger.storable({"kind": account.kind, "what": call.what, "values": item.values}),
    )
