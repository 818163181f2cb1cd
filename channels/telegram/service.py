"""What operators do with bots, and what the loops report about them."""

from collections.abc import Mapping
from typing import Any

from channels.telegram import store
from channels.telegram.settings import BotSettings
from channels.telegram.tables import BotRow, BotState
from kit.errors import Conflict, Invalid, NotFound
from kit.ids import new_token
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker

WAKE_BOTS = "telegram-bots"
_SHOWN = (
    "name username mode language enabled from_environment state last_success_at last_error last_error_at webhook_path"
)


def webhook_path(bot_id: str) -> str:
    """Where Telegram posts the updates of a bot, under the platform's public address."""
    return f"/telegram/{bot_id}"


async def listing(uow: UnitOfWork) -> list[BotRow]:
    """All bots, in the order they were added."""
    return await store.bots(uow)


async def get(uow: UnitOfWork, bot_id: str) -> BotRow:
    """Raises `NotFound`."""
    row = await store.bot(uow, bot_id)
    if row is None:
        raise NotFound("There is no such bot.")
    return row


async def create(uow: UnitOfWork, box: SecretBox, waker: Waker, settings: BotSettings) -> BotRow:
    """Add a bot; the gateway begins to listen at once. Raises `Invalid` without a token."""
    row = await _create(uow, box, settings)
    _changed(uow, waker, row)
    return row


async def change(uow: UnitOfWork, box: SecretBox, waker: Waker, bot_id: str, settings: BotSettings) -> BotRow:
    """Replace the settings; a token that is None stays.

    Raises `Conflict` where the environment owns the bot, `Invalid` (code `other_bot`) for the token of another bot:
    its updates are numbered by themselves, and its chats are others.
    """
    row = await get(uow, bot_id)
    _require_ours(row)
    _apply(row, box, settings)
    _changed(uow, waker, row)
    return row


async def remove(uow: UnitOfWork, waker: Waker, bot_id: str) -> None:
    """Stop listening and forget the bot; what came in stays. Raises `Conflict` where the environment owns it."""
    row = await get(uow, bot_id)
    _require_ours(row)
    uow.emit("desk", "telegram_bot", row.id, row.version + 1, {"gone": True})
    await store.forget(uow, row)
    uow.after_commit(lambda: waker.wake(WAKE_BOTS))


async def adopt_environment(uow: UnitOfWork, box: SecretBox, configured: Mapping[str, BotSettings]) -> None:
    """Make the bots of the environment what it says; one that it no longer names is switched off. Idempotent."""
    owned = {row.environment_key: row for row in await store.bots(uow) if row.environment_key}
    for key, settings in configured.items():
        row = owned.pop(key, None)
        if row is None:
            row = await _create(uow, box, settings)
            row.environment_key = key
        elif _differs(row, box, settings):
            _apply(row, box, settings)
    for row in owned.values():
        if row.enabled:
            row.enabled, row.state = False, BotState.STOPPED
            row.revision, row.version = row.revision + 1, row.version + 1


async def note_success(uow: UnitOfWork, bot_id: str, username: str) -> None:
    """The bot works, under this name."""
    row = await store.note_success(uow, bot_id, username)
    if row is not None:
        _emit(uow, row)


async def note_failure(uow: UnitOfWork, bot_id: str, reason: str) -> None:
    """The bot cannot be reached now; it is tried again. `reason` is for the operator."""
    row = await store.note_failure(uow, bot_id, reason)
    if row is not None:
        _emit(uow, row)


def shown(row: BotRow) -> dict[str, Any]:
    """What pages may know of a bot: no secret. Times in ISO 8601, UTC."""
    values = {name: getattr(row, name) for name in _SHOWN.split() if name != "webhook_path"}
    values["webhook_path"] = webhook_path(row.id)
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


async def _create(uow: UnitOfWork, box: SecretBox, settings: BotSettings) -> BotRow:
    if settings.token is None:
        fields = [{"field": "token", "reason": "Needed for a new bot."}]
        raise Invalid("A bot needs its token.", code="secret_required", fields=fields)
    row = BotRow(created_at=uow.now, token="", webhook_secret=box.encrypt(new_token()), username="")
    row.revision, row.version = 0, 0
    _apply(row, box, settings)
    uow.session.add(row)
    await uow.session.flush()
    return row


def _apply(row: BotRow, box: SecretBox, settings: BotSettings) -> None:
    for name, value in settings.model_dump(exclude={"token"}).items():
        setattr(row, name, value)
    if settings.token is not None:
        if row.token and _number(box.decrypt(row.token)) != _number(settings.token):
            raise Invalid("This is the token of another bot; add that as a bot of its own.", code="other_bot")
        row.token = box.encrypt(settings.token)
    row.state = BotState.STARTING if row.enabled else BotState.STOPPED
    row.revision, row.version = row.revision + 1, row.version + 1


def _number(token: str) -> str:
    """A token begins with the bot's own id."""
    return token.partition(":")[0]


def _differs(row: BotRow, box: SecretBox, settings: BotSettings) -> bool:
    plain = settings.model_dump(exclude={"token"})
    if any(getattr(row, name) != value for name, value in plain.items()):
        return True
    return settings.token is not None and box.decrypt(row.token) != settings.token


def _changed(uow: UnitOfWork, waker: Waker, row: BotRow) -> None:
    _emit(uow, row)
    uow.after_commit(lambda: waker.wake(WAKE_BOTS))


def _emit(uow: UnitOfWork, row: BotRow) -> None:
    uow.emit("desk", "telegram_bot", row.id, row.version, shown(row))


def _require_ours(row: BotRow) -> None:
    if row.environment_key is not None:
        raise Conflict("This bot is configured by the environment; change it there.", code="from_environment")
