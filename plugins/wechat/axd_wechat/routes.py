"""What the platform calls: verified, stored, and only then answered with `success`."""

import hashlib
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from axd_wechat.messages import LONGEST_CHARS, read_fields, read_message
from axd_wechat.settings import WeChatSettings
from axd_wechat.signing import BadMessage, decrypt, is_signed
from channels.adapter import Intake, MalformedInbound, RawInbound
from channels.ledger import storable
from kit.clock import Clock
from kit.errors import Forbidden, Invalid, TooLarge

CHANNEL = "wechat"
# The platform repeats a message within seconds; what is signed for another day is a replay.
OLDEST = timedelta(minutes=10)


def callback_routes(settings: WeChatSettings, clock: Clock, intake: Intake) -> APIRouter:
    """Bad signature 403, nothing readable where it must be 422, too large 413, database down 503: it comes again."""
    routes = APIRouter(include_in_schema=False)
    token = settings.token.get_secret_value()

    @routes.get("/callback")
    async def prove(signature: str = "", timestamp: str = "", nonce: str = "", echostr: str = "") -> PlainTextResponse:
        _require_signature(signature, token, timestamp, nonce)
        return PlainTextResponse(echostr)

    @routes.post("/callback")
    async def post(
        request: Request, signature: str = "", timestamp: str = "", nonce: str = "", msg_signature: str = ""
    ) -> PlainTextResponse:
        _require_fresh(timestamp, clock)
        body = await _body(request)
        if settings.aes_key is None:
            _require_signature(signature, token, timestamp, nonce)
            xml = body
        else:
            encrypted = _encrypted(body)
            _require_signature(msg_signature, token, timestamp, nonce, encrypted)
            xml = _decrypted(settings, encrypted)
        await intake(raw_of(settings.app_id, xml, clock))
        return PlainTextResponse("success")

    return routes


def raw_of(app_id: str, xml: str, clock: Clock) -> RawInbound:
    """One verified item for the ledger; what cannot be read keeps the hash of its text as id, and is quarantined."""
    try:
        provider_id = read_message(xml).provider_id
    except MalformedInbound:
        provider_id = hashlib.sha256(xml.encode()).hexdigest()
    return RawInbound(
        channel=CHANNEL,
        account=app_id,
        provider_id=provider_id[:200],
        received_at=clock.now(),
        raw_json=storable({"xml": xml}),
    )


def _require_signature(shown: str, *parts: str) -> None:
    if not is_signed(shown, *parts):
        raise Forbidden("The signature is wrong.")


def _require_fresh(timestamp: str, clock: Clock) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Forbidden("There is no time in this.")
    if abs(clock.now().timestamp() - int(timestamp)) > OLDEST.total_seconds():
        raise Forbidden("This was signed at another time.")


async def _body(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_CHARS:
            raise TooLarge(max_bytes=LONGEST_CHARS)
    return body.decode("utf-8", "replace")


def _encrypted(body: str) -> str:
    try:
        return read_fields(body)["Encrypt"]
    except (MalformedInbound, KeyError):
        raise Invalid("This is no encrypted message.") from None


def _decrypted(settings: WeChatSettings, encrypted: str) -> str:
    key = settings.aes_key.get_secret_value() if settings.aes_key is not None else ""
    try:
        return decrypt(key, encrypted, settings.app_id)
    except BadMessage as error:
        raise Forbidden(f"This cannot be ours: {error}.") from error
