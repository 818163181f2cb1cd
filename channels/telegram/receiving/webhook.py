"""Where Telegram posts updates: the secret is checked, the update stored, and only then answered with 200."""

import hmac
import json
import logging
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from channels.adapter import Intake
from channels.ledger import storable
from channels.telegram import store
from channels.telegram.account import bot_of
from kit.access import Access
from kit.errors import Forbidden, Invalid, TooLarge
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from router.contact import Channel, RawInbound

log = logging.getLogger(__name__)

# https://core.telegram.org/bots/api#setwebhook
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
# The longest update is a message of 4096 characters with its entities.
MOST_UPDATE_BYTES = 256 * 1024


def webhook_routes(database: Database, access: Access, box: SecretBox, intake: Intake) -> APIRouter:
    """The endpoint of all bots. Bad secret or unknown bot 403, no update 422, too large 413, database down 503."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/telegram/{bot_id}")
    async def post(request: Request, bot_id: str) -> Response:
        await _require_secret(database, access, box, bot_id, request.headers.get(SECRET_HEADER, ""))
        update = _update(await _body(request))
        await intake(raw_of(bot_id, update, database))
        return JSONResponse({})

    return routes


def raw_of(bot_id: str, update: dict[str, Any], database: Database) -> RawInbound:
    """One update as it goes into the ledger, unique by bot and `update_id`."""
    return RawInbound(
        channel=Channel.TELEGRAM,
        account=bot_id,
        provider_id=str(update["update_id"]),
        received_at=database.clock.now(),
        raw_json=storable(update),
    )


async def _require_secret(database: Database, access: Access, box: SecretBox, bot_id: str, shown: str) -> None:
    async with database.unit_of_work(access, read_only=True) as uow:
        row = await store.bot(uow, bot_id)
    secret = bot_of(row, box).webhook_secret if row is not None and row.enabled else ""
    # Compared also without a bot: an answer's time tells nothing.
    if not hmac.compare_digest(secret.encode(), shown.encode()) or not secret:
        log.warning("a post to a bot's address without its secret was refused")
        raise Forbidden("The secret is wrong.")


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_UPDATE_BYTES:
            raise TooLarge(max_bytes=MOST_UPDATE_BYTES)
    return body


def _update(body: bytes) -> dict[str, Any]:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("This is no JSON.") from None
    if not isinstance(update, dict) or type(update.get("update_id")) is not int:
        raise Invalid("This is no update.")
    return update
