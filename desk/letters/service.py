"""What colleagues do with letters and visits: register, notice repeats, answer on paper, say that it is posted."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from channels.adapter import Intake
from channels.letter.inbound import PAPER
from desk.access import Actor
from desk.inbox import presenting, reading
from desk.inbox.store import load, restricted_queues
from desk.inbox.visibility import reads_queue
from desk.letters import store
from desk.schemas.inbox import ThreadItem
from desk.schemas.letters import LetterInput, LetterView, PostedInput, ResemblingLetter
from kit.errors import Conflict, Invalid, NotFound
from kit.unit_of_work import Database, UnitOfWork
from records.messages import store as message_store
from records.messages.attachments import DRAWABLE
from records.messages.service import emit_delivery
from records.messages.tables import AttachmentRow, Direction, MessageRow
from records.staff import audit
from records.staff import store as staff
from router.contact import RawInbound

ACCOUNT = "desk"
_NOON = time(12)


async def register(database: Database, intake: Intake, who: Actor, body: LetterInput) -> LetterView:
    """Make a contact of what came on paper. The same `client_id` gives the number of the first time.

    Raises `Invalid` (codes `not_a_scan`, `received_later`), and `Conflict` (code `resembles_another`, with `letters`)
    for what may have been registered before, unless it is `confirmed`.
    """
    async with database.unit_of_work(who.access, read_only=True) as uow:
        known = await store.item_of(uow, body.channel, ACCOUNT, body.client_id)
        files = await _scans(uow, who, body.attachment_ids) if known is None else []
        received_at = await _received_at(uow, body.received_on)
        if known is None and not body.confirmed:
            await _refuse_repeats(uow, who, body, files)
    if known is not None and known.contact_id is not None:
        async with database.unit_of_work(who.access, read_only=True) as uow:
            return LetterView(
                contact_id=known.contact_id, number=await store.number_of(uow, known.contact_id) or "", pin=None
            )
    stored = await intake(_raw(who, body, files, received_at))
    async with database.unit_of_work(who.access) as uow:
        # Their blobs belong to the message's own rows now.
        await store.forget_uploads(uow, [file.id for file in files])
        audit.record(uow, "letter.registered", "contact", stored.contact_id or "", detail={"channel": body.channel})
    return LetterView(contact_id=stored.contact_id or "", number=stored.receipt_number or "", pin=stored.receipt_pin)


async def _scans(uow: UnitOfWork, who: Actor, ids: Sequence[str]) -> list[AttachmentRow]:
    rows = {row.id: row for row in await message_store.unsent_attachments(uow, ids, who.account_id)}
    if rows.keys() != set(ids):
        raise Invalid("A page was uploaded too long ago; add it again.", code="no_such_upload")
    for row in rows.values():
        if not row.media_type.startswith(DRAWABLE):
            raise Invalid(f"{row.filename} is neither a picture nor a PDF.", code="not_a_scan", filename=row.filename)
    return [rows[id_] for id_ in dict.fromkeys(ids)]


async def _received_at(uow: UnitOfWork, day: date) -> datetime:
    """Now for today, noon of the workspace for an earlier day: deadlines count from when it came."""
    zone = await staff.zone(uow)
    today = uow.now.astimezone(zone).date()
    if day > today:
        raise Invalid("It cannot have come after today.", code="received_later")
    return uow.now if day == today else datetime.combine(day, _NOON, zone).astimezone(UTC)


async def _refuse_repeats(uow: UnitOfWork, who: Actor, body: LetterInput, files: Sequence[AttachmentRow]) -> None:
    """Nothing is told of queues that this account may not read, nor of what is confidential and was not opened."""
    zone = await staff.zone(uow)
    found = [("same_scan", row) for row in await store.with_files(uow, [file.sha256 for file in files])]
    if body.sender and body.dated:
        found += [("same_sender", row) for row in await store.of_sender(uow, body.sender, body.dated)]
    restricted = await restricted_queues(uow)
    loaded = await load(uow, [row for _, row in found])
    readable = {one.row.id for one in loaded if one.is_open_to(who) and reads_queue(who, one.row.queue_id, restricted)}
    letters = {
        row.id: ResemblingLetter.model_validate(
            {
                "contact_id": row.id,
                "number": await store.number_of(uow, row.id) or "",
                "subject": row.subject,
                "received_on": row.received_at.astimezone(zone).date(),
                "why": why,
            }
        )
        for why, row in reversed(found)
        if row.id in readable
    }
    if letters:
        listed = [letter.model_dump(mode="json") for letter in letters.values()]
        raise Conflict("This may have been registered before.", code="resembles_another", letters=listed)


def _raw(who: Actor, body: LetterInput, files: Sequence[AttachmentRow], received_at: datetime) -> RawInbound:
    entry = body.model_dump(mode="json", exclude={"client_id", "channel", "attachment_ids", "confirmed"})
    entry |= {"sender": body.sender.strip(), "phone": body.phone.strip(), "subject": body.subject.strip()}
    scans = [
        {name: getattr(file, name) for name in ("filename", "media_type", "size_bytes", "blob_key", "sha256")}
        for file in files
    ]
    return RawInbound(
        channel=body.channel,
        account=ACCOUNT,
        provider_id=body.client_id,
        received_at=received_at,
        raw_json={"entry": {**entry, "files": scans, "entered_by": who.account_id}},
    )


async def answer(uow: UnitOfWork, who: Actor, message_id: str) -> tuple[MessageRow, dict[str, Any]]:
    """An answer on paper, and what stands on its sheet: bureau, recipient, address, number, day. Audited.

    Raises `NotFound` for a message that is none.
    """
    message = await _paper_answer(uow, message_id)
    loaded = await reading.require_contact(uow, who, message.contact_id)
    workspace = await staff.workspace(uow)
    files = (await message_store.attachments_of(uow, [message.id])).get(message.id, [])
    audit.record(uow, "letter.printed", "message", message.id, sealed=message.sealed)
    return message, {
        "bureau": workspace.name,
        "recipient": loaded.citizen.name if loaded.citizen else "",
        "postal_address": str(loaded.row.hints.get("postal_address") or ""),
        "number": await store.number_of(uow, loaded.row.id) or "",
        "subject": loaded.row.subject,
        "day": message.created_at.astimezone(await staff.zone(uow)).date(),
        "files": [file.filename for file in files],
    }


async def posted(uow: UnitOfWork, who: Actor, message_id: str, body: PostedInput) -> ThreadItem:
    """The answer has left the house, or was handed over. Repeating it changes nothing."""
    message = await _paper_answer(uow, message_id)
    loaded = await reading.require_contact(uow, who, message.contact_id)
    if await store.mark_posted(uow, message.id):
        name = (await staff.account(uow, who.account_id)).display_name
        message.detail = {**message.detail, "posted": {"how": body.how, "by": name, "at": uow.now.isoformat()}}
        audit.record(uow, "letter.posted", "message", message.id, detail={"how": body.how}, sealed=message.sealed)
        await emit_delivery(uow, message.id)
    return (await reading.thread_items(uow, [message], presenting.citizen_name(loaded)))[0]


async def _paper_answer(uow: UnitOfWork, message_id: str) -> MessageRow:
    message = await message_store.message(uow, message_id)
    if message is None or message.direction != Direction.OUT or message.channel not in PAPER:
        raise NotFound("There is no such answer on paper.")
    return message
