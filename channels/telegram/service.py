"""What operators do with bots, and what the loops report about them."""

from typing import Any

from sqlalchemy import delete

from channels.accounts import Accounts
from channels.telegram.settings import BotSettings
from channels.telegram.tables import AnswerRow, BotRow, ChatRow
from kit.errors import Invalid
from kit.ids import new_token
from kit.secret_box import SecretBox
from kit.unit_of_work import UnitOfWork

WAKE_BOTS = "telegram-bots"


def webhook_path(bot_id: str) -> str:
    """Where Telegram posts the updates of a bot, under the platform's public address."""
    return f"/telegram/{bot_id}"


class TelegramBots(Accounts[BotRow, BotSettings]):
    """The token belongs to one bot for good: its updates are numbered by themselves, and its chats are others."""

    row_type, entity, noun, wake = BotRow, "telegram_bot", "bot", WAKE_BOTS
    secrets = ("token",)
    shown_columns = (
        *("name", "username", "mode", "language", "enabled", "from_environment"),
        *("state", "last_success_at", "last_error", "last_error_at"),
    )

    def fresh(self, uow: UnitOfWork, box: SecretBox) -> dict[str, Any]:
        return {"token": "", "webhook_secret": box.encrypt(new_token()), "username": ""}

    def require_fitting(self, row: BotRow, box: SecretBox, settings: BotSettings) -> None:
        """Raises `Invalid` without a token (code `secret_required`) or with another bot's (code `other_bot`)."""
        if not row.token and settings.token is None:
            fields = [{"field": "token", "reason": "Needed for a new bot."}]
            raise Invalid("A bot needs its token.", code="secret_required", fields=fields)
        if row.token and settings.token and _number(box.decrypt(row.token)) != _number(settings.token):
            raise Invalid("This is the token of another bot; add that as a bot of its own.", code="other_bot")

    async def forget(self, uow: UnitOfWork, row: BotRow) -> None:
        for kind in (AnswerRow, ChatRow):
            await uow.session.execute(delete(kind).where(kind.bot_id == row.id))
        await super().forget(uow, row)

    def shown(self, row: BotRow) -> dict[str, Any]:
        return {**super().shown(row), "webhook_path": webhook_path(row.id)}


_bots = TelegramBots()
listing, get, shown = _bots.listing, _bots.get, _bots.shown
create, change, remove = _bots.create, _bots.change, _bots.remove
adopt_environment, note_failure = _bots.adopt_environment, _bots.note_failure


async def note_success(uow: UnitOfWork, bot_id: str, username: str) -> None:
    """The bot works, under this name."""
    await _bots.note_success(uow, bot_id, username=username)


def _number(token: str) -> str:
    """A token begins with the bot's own id."""
    return token.partition(":")[0]
