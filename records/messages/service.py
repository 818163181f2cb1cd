"""What is said: appended to its thread with the next number, findable, and told to the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kit import search
from kit.errors import Invalid, NotFound
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.messages import attachments, store
from records.messages.attachments import StoredFile
from records.messages.tables import AttachmentRow, Direction, MessageRow, OutboxRow, OutboxState, ThreadRow

SEARCH_ENTITY = "message"
WAKE_OUTBOX = "outbox"
MAX_EVENT_TEXT_CHARS = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One message to append. `client_id` is the sender's own id of it and makes appending idempotent in the thread.

    `files` are stored blobs (what came in), `attachment_ids` uploads of `author_id` that no message has claimed yet.
    `created_at` is when it was said, aware UTC; now when it is None. `sealed`: the contact is confidential.
    """

    thread_id: str
    contact_id: str
    direction: Direction
    author_kind: str
    citizen_id: str | None = None
    author_id: str | None = None
    channel: str | None = None
    client_id: str | None = None
    external_id: str | None = None
    subject: str = ""
    text: str = ""
    full_text: str | None = None
    html: str | None = None
    language: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[StoredFile] = ()
    attachment_ids: Sequence[str] = ()
    created_at: datetime | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where a reply goes. `envelope` is the channel's own: mailbox, in_reply_to, automatic."""

    recipient: str
    envelope: Mapping[str, Any] = field(default_factory=dict)


async def append(uow: UnitOfWork, new: NewMessage) -> MessageRow:
    """Append to the thread and tell the pages. The same `client_id` again gives the message of the first time.

    Raises `NotFound` for an unknown thread, `Invalid` for an attachment that is not this author's to send.
    """
    # What came together is written together: a flush for each statement here would cost a busy chat most of its time.
    with uow.session.no_autoflush:
        if new.client_id is not None:
            known = await store.by_client_id(uow, new.thread_id, new.client_id)
            if known is not None:
                return known
        taken = await store.next_seq(uow, new.thread_id)
    if taken is None:
        raise NotFound("There is no such thread.")
    seq, thread_channel = taken
    row = MessageRow(**_values(uow, new, seq, new.channel or thread_channel))
    uow.session.add(row)
    files = await _attach(uow, row, new) if new.files or new.attachment_ids else []
    if found := _findable(row, files):
        search.add(uow, found)
    emit(uow, row, plain=not files and new.direction is not Direction.OUT)
    if row.channel == thread_channel == "chat":
        # The citizen's page counts along where it may not look, or it would search for what is missing.
        hidden = {} if new.direction in (Direction.IN, Direction.OUT) else {"hidden": True}
        uow.emit(f"chat:{new.thread_id}", "message", row.id, seq, {"seq": seq, **hidden}, sealed=row.sealed)
    return row


@dataclass(slots=True, kw_only=True)
class LockedThread:
    """As much of a thread as it takes to append to it in the transaction that has locked it."""

    id: str
    channel: str
    last_seq: int


async def append_received(uow: UnitOfWork, received: Sequence[tuple[LockedThread, NewMessage]]) -> list[MessageRow]:
    """`append` for what citizens wrote, without files, in a few statements for all; no session holds the rows.

    Raises `IntegrityError` for a `client_id` that the thread has already: look before.
    """
    messages = []
    for thread, new in received:
        thread.last_seq += 1
        messages.append(_values(uow, new, thread.last_seq, new.channel or thread.channel))
    rows = [MessageRow(**values) for values in messages]
    await uow.insert_many(MessageRow, messages)
    await search.add_many(uow, [found for row in rows if (found := _findable(row, ()))])
    threads = {thread.id: {"id": thread.id, "last_seq": thread.last_seq} for thread, _ in received}
    await uow.update_many(ThreadRow, list(threads.values()))
    for row, (thread, _) in zip(rows, received, strict=True):
        emit(uow, row, plain=True)
        if row.channel == thread.channel == "chat":
            uow.emit(f"chat:{thread.id}", "message", row.id, row.seq, {"seq": row.seq}, sealed=row.sealed)
    return rows


async def reply(uow: UnitOfWork, new: NewMessage, delivery: Delivery) -> MessageRow:
    """Append an answer together with its outbox row: neither is without the other. Idempotent like `append`."""
    row = await append(uow, new)
    if row.direction != Direction.OUT:
        raise Invalid("This id was used for another message.")
    await uow.session.flush()
    if row.id not in await store.outbox_of(uow, [row.id]):
        uow.session.add(
            OutboxRow(
                message_id=row.id,
                channel=row.channel,
                recipient=delivery.recipient,
                envelope=dict(delivery.envelope),
                state=OutboxState.QUEUED,
                next_attempt_at=uow.now,
                created_at=uow.now,
                sealed=row.sealed,
            )
        )
        await uow.session.flush()
    return row


