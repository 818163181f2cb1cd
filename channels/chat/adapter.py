"""Web chat as a channel: visitors' messages go in, agents' answers are in the thread already and only announced."""

import contextlib
import json
from datetime import timedelta

from fastapi import APIRouter
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import select

from channels.acknowledgements import PIN_IN_ENVELOPE
from channels.adapter import (
    Capabilities,
    ChannelUnavailable,
    ContactRequest,
    Health,
    Intake,
    MessageRejected,
    OutboundMessage,
    RawInbound,
    SendReceipt,
    Stored,
)
from channels.chat import inbound
from channels.status_answers import StatusAnswers, find_query
from channels.waiting_texts import written
from kit.access import Access
from kit.blobs import BlobStore
from kit.events import EventHub, EventLog
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from records.messages.tables import MessageRow
from router.contact import Address, Channel
from router.service import Router
from webchat import store
from webchat.conversation import Conversations
from webchat.hub import VisitorHub
from webchat.limits import RateLimits
from webchat.routes_chat import ChatRoom, chat_routes
from webchat.schemas import Frame, Say
from webchat.service import ChatSessions, Visitor
from webchat.service_status import Matters
from webchat.settings import CitizenSettings
from webchat.signals import passing_event

ACCOUNT = "web"
ONLINE = timedelta(seconds=25)


class ChatAdapter:
    """`PushAdapter` and `LiveAdapter` of the web chat; one for each process."""

    channel = Channel.CHAT.value

    def __init__(
        self,
        *,
        database: Database,
        access: Access,
        redis: Redis,
        events: EventHub,
        event_log: EventLog,
        blobs: BlobStore,
        router: Router,
        secret_box: SecretBox,
        settings: CitizenSettings,
    ) -> None:
        self._database = database
        self._access = access
        self._redis = redis
        self._event_log = event_log
        self._blobs = blobs
        self._secret_box = secret_box
        self._settings = settings
        self.sessions = ChatSessions(database, access, redis, settings.chat)
        self.conversations = Conversations(database, access, router, event_log, written)
        self._limits = RateLimits(redis, str(access.workspace_id))
        self._status = StatusAnswers(Matters(database, access, router), self._limits)
        self.hub = VisitorHub(events, str(access.workspace_id))
        self.capabilities = Capabilities(
            live=True,
            replies=True,
            attachments=True,
            receipts=True,
            max_text_chars=settings.chat.max_text_chars,
        )

    def routes(self, intake: Intake) -> APIRouter:
        """The widget's endpoints; a message is acknowledged once `intake` has stored it."""

        async def deliver(visitor: Visitor, say: Say) -> Stored:
            return await intake(await self._raw(visitor, say))

        return chat_routes(
            ChatRoom(
                sessions=self.sessions,
                conversations=self.conversations,
                hub=self.hub,
                limits=self._limits,
                blobs=self._blobs,
                deliver=deliver,
                inquire=self._inquire,
                reveal=self._secret_box.decrypt,
                keep_online=self._keep_online,
                settings=self._settings.chat,
                uploads=self._settings.uploads,
            )
        )

    async def _inquire(self, visitor: Visitor, text: str, source: str) -> str | None:
        """See `webchat.visitor_socket.Inquire`."""
        query = find_query(text)
        if query is None:
            return None
        asker = None if visitor.sealed else Address(kind="chat", value=visitor.session_id)
        return await self._status.answer(query.number, query.pin, source=source, language=query.language, asker=asker)

    async def _raw(self, visitor: Visitor, say: Say) -> RawInbound:
        files = await self.sessions.claim_uploads(visitor.session_id, say.attachment_ids)
        return RawInbound(
            channel=self.channel,
            account=ACCOUNT,
            provider_id=f"{visitor.session_id}:{say.client_msg_id}",
            received_at=self._database.clock.now(),
            raw_json={
                "session_id": visitor.session_id,
                "client_msg_id": say.client_msg_id,
                "text": say.text.strip(),
                "topic": visitor.topic,
                "anonymous": visitor.anonymous,
                "language": visitor.language,
                "attachments": [file.as_json() for file in files],
            },
            sealed=visitor.sealed,
        )

    async def parse(self, raw: RawInbound) -> ContactRequest:
        """See `channels.adapter.Adapter`."""
        return inbound.request_of(raw)

    async def send(self, message: OutboundMessage) -> SendReceipt:
        """The message stands in the thread and was announced with it. A PIN is told only to a page that is open:

        raises `ChannelUnavailable` while there is none, `MessageRejected` when the thread is gone.
        """
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            row = await uow.session.scalar(select(MessageRow).where(MessageRow.id == message.message_id))
            if row is None:
                raise MessageRejected("This conversation does not exist any more.")
            online = await self._is_online(message.thread_key)
            sealed_pin = message.envelope.get(PIN_IN_ENVELOPE)
            if sealed_pin:
                if not online:
                    raise ChannelUnavailable("The visitor's page is not open.")
                secret = self._secret_box.encrypt(json.dumps(self._receipt_frame(row, message, sealed_pin)))
                event = passing_event(uow, "chat", message.thread_key, "secret", row.id, {"secret": secret})
                await self._event_log.publish([event])
        return SendReceipt(external_id=message.external_id, delivered=online)

    def _receipt_frame(self, row: MessageRow, message: OutboundMessage, sealed_pin: str) -> Frame:
        return {
            "type": "message",
            "seq": row.seq,
            "author": "system",
            "text": message.text,
            "sent_at": row.created_at.isoformat(),
            "attachments": [],
            "receipt": {
                "number": row.detail.get("receipt"),
                "pin": self._secret_box.decrypt(sealed_pin),
                "due": row.detail.get("due"),
            },
        }

    async def connect(self, contact_id: str, agent_id: str) -> None:
        """The visitor's page shows who answers; the router's own event says the same, so repeating is harmless."""
        await self._look_again(contact_id)

    async def release(self, contact_id: str) -> None:
        """The visitor's page shows that nobody has the chat any more."""
        await self._look_again(contact_id)

    async def _look_again(self, contact_id: str) -> None:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            session_id = await store.session_of_contact(uow, contact_id)
            if session_id is None:
                return
            event = passing_event(uow, "chat", session_id, "contact", contact_id, {})
        await self._event_log.publish([event])

    async def check(self) -> Health:
        """See `channels.adapter.Adapter`: without Redis no page gets a ticket."""
        try:
            await self._redis.ping()
        except (RedisError, OSError):
            return Health(ok=False, detail="Redis cannot be reached: chats cannot be opened until it is back.")
        return Health(ok=True)

    async def close(self) -> None:
        await self.hub.close()

    async def _keep_online(self, session_id: str) -> None:
        # Without Redis a message is stored and answered all the same.
        with contextlib.suppress(RedisError, OSError):
            await self._redis.set(_online_key(session_id), b"1", ex=ONLINE)

    async def _is_online(self, session_id: str) -> bool:
        return bool(await self._redis.exists(_online_key(session_id)))


def _online_key(session_id: str) -> str:
    return f"chat:online:{session_id}"
