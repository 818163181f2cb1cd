"""Inbound items that could not be read: seen, tried again, turned into a contact by hand, or set aside for a reason."""

import asyncio
import json
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parseaddr
from pathlib import Path

from sqlalchemy import select

from channels.acknowledgements import pin_for
from channels.arrivals import Arrivals
from channels.intake import WAKE_INTAKE
from desk.access import Actor
from desk.schemas.administration import QuarantineContactInput, QuarantineView, RawView
from kit.access import Access
from kit.blobs import BlobRow, BlobStore
from kit.errors import Conflict, NotFound
from kit.unit_of_work import Database, UnitOfWork
from kit.wake import Waker
from records.citizens.addresses import normalise
from records.citizens.masking import mask_mail, mask_name, mask_text
from records.messages.tables import LedgerRow, LedgerState
from records.staff import audit
from records.staff.permissions import Permission
from router.contact import Address, Attachment, Channel, ContactRequest

MOST_LISTED = 200
RAW_CHARS = 200_000
HEAD_BYTES = 16_384
"""Enough for what a mail says of itself; a longer head is not worth the time."""


async def listed(uow: UnitOfWork, blobs: BlobStore) -> list[QuarantineView]:
    """The newest two hundred."""
    rows = await uow.session.scalars(
        select(LedgerRow)
        .where(LedgerRow.state == LedgerState.QUARANTINED)
        .order_by(LedgerRow.received_at.desc())
        .limit(MOST_LISTED)
    )
    return [await _view(uow, blobs, row) for row in rows.all()]


async def _view(uow: UnitOfWork, blobs: BlobStore, row: LedgerRow) -> QuarantineView:
    head = await _head(blobs, row)
    return QuarantineView(
        id=row.id,
        channel=row.channel,
        account=row.account,
        received_at=row.received_at,
        reason=row.reason,
        size_bytes=await _size(uow, row),
        attempts=row.attempts,
        sender=_masked_sender(_header(head, "From")),
        subject=mask_text(_header(head, "Subject")),
    )


async def raw(database: Database, blobs: BlobStore, who: Actor, item_id: str) -> RawView:
    """The item as text, audited; masked for those who may not unmask citizens."""
    async with database.unit_of_work(who.access) as uow:
        row = await _item(uow, item_id)
        audit.record(uow, "quarantine.read", "ledger", row.id, sealed=row.sealed)
    data = await blobs.read(row.raw_blob_key) if row.raw_blob_key else _as_text(row).encode()
    text = data[: RAW_CHARS * 4].decode("utf-8", "replace")
    shown = text[:RAW_CHARS]
    return RawView(
        text=shown if who.may(Permission.CITIZENS_REVEAL) else mask_text(shown),
        truncated=len(text) > RAW_CHARS or len(data) > RAW_CHARS * 4,
    )


async def parse_again(uow: UnitOfWork, waker: Waker, item_id: str) -> None:
    """Back to the claim loop, as if it had just come in."""
    row = await _item(uow, item_id)
    row.state, row.reason, row.attempts, row.claimed_until = LedgerState.RECEIVED, "", 0, None
    audit.record(uow, "quarantine.parsed_again", "ledger", row.id, sealed=row.sealed)
    uow.after_commit(lambda: waker.wake(WAKE_INTAKE))


async def discard(uow: UnitOfWork, item_id: str, reason: str) -> None:
    """Set aside; the raw item is kept."""
    row = await _item(uow, item_id)
    row.state, row.reason = LedgerState.IGNORED, f"discarded: {reason}"[:500]
    audit.record(uow, "quarantine.discarded", "ledger", row.id, reason, sealed=row.sealed)


async def make_contact(
    database: Database, blobs: BlobStore, arrivals: Arrivals, who: Actor, item_id: str, body: QuarantineContactInput
) -> None:
    """Route it as a contact with the words that somebody typed; the raw item comes along as a file.

    Without a sender, the one that the item names is taken; without any, the contact cannot be answered.
    """
    async with database.unit_of_work(who.access, read_only=True) as uow:
        row = await _item(uow, item_id)
        request = await _request(uow, blobs, row, body)
    pin = await pin_for(request)
    # The platform at work on somebody's behalf: routing looks at sealed rows as well.
    access = Access(workspace_id=who.access.workspace_id, actor_id=who.account_id, sees_sealed=True)
    async with database.unit_of_work(access) as uow:
        row = await _item(uow, item_id)
        await arrivals.arrive(uow, row, request, pin)
        audit.record(uow, "quarantine.made_contact", "ledger", row.id, sealed=row.sealed)