async def append_event(
    uow: UnitOfWork,
    *,
    thread_id: str,
    contact_id: str,
    citizen_id: str | None,
    event: str,
    detail: Mapping[str, Any],
    author_id: str | None = None,
    key: str | None = None,
    sealed: bool = False,
) -> MessageRow:
    """A line of what the system or a colleague did; `event` is a code, put into words by the page.

    The same `key` in a thread is written once.
    """
    return await append(
        uow,
        NewMessage(
            thread_id=thread_id,
            contact_id=contact_id,
            citizen_id=citizen_id,
            direction=Direction.EVENT,
            author_kind="agent" if author_id else "system",
            author_id=author_id,
            client_id=key,
            detail={**detail, "event": event},
            sealed=sealed,
        ),
    )


async def emit_delivery(uow: UnitOfWork, message_id: str) -> None:
    """Tell the pages that a message's delivery or files changed; harmless for one that is not there."""
    await uow.session.flush()
    row = await store.raise_version(uow, message_id)
    if row is not None:
        emit(uow, row)


async def note_recognised(uow: UnitOfWork, attachment_id: str, text: str) -> None:
    """Keep what a scan says: its message is found by it, and the pages are told. Harmless for a file that is gone."""
    file = await store.attachment(uow, attachment_id)
    message = await store.message(uow, file.message_id) if file is not None and file.message_id else None
    if file is None or message is None:
        return
    file.recognised = text
    await uow.session.flush()
    files = (await store.attachments_of(uow, [message.id])).get(message.id, [])
    words = [_searchable(message, files), *(item.recognised or "" for item in files)]
    await search.index(uow, SEARCH_ENTITY, message.id, "\n".join(filter(None, words)), sealed=message.sealed)
    await emit_delivery(uow, message.id)


def emit(uow: UnitOfWork, row: MessageRow, *, plain: bool = False) -> None:
    """Tell the desk about a message. A `plain` one (no files, no delivery state) travels whole, so that no page has to
    read it back; a sealed or long one by id only.
    """
    data: dict[str, Any] = {"contact_id": row.contact_id}
    is_short = len(row.text) <= MAX_EVENT_TEXT_CHARS and row.html is None and row.full_text is None
    if plain and is_short and not row.sealed:
        data |= {
            "thread_id": row.thread_id,
            "citizen_id": row.citizen_id,
            "seq": row.seq,
            "direction": row.direction,
            "channel": row.channel,
            "author_kind": row.author_kind,
            "author_id": row.author_id,
            "client_id": row.client_id,
            "subject": row.subject,
            "text": row.text,
            "detail": row.detail,
            "created_at": row.created_at.isoformat(),
        }
    uow.emit("desk", "message", row.id, row.version, data, sealed=row.sealed)


def _values(uow: UnitOfWork, new: NewMessage, seq: int, channel: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "thread_id": new.thread_id,
        "contact_id": new.contact_id,
        "citizen_id": new.citizen_id,
        "seq": seq,
        "direction": new.direction.value,
        "channel": channel,
        "author_kind": new.author_kind,
        "author_id": new.author_id,
        "client_id": new.client_id,
        "external_id": new.external_id,
        "subject": new.subject[:300],
        "text": new.text,
        "full_text": new.full_text,
        "html": new.html,
        "language": new.language,
        "detail": dict(new.detail),
        "created_at": new.created_at or uow.now,
        "sealed": new.sealed,
        "version": 1,
    }


async def _attach(uow: UnitOfWork, row: MessageRow, new: NewMessage) -> list[AttachmentRow]:
    await uow.session.flush()
    files = await attachments.add(uow, row, new.files)
    return files + await attachments.claim(uow, row, new.attachment_ids, new.author_id)


def _findable(row: MessageRow, files: Sequence[AttachmentRow]) -> search.Findable | None:
    text = _searchable(row, files)
    if row.direction == Direction.EVENT or not text:
        return None
    return search.Findable(entity=SEARCH_ENTITY, entity_id=row.id, text=text, sealed=row.sealed)


def _searchable(row: MessageRow, files: Sequence[AttachmentRow]) -> str:
    words = [row.subject, row.text, *(file.filename for file in files)]
    return "\n".join(word for word in words if word)
