"""From a stored update to a contact request: what a citizen wrote in private; commands and groups are answered here."""

from typing import Any

from channels.adapter import Address, ContactRequest, IgnoredInbound, MalformedInbound, RawInbound
from channels.telegram import answers, commands, store
from channels.telegram.account import Bot, bot_of
from channels.telegram.commands import Commands
from channels.telegram.edits import Edits
from channels.telegram.files import Files, Kept, Named
from channels.telegram.model import Message, Press, Update, User, read_update
from channels.telegram.settings import MAX_DOWNLOAD_BYTES
from channels.telegram.votes import Votes
from channels.telegram.words import say
from kit.access import Access
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from kit.wake import Waker
from router.contact import Channel

LIMIT_MB = MAX_DOWNLOAD_BYTES // (1024 * 1024)
# Beside the content of a message, not content itself.
_ENVELOPE = frozenset(
    {
        *("reply_to_message", "quote", "external_reply", "forward_origin", "media_group_id", "via_bot"),
        *("entities", "caption_entities", "link_preview_options", "show_caption_above_media", "has_media_spoiler"),
        *("has_protected_content", "is_from_offline", "is_automatic_forward", "effect_id", "reply_markup"),
        *("author_signature", "sender_chat", "message_thread_id", "is_topic_message", "business_connection_id"),
    }
)


class Inbound:
    """One for each process."""

    def __init__(
        self,
        *,
        database: Database,
        access: Access,
        box: SecretBox,
        waker: Waker,
        commands: Commands,
        edits: Edits,
        files: Files,
        votes: Votes,
    ) -> None:
        self._database = database
        self._access = access
        self._box = box
        self._waker = waker
        self._commands = commands
        self._edits = edits
        self._files = files
        self._votes = votes

    async def request(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`."""
        update = read_update(raw.raw_json)
        message = update.message or update.edited_message
        if update.callback_query is not None:
            await self._pressed(await self._bot(raw.account), update.callback_query)
        if message is None:
            raise IgnoredInbound("no message")
        bot = await self._bot(raw.account)
        if message.chat.type != "private":
            await self._refuse_group(bot, message)
        sender = message.sender
        if sender is None:
            raise MalformedInbound("A private message of nobody.")
        if sender.is_bot:
            raise IgnoredInbound("written by another bot")
        language = await self._language(bot, message.chat.id, sender)
        asked = commands.find(message.text)
        if asked is not None:
            await self._commands.obey(bot, update, message, asked, language)
            raise IgnoredInbound(f"command /{asked.name}")
        return await self._message(raw, bot, update, message, sender, language)

    async def _message(
        self, raw: RawInbound, bot: Bot, update: Update, message: Message, sender: User, language: str
    ) -> ContactRequest:
        is_edit = update.message is None
        first_id = f"{bot.id}:{message.chat.id}:{message.message_id}"
        if is_edit:
            await self._edits.apply(bot, update, message, first_id, _text(message, language))
        kept = await self._files.keep(bot, message)
        await self._tell_of_missing(bot, update, message, kept, language)
        notes = [say(language, "note_edited")] if is_edit else []
        text = "\n".join([*notes, *filter(None, [_text(message, language)]), *_missing(kept, language)])
        if not text and not kept.attachments:
            raise MalformedInbound("A message with nothing in it.")
        own_id = f"{first_id}:{update.update_id}" if is_edit else first_id
        return ContactRequest(
            channel=Channel.TELEGRAM,
            external_id=own_id,
            sender=Address(kind="telegram", value=str(message.chat.id), name=sender.name[:80]),
            recipient=Address(kind="telegram", value=bot.username or bot.name, name=bot.name),
            received_at=raw.received_at,
            thread_key=thread_key(bot.id, message.chat.id),
            text=text,
            language=language,
            attachments=kept.attachments,
            hints=_hints(message),
            client_id=own_id,
        )

    async def _bot(self, bot_id: str) -> Bot:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            row = await store.bot(uow, bot_id)
        if row is None:
            raise MalformedInbound("Its bot was removed before this was read.")
        return bot_of(row, self._box)

    async def _refuse_group(self, bot: Bot, message: Message) -> None:
        """Politely, once for each group. Raises `IgnoredInbound`."""
        if message.chat.type != "channel":
            async with self._database.unit_of_work(self._access) as uow:
                cause = f"group:{message.chat.id}"
                await answers.add(uow, self._waker, bot.id, cause, message.chat.id, say(bot.language, "group"))
        raise IgnoredInbound("written in a group")

    async def _pressed(self, bot: Bot, press: Press) -> None:
        chat_id = press.message.chat.id if press.message is not None else press.sender.id
        await self._votes.take(bot, press, await self._language(bot, chat_id, press.sender))

    async def _language(self, bot: Bot, chat_id: int, sender: User) -> str:
        """What the citizen chose, else what their Telegram speaks, else the bot's (BCP 47)."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            chat = await store.chat(uow, bot.id, chat_id)
        if chat is not None:
            return chat.language
        spoken = sender.language_code[:16]
        return "zh-CN" if spoken.startswith("zh") else spoken or bot.language

    async def _tell_of_missing(self, bot: Bot, update: Update, message: Message, kept: Kept, language: str) -> None:
        if not kept.too_large:
            return
        text = "\n".join(say(language, "too_large", name=named.name, limit=LIMIT_MB) for named in kept.too_large)
        async with self._database.unit_of_work(self._access) as uow:
            await answers.add(uow, self._waker, bot.id, f"update:{update.update_id}", message.chat.id, text)


def thread_key(bot_id: str, chat_id: int | str) -> str:
    """One conversation for each bot and chat."""
    return f"telegram:{bot_id}:{chat_id}"


def _text(message: Message, language: str) -> str:
    lines = [message.text or message.caption or ""]
    if message.venue is not None:
        lines.append(f"{message.venue.title}, {message.venue.address}")
    if message.location is not None:
        place = message.location
        lines.append(say(language, "note_location", latitude=place.latitude, longitude=place.longitude))
    if message.contact is not None:
        name = " ".join(filter(None, (message.contact.first_name, message.contact.last_name)))
        lines.append(say(language, "note_contact", name=name, phone=message.contact.phone_number))
    if message.voice is not None:
        lines.append(say(language, "note_voice", seconds=message.voice.duration or 0))
    kinds = sorted(set(message.model_extra or {}) - _ENVELOPE)
    if kinds:
        lines.append(say(language, "note_other", kinds=", ".join(kinds)[:100]))
    return "\n".join(line for line in lines if line)


def _missing(kept: Kept, language: str) -> list[str]:
    def size(named: Named) -> str:
        return f"{named.file.file_size / (1024 * 1024):.0f} MB " if named.file.file_size else ""

    too_large = [
        say(language, "note_too_large", name=named.name, size=size(named), limit=LIMIT_MB) for named in kept.too_large
    ]
    return too_large + [say(language, "note_gone", name=named.name) for named in kept.gone]


def _hints(message: Message) -> dict[str, Any]:
    if message.location is None:
        return {}
    return {"location": {"latitude": message.location.latitude, "longitude": message.location.longitude}}
