"""Presses of the buttons below a question: written down once, and the question then shows what was said."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from channels import satisfaction_choices
from channels.adapter import ChannelUnavailable, IgnoredInbound, MessageRejected
from channels.satisfaction_choices import Choice, Pressed
from channels.telegram.account import Bot
from channels.telegram.clients import Bots, Client
from channels.telegram.model import Press
from channels.telegram.words import say
from kit.access import Access
from kit.errors import Unavailable
from kit.unit_of_work import Database
from router.contact import Channel


class Votes:
    """One for each process."""

    def __init__(self, database: Database, access: Access, bots: Bots) -> None:
        self._database = database
        self._access = access
        self._bots = bots

    async def take(self, bot: Bot, press: Press, language: str) -> None:
        """Owns its transactions; a press that comes again changes nothing and shows the same.

        Raises `IgnoredInbound` once all is done, `Unavailable` while Telegram cannot be told.
        """
        pressed = None
        if press.message is not None and press.data:
            recipient = str(press.message.chat.id)
            async with self._database.unit_of_work(self._access) as uow:
                pressed = await satisfaction_choices.press(
                    uow, press.data, channel=Channel.TELEGRAM, recipient=recipient
                )
        note = "too_late" if pressed is None else "noted" if pressed.noted else "stands"
        if pressed is not None:
            await self._show(bot, press, pressed)
        await self._tell(bot, lambda client: client.answer_callback_query(press.id, say(language, note)))
        raise IgnoredInbound(f"satisfaction: {note}")

    async def _show(self, bot: Bot, press: Press, pressed: Pressed) -> None:
        message = press.message
        if message is not None:
            await self._tell(
                bot,
                lambda client: client.edit_message_text(
                    pressed.text,
                    chat_id=message.chat.id,
                    message_id=message.message_id,
                    reply_markup=keyboard(pressed.choices),
                ),
            )

    async def _tell(self, bot: Bot, request: Callable[[Client], Awaitable[Any]]) -> None:
        try:
            await self._bots.ask(bot, request)
        except ChannelUnavailable as error:
            raise Unavailable(error.detail) from error
        except MessageRejected:
            # It shows that already, was deleted, or the press is too old to be answered: the vote stands all the same.
            return


def keyboard(choices: Sequence[Choice]) -> InlineKeyboardMarkup | None:
    """One button in each row."""
    rows = [[InlineKeyboardButton(label, callback_data=data)] for label, data in choices]
    return InlineKeyboardMarkup(rows) if rows else None
