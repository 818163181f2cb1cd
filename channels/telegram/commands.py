"""What a citizen can ask the bot itself, without an agent."""

import re
from dataclasses import dataclass

from sqlalchemy import select, update

from channels import automatic_texts
from channels.status_answers import StatusAnswers
from channels.telegram import answers, store
from channels.telegram.account import Bot
from channels.telegram.model import Message, Update
from channels.telegram.tables import ChatRow
from channels.telegram.words import COMMANDS, LANGUAGES, say
from kit.access import Access
from kit.unit_of_work import Database
from kit.wake import Waker
from records.messages.tables import LedgerRow
from router.contact import Address, Channel

PIN_MASK = "******"
_NAMES = frozenset(command.name for command in COMMANDS)
_PIN = re.compile(r"(?<!\d)\d{6}(?!\d)")
_COMMAND = re.compile(r"/([A-Za-z]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    name: str
    rest: str


def find(text: str | None) -> Asked | None:
    """The command in a message; None for any other message, also one that only looks like a command."""
    found = _COMMAND.fullmatch((text or "").strip())
    if found is None or found[1].lower() not in _NAMES:
        return None
    return Asked(name=found[1].lower(), rest=(found[2] or "").strip())


class Commands:
    """Answers each command once, however often its update is read."""

    def __init__(self, database: Database, access: Access, waker: Waker, status: StatusAnswers) -> None:
        self._database = database
        self._access = access
        self._waker = waker
        self._status = status

    async def obey(self, bot: Bot, given: Update, message: Message, asked: Asked, language: str) -> None:
        """Do as asked and put the answer on its way. Owns its transactions."""
        cause = f"update:{given.update_id}"
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            if await store.is_answered(uow, bot.id, cause):
                return
        text = await self._text(bot, message, asked, language)
        async with self._database.unit_of_work(self._access) as uow:
            await answers.add(uow, self._waker, bot.id, cause, message.chat.id, text)
            if asked.name == "status":
                # The PIN has done its work: what stays in the ledger does not open the matter.
                row = await uow.session.scalar(
                    select(LedgerRow).where(
                        LedgerRow.channel == Channel.TELEGRAM,
                        LedgerRow.account == bot.id,
                        LedgerRow.provider_id == str(given.update_id),
                    )
                )
                if row is not None and row.raw_json is not None:
                    row.raw_json = _masked(row.raw_json)

    async def _text(self, bot: Bot, message: Message, asked: Asked, language: str) -> str:
        if asked.name == "start":
            return await self._own_words(
                "greeting", language, bot=bot.name, help=await self._own_words("help", language)
            )
        if asked.name == "status":
            *number, pin = asked.rest.split() or [""]
            if not number:
                return say(language, "status")
            source = f"telegram:{message.chat.id}"
            asker = Address(kind="telegram", value=str(message.chat.id))
            return await self._status.answer(" ".join(number), pin, source=source, language=language, asker=asker)
        if asked.name == "language":
            return await self._language(bot, message, asked.rest.lower(), language)
        return await self._own_words("help", language)

    async def _own_words(self, key: str, language: str, **figures: object) -> str:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            return await automatic_texts.say(uow, key, Channel.TELEGRAM, language, **figures)

    async def _language(self, bot: Bot, message: Message, wish: str, language: str) -> str:
        chosen = LANGUAGES.get(wish)
        if chosen is None:
            return say(language, "which_language")
        async with self._database.unit_of_work(self._access) as uow:
            theirs = (ChatRow.bot_id == bot.id, ChatRow.chat_id == message.chat.id)
            changed = update(ChatRow).where(*theirs).values(language=chosen).returning(ChatRow.id)
            if await uow.session.scalar(changed) is None:
                uow.session.add(ChatRow(bot_id=bot.id, chat_id=message.chat.id, language=chosen))
        return say(chosen, "language")


def _masked(raw_json: dict[str, object]) -> dict[str, object]:
    """The update without anything that could be a PIN."""
    return {
        name: {**part, "text": _PIN.sub(PIN_MASK, str(part.get("text", "")))} if isinstance(part, dict) else part
        for name, part in raw_json.items()
    }