async def _request(uow: UnitOfWork, blobs: BlobStore, row: LedgerRow, body: QuarantineContactInput) -> ContactRequest:
    sender, answerable = _sender(row, body.sender.strip() or _address(_header(await _head(blobs, row), "From")))
    return ContactRequest(
        channel=row.channel,
        external_id=f"quarantine:{row.id}",
        sender=sender,
        recipient=Address(kind=row.channel, value=row.account),
        received_at=row.received_at,
        thread_key=f"quarantine:{row.id}",
        text=body.text,
        subject=body.subject,
        attachments=await _original_file(uow, row),
        # What came into a confidential mailbox is a report, as when it is read by itself.
        hints={"answerable": answerable, **({"kind": "report"} if row.sealed else {})},
        raw_blob_key=row.raw_blob_key,
    )


def _sender(row: LedgerRow, named: str) -> tuple[Address, bool]:
    """Whom the item is from, and whether they can be answered: at a mail address, for a text message at a number."""
    if row.channel == Channel.SMS:
        number = normalise("phone", named)
        if number.removeprefix("+").isdigit():
            return Address(kind="phone", value=number), True
    elif "@" in named:
        return Address(kind="mail", value=named), True
    return Address(kind=row.channel, value=named or f"quarantine:{row.id}"), False


async def _original_file(uow: UnitOfWork, row: LedgerRow) -> tuple[Attachment, ...]:
    blob = await _blob(uow, row)
    if blob is None:
        return ()
    is_mail = row.channel == "mail"
    return (
        Attachment(
            filename="original.eml" if is_mail else "original.bin",
            media_type="message/rfc822" if is_mail else "application/octet-stream",
            size_bytes=blob.size_bytes,
            blob_key=blob.key,
            sha256=blob.sha256,
        ),
    )


async def _item(uow: UnitOfWork, item_id: str) -> LedgerRow:
    """Raises `NotFound`, or `Conflict` (code `not_quarantined`) when somebody dealt with it meanwhile."""
    row: LedgerRow | None = await uow.session.scalar(select(LedgerRow).where(LedgerRow.id == item_id).with_for_update())
    if row is None:
        raise NotFound("There is no such item.")
    if row.state != LedgerState.QUARANTINED:
        raise Conflict("Somebody dealt with this item meanwhile.", code="not_quarantined")
    return row


async def _blob(uow: UnitOfWork, row: LedgerRow) -> BlobRow | None:
    if row.raw_blob_key is None:
        return None
    found: BlobRow | None = await uow.session.scalar(select(BlobRow).where(BlobRow.key == row.raw_blob_key))
    return found


async def _size(uow: UnitOfWork, row: LedgerRow) -> int:
    blob = await _blob(uow, row)
    return blob.size_bytes if blob is not None else len(_as_text(row).encode())


def _as_text(row: LedgerRow) -> str:
    return json.dumps(row.raw_json or {}, ensure_ascii=False, indent=1)


async def _head(blobs: BlobStore, row: LedgerRow) -> bytes:
    if row.raw_blob_key is None:
        return b""
    return await asyncio.to_thread(_first_bytes, blobs.path(row.raw_blob_key))


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except FileNotFoundError:
        return b""


def _header(head: bytes, name: str) -> str:
    """What the item says of itself, as far as it can be read at all."""
    try:
        value = BytesHeaderParser(policy=compat32).parsebytes(head).get(name, "")
        return " ".join(str(make_header(decode_header(str(value)))).split())[:300]
    except (ValueError, LookupError, TypeError, IndexError):
        return ""


def _masked_sender(value: str) -> str:
    name, address = parseaddr(value)
    return " ".join(filter(None, (mask_name(name), mask_mail(address) if "@" in address else "")))


def _address(value: str) -> str:
    return parseaddr(value)[1][:254]
