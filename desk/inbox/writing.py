"""What an agent writes: replies and notes, drafts, files, and another try for what failed."""

from collections.abc import AsyncIterator

from starlette.datastructures import UploadFile

from channels.ways import Way, ways_to
from desk.access import Actor
from desk.inbox import presenting, reading, service
from desk.inbox.store import LoadedContact
from desk.schemas.inbox import AttachmentView, DraftInput, DraftView, MessageInput, ThreadItem
from kit.blobs import BlobStore
from kit.errors import Conflict, Invalid, NotFound
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from records.messages import attachments, drafts, outbox
from records.messages import service as messages
from records.messages import store as message_store
from records.messages.service import Delivery, NewMessage
from records.messages.tables import Direction, MessageRow
from router.contact import Channel
from router.states import HAS_AGENT
from router.tables import ContactRow
from webchat import signals
from webchat.uploads import UNKNOWN, media_type_of

PREVIEW_CHARS = 120
SNIFFED_BYTES = 4096
CHUNK_BYTES = 256 * 1024


async def send(uow: UnitOfWork, waker: Waker, who: Actor, contact_id: str, body: MessageInput) -> ThreadItem:
    """Store a reply with its outbox row, or a note. The same `client_id` gives the message of the first time.

    Raises `Conflict` (code `not_yours`) for a reply to a contact that is in other hands by now, `Invalid` for an empty
    one or a channel that does not reach the citizen.
    """
    loaded = await reading.require_contact(uow, who, contact_id, for_update=True)
    known = await message_store.by_client_id(uow, loaded.row.thread_id, body.client_id)
    if known is None:
        known = await (_note if body.kind == "note" else _reply)(uow, who, loaded, body)
        uow.after_commit(lambda: waker.wake(messages.WAKE_OUTBOX))
    return (await reading.thread_items(uow, [known], presenting.citizen_name(loaded)))[0]


async def _note(uow: UnitOfWork, who: Actor, loaded: LoadedContact, body: MessageInput) -> MessageRow:
    _require_content(body)
    row = await messages.append(uow, _new(who, loaded.row, body, Direction.NOTE))
    await _drop_draft(uow, who, loaded, "note")
    return row


async def _reply(uow: UnitOfWork, who: Actor, loaded: LoadedContact, body: MessageInput) -> MessageRow:
    _require_content(body)
    row = loaded.row
    _require_hands_on(who, row)
    way = await _way(uow, row, body)
    new = _new(who, row, body, Direction.OUT, channel=way.channel)
    message = await messages.reply(uow, new, await _delivery(uow, row, way))
    await drafts.discard(uow, row.id, "reply", who.account_id)
    row.last_out_at, row.unread = uow.now, 0
    # Who answers has read what came before.
    await signals.agent_read(uow, row.id, message.seq)
    row.first_answer_at = row.first_answer_at or uow.now
    row.preview = " ".join(body.text.split())[:PREVIEW_CHARS] or row.preview
    await service.touch(uow, row)
    return message


def _require_content(body: MessageInput) -> None:
    if not body.text.strip() and not body.attachment_ids:
        raise Invalid("There is nothing to send.", code="empty_message")


def _require_hands_on(who: Actor, row: ContactRow) -> None:
    if row.agent_id != who.account_id or row.status not in HAS_AGENT:
        raise Conflict("This contact is in other hands by now.", code="not_yours", agent_id=row.agent_id)


def _new(
    who: Actor, row: ContactRow, body: MessageInput, direction: Direction, *, channel: str | None = None
) -> NewMessage:
    return NewMessage(
        thread_id=row.thread_id,
        contact_id=row.id,
        citizen_id=row.citizen_id,
        direction=direction,
        author_kind="agent",
        author_id=who.account_id,
        channel=channel,
        client_id=body.client_id,
        subject=_subject(row.subject) if channel == Channel.MAIL else "",
        text=body.text,
        language=row.language,
        attachment_ids=body.attachment_ids,
        sealed=row.sealed,
    )


def _subject(subject: str) -> str:
    is_reply = subject[:3].lower() == "re:" or subject.startswith(("回复:", "回复:", "答复:", "答复:"))
    return subject if is_reply or not subject else f"Re: {subject}"


