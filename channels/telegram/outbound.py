"""From an outbox row to the messages of a chat."""

from collections.abc import Sequence

from telegram import InlineKeyboardMarkup, InputFile
from telegram import Message as SentMessage

from channels.adapter import (
    Attachment,
    ChannelUnavailable,
    MessageRejected,
    NotSupported,
    OutboundMessage,
    SendReceipt,
)
from channels.satisfaction_choices import CHOICES
from channels.telegram import store
from channels.telegram.account import Bot, bot_of
from channels.telegram.clients import Bots, Client
from channels.telegram.inbound import thread_key
from channels.telegram.splitting import split
from channels.telegram.tables import BotRow, PartRow
from channels.telegram.votes import keyboard
from kit.access import Access
from kit.blobs import BlobStore
from kit.secret_box import SecretBox
from kit.unit_of_work import Database, UnitOfWork


class Outbound:
    """One for each process."""

    def __init__(self, database: Database, access: Access, blobs: BlobStore, box: SecretBox, bots: Bots) -> None:
        self._database = database
        self._access = access
        self._blobs = blobs
        self._box = box
        self._bots = bots

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """See `channels.adapter.Adapter`. What of it has gone out before does not go out again.

        The Bot API knows no key of ours: a part whose answer is lost on the way back goes out twice.
        """
        chat_id = _chat_id(message.recipient)
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            bot = await self._bot(uow, message)
            sent = await store.parts(uow, message.message_id)
        texts = split(message.text)
        parts: list[str | Attachment] = [*texts, *message.attachments]
        buttons = keyboard(message.envelope.get(CHOICES, ()))
        if not parts:
            raise MessageRejected("There is nothing to send.")
        for number, part in enumerate(parts):
            if number not in sent:
                below = buttons if number == len(texts) - 1 else None
                sent[number] = (await self._send(bot, chat_id, part, below)).message_id
                await self._note(message.message_id, number, sent[number])
        return SendReceipt(external_id=f"{bot.id}:{chat_id}:{sent[0]}")

    async def _send(
        self, bot: Bot, chat_id: int, part: str | Attachment, buttons: InlineKeyboardMarkup | None
    ) -> SentMessage:
        if isinstance(part, str):
            text = part
            return await self._bots.ask(bot, lambda client: client.send_message(chat_id, text, reply_markup=buttons))
        data = await self._blobs.read(part.blob_key)
        name = part.filename

        async def send_document(client: Client) -> SentMessage:
            return await client.send_document(chat_id, InputFile(data, filename=name), filename=name)

        return await self._bots.ask(bot, send_document)

    async def _note(self, message_id: str, number: int, telegram_id: int) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            uow.session.add(PartRow(message_id=message_id, part=number, telegram_id=telegram_id))

    async def _bot(self, uow: UnitOfWork, message: OutboundMessage) -> Bot:
        """The bot that the citizen wrote to: no other may begin to write to them."""
        rows = await store.bots(uow)
        row = await _written_to(uow, rows, message) or next((row for row in rows if row.enabled), None)
        if row is None:
            raise NotSupported("No bot is set up to send this from.")
        if not row.enabled:
            raise ChannelUnavailable(f"The bot {row.name} is switched off.")
        return bot_of(row, self._box)


async def _written_to(uow: UnitOfWork, rows: Sequence[BotRow], message: OutboundMessage) -> BotRow | None:
    by_thread = {thread_key(row.id, message.recipient): row for row in rows}
    if message.thread_key in by_thread:
        return by_thread[message.thread_key]
    account = str(message.envelope.get("account") or "")
    named = next((row for row in rows if account and account in {row.id, row.username, row.name}), None)
    if named is not None:
        return named
    # An answer to a matter that came by another channel.
    known = await store.written_to(uow, list(by_thread))
    return by_thread[known] if known is not None else None


def _chat_id(recipient: str) -> int:
    try:
        return int(recipient)
    except ValueError:
        raise MessageRejected("This is no chat of Telegram.") from None
