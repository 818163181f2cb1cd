"""Telegram bots, for those who look after channels. Tokens go in and never come out."""

from channels.accounts import settings_of
from channels.telegram import service
from channels.telegram.adapter import TelegramAdapter
from channels.telegram.settings import BotSettings
from channels.telegram.tables import BotRow
from desk.access import Actor
from desk.schemas.administration import CheckView
from desk.schemas.bots import BotInput, BotView
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork
from kit.wake import Waker
from records.staff import audit


async def listed(uow: UnitOfWork) -> list[BotView]:
    return [_view(row) for row in await service.listing(uow)]


async def create(uow: UnitOfWork, box: SecretBox, waker: Waker, body: BotInput) -> BotView:
    row = await service.create(uow, box, waker, settings_of(BotSettings, body.model_dump()))
    audit.record(uow, "telegram_bot.created", "telegram_bot", row.id)
    return _view(row)


async def change(uow: UnitOfWork, box: SecretBox, waker: Waker, bot_id: str, body: BotInput) -> BotView:
    """Raises `Conflict` (code `from_environment`) where the environment owns the bot."""
    row = await service.change(uow, box, waker, bot_id, settings_of(BotSettings, body.model_dump()))
    audit.record(uow, "telegram_bot.changed", "telegram_bot", row.id, detail={"new_secret": body.token is not None})
    return _view(row)


async def remove(uow: UnitOfWork, waker: Waker, bot_id: str) -> None:
    await service.remove(uow, waker, bot_id)
    audit.record(uow, "telegram_bot.removed", "telegram_bot", bot_id)


async def check(telegram: TelegramAdapter, who: Actor, bot_id: str) -> CheckView:
    """Ask Telegram for real; says what is wrong in the language of the one who asks."""
    health = await telegram.check_bot(bot_id, who.language)
    return CheckView(ok=health.ok, detail=health.detail)


def _view(row: BotRow) -> BotView:
    return BotView(id=row.id, version=row.version, **service.shown(row))