async def _way(uow: UnitOfWork, row: ContactRow, body: MessageInput) -> Way:
    """The way that the agent chose. Raises `Invalid` (codes `no_such_way`, `do_not_contact`)."""
    ways = await ways_to(uow, row)
    fits = [way for way in ways if body.channel in (None, "", way.channel)]
    if body.address_id:
        fits = [way for way in fits if way.address_id == body.address_id]
    way = next((way for way in fits if not way.forbidden), None)
    if way is not None:
        return way
    if fits:
        raise Invalid("The citizen wants no messages by this channel.", code="do_not_contact")
    channels = list(dict.fromkeys(way.channel for way in ways))
    raise Invalid("This channel does not reach the citizen.", code="no_such_way", channels=channels)


async def _delivery(uow: UnitOfWork, row: ContactRow, way: Way) -> Delivery:
    envelope: dict[str, str] = {}
    last = await message_store.last_inbound(uow, row.id, way.channel)
    if way.channel == row.channel:
        envelope["account"] = row.recipient
    if last is not None and last.external_id:
        envelope["in_reply_to"] = last.external_id
    return Delivery(recipient=way.recipient, envelope=envelope)


async def retry(uow: UnitOfWork, waker: Waker, who: Actor, message_id: str) -> ThreadItem:
    """Raises `Conflict` (code `not_failed`) when the message is on its way or has arrived."""
    message = await message_store.message(uow, message_id)
    if message is None:
        raise NotFound("There is no such message.")
    loaded = await reading.require_contact(uow, who, message.contact_id)
    message = await outbox.retry(uow, message_id)
    uow.after_commit(lambda: waker.wake(messages.WAKE_OUTBOX))
    return (await reading.thread_items(uow, [message], presenting.citizen_name(loaded)))[0]


async def draft(uow: UnitOfWork, who: Actor, contact_id: str, kind: str) -> DraftView | None:
    await reading.require_contact(uow, who, contact_id)
    row = await message_store.draft(uow, contact_id, kind)
    return presenting.draft_view(row) if row is not None else None


async def save_draft(uow: UnitOfWork, who: Actor, contact_id: str, kind: str, body: DraftInput) -> DraftView:
    """Raises `Conflict` (code `draft_changed`) with the server's `version`."""
    loaded = await reading.require_contact(uow, who, contact_id, for_update=True)
    if kind != "note":
        _require_hands_on(who, loaded.row)
    row = await drafts.save(
        uow,
        contact_id=contact_id,
        kind=kind,
        version=body.version,
        body=body.body,
        author_id=who.account_id,
        sealed=loaded.row.sealed,
    )
    await _mark_draft(uow, loaded)
    return presenting.draft_view(row)


async def discard_draft(uow: UnitOfWork, who: Actor, contact_id: str, kind: str) -> None:
    """Give up a draft. Raises `Conflict` (code `not_yours`) for what somebody else writes to the citizen."""
    loaded = await reading.require_contact(uow, who, contact_id, for_update=True)
    if kind != "note":
        _require_hands_on(who, loaded.row)
    await _drop_draft(uow, who, loaded, kind)


async def _drop_draft(uow: UnitOfWork, who: Actor, loaded: LoadedContact, kind: str) -> None:
    await drafts.discard(uow, loaded.row.id, kind, who.account_id)
    await _mark_draft(uow, loaded)


async def _mark_draft(uow: UnitOfWork, loaded: LoadedContact) -> None:
    """The list says whether something is being written: tell the pages when that begins or ends."""
    rows = await message_store.drafts_of(uow, [loaded.row.id])
    if any(not drafts.is_empty(row.body) for row in rows) != loaded.has_draft:
        await service.touch(uow, loaded.row)


async def upload(
    database: Database, blobs: BlobStore, who: Actor, file: UploadFile, *, max_bytes: int
) -> AttachmentView:
    """Store a file that a message of this account may carry within a day. Raises `TooLarge`."""
    head = await file.read(SNIFFED_BYTES)
    await file.seek(0)
    blob = await blobs.put(_chunks(file), max_bytes=max_bytes)
    async with database.unit_of_work(who.access) as uow:
        row = attachments.upload(
            uow,
            blob,
            filename=file.filename or "",
            media_type=sniffed_type(head, file.filename or ""),
            uploaded_by=who.account_id,
        )
        await uow.session.flush()
        return presenting.attachment_view(row)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK_BYTES):
        yield chunk


def sniffed_type(head: bytes, filename: str) -> str:
    """The media type by what the bytes say, never by what the sender claims."""
    found = media_type_of(head, filename)
    return "text/plain" if found == UNKNOWN and head and b"\0" not in head else found
