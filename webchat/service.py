"""Chat sessions: who the visitor is, by token or by ticket, and what they have uploaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from kit import blobs
from kit.access import Access
from kit.errors import Invalid, NotFound, Unauthenticated
from kit.ids import new_id, new_token
from kit.unit_of_work import Database, UnitOfWork
from records.messages import attachments
from records.messages.tables import AttachmentRow
from webchat import store
from webchat.notes import token_hash
from webchat.schemas import StartInput
from webchat.settings import ChatSettings
from webchat.tables import ChatSessionRow
from webchat.uploads import Received

SEALED_TOPIC = "report"
ENDED = "This chat has ended; a new message begins another."


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A session as the socket and the routes need it."""

    session_id: str
    language: str
    topic: str
    anonymous: bool
    sealed: bool
    read_by_agent: int


class ChatSessions:
    """One for each process. Methods own their transactions."""

    def __init__(self, database: Database, access: Access, redis: Redis, settings: ChatSettings) -> None:
        self._database = database
        self._access = access
        self._redis = redis
        self._settings = settings

    async def start(self, asked: StartInput, token: str | None) -> tuple[Visitor, str]:
        """The visitor's session and its token; the one that `token` names goes on while it lasts and may carry it."""
        async with self._database.unit_of_work(self._access) as uow:
            row = await store.session_by_token(uow, token_hash(token)) if token else None
            if row is not None and token and await _carries(uow, row, asked):
                return _visitor(row), token
            token = new_token()
            row = ChatSessionRow(
                id=new_id(),
                token_hash=token_hash(token),
                language=asked.language,
                topic=asked.topic,
                anonymous=asked.anonymous,
                created_at=uow.now,
                expires_at=uow.now + self._lifetime,
                sealed=asked.topic == SEALED_TOPIC,
                read_by_visitor=0,
                read_by_agent=0,
            )
            uow.session.add(row)
        return _visitor(row), token

    @property
    def _lifetime(self) -> timedelta:
        return timedelta(hours=self._settings.reopen_h)

    async def visitor(self, token: str | None) -> Visitor:
        """Who holds `token`. Raises `Unauthenticated` when it is unknown or too old."""
        if token:
            async with self._database.unit_of_work(self._access, read_only=True) as uow:
                row = await store.session_by_token(uow, token_hash(token))
            if row is not None:
                return _visitor(row)
        raise Unauthenticated(ENDED)

    async def visitor_by_id(self, session_id: str) -> Visitor:
        """Raises `Unauthenticated` for an unknown session."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            row = await store.session(uow, session_id)
        if row is None:
            raise Unauthenticated(ENDED)
        return _visitor(row)

    async def issue_ticket(self, visitor: Visitor) -> str:
        """A ticket for one socket, good once and for a short time; the session lives on from now."""
        async with self._database.unit_of_work(self._access) as uow:
            await store.extend(uow, visitor.session_id, uow.now + self._lifetime)
        ticket = new_token()
        await self._redis.set(_ticket_key(ticket), visitor.session_id, ex=self._settings.ticket_ttl_s)
        return ticket

    async def redeem_ticket(self, ticket: str) -> Visitor:
        """Raises `Unauthenticated` for a ticket that is unknown, used or too old."""
        session_id = await self._redis.getdel(_ticket_key(ticket))
        if not session_id:
            raise Unauthenticated("The ticket is not valid any more.")
        return await self.visitor_by_id(session_id.decode() if isinstance(session_id, bytes) else str(session_id))

    async def upload(self, visitor: Visitor, received: Received) -> AttachmentRow:
        """Note a stored file as the visitor's, until a message claims it within a day."""
        async with self._database.unit_of_work(self._access) as uow:
            row = attachments.upload(
                uow,
                received.blob,
                filename=received.filename,
                media_type=received.media_type,
                uploaded_by=visitor.session_id,
            )
            row.sealed = visitor.sealed
        return row

    async def claim_uploads(self, session_id: str, ids: Sequence[str]) -> list[Received]:
        """The files behind `ids`, to go with a message; kept from now on. Raises `Invalid` when one is not theirs."""
        if not ids:
            return []
        async with self._database.unit_of_work(self._access) as uow:
            rows = await store.uploads(uow, list(ids), session_id)
            if len(rows) != len(ids):
                raise Invalid("An attachment is missing; add it again.", code="attachment_gone")
            for row in rows:
                await blobs.keep(uow, row.blob_key)
        return [_received(row) for row in rows]

    async def attachment(self, visitor: Visitor, attachment_id: str) -> AttachmentRow:
        """A file of the visitor's own thread. Raises `NotFound`."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            row = await store.attachment_for(uow, attachment_id, visitor.session_id)
        if row is None:
            raise NotFound("There is no such file.")
        return row


async def _carries(uow: UnitOfWork, row: ChatSessionRow, asked: StartInput) -> bool:
    """Whether the session is for what is asked. Until something is said the newest choice holds, but a report stays
    one; afterwards a report never goes into an ordinary conversation, where everybody reads along.
    """
    is_report = asked.topic == SEALED_TOPIC
    if await store.thread_of(uow, row.id) is not None:
        return row.sealed or not is_report
    if is_report or not row.sealed:
        row.topic, row.anonymous, row.sealed = asked.topic, asked.anonymous, is_report
    return True


def _visitor(row: ChatSessionRow) -> Visitor:
    return Visitor(
        session_id=row.id,
        language=row.language,
        topic=row.topic,
        anonymous=row.anonymous,
        sealed=row.sealed,
        read_by_agent=row.read_by_agent,
    )


def _received(row: AttachmentRow) -> Received:
    return Received(
        filename=row.filename,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        blob_key=row.blob_key,
        sha256=row.sha256,
    )


def _ticket_key(ticket: str) -> str:
    return f"chat:ticket:{ticket}"
