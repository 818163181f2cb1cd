"""From a stored item to a routed contact, in one transaction: deduplicate, attach, seal, place, acknowledge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from channels import joining, ledger, satisfaction
from channels.acknowledgements import Acknowledgements
from channels.adapter import ContactRequest, RawInbound, Stored
from kit.unit_of_work import UnitOfWork
from records.citizens.receipts import IssuedReceipt, Pin
from records.citizens.service import find_or_create
from records.citizens.tables import CitizenRow
from records.messages.service import NewMessage, append, append_received
from records.messages.tables import Direction, LedgerRow, LedgerState, MessageRow, ThreadRow
from router.contact import OPEN_STATUSES, Channel
from router.results import Decision
from router.service import Router
from router.standing import Standing, count, save_counts, standing_by_key
from router.tables import ContactRow

PREVIEW_CHARS = 120
TYPED_IN = frozenset({Channel.FORM, Channel.LETTER, Channel.VISIT})
"""Where a telephone number is only what somebody wrote, and proves nothing."""
MAILING_LISTS = frozenset({"list", "bulk"})
"""Whose sender is whoever runs the list, whoever wrote."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One item on its way in, and what it says. `pin` is for the receipt of a new contact."""

    raw: RawInbound
    request: ContactRequest
    pin: Pin | None


class Arrivals:
    """One for each process; every adapter's items come through here."""

    def __init__(self, router: Router, acknowledgements: Acknowledgements) -> None:
        self._router = router
        self._acknowledgements = acknowledgements

    async def arrive_together(
        self, uow: UnitOfWork, items: Sequence[Inbound], rows: Mapping[ledger.ItemKey, LedgerRow] | None = None
    ) -> list[Stored]:
        """`arrive` for many in one transaction. `rows`, read in it, are of those written down before.

        What continues an open conversation costs a few statements in all.
        """
        rows = rows or {}
        refused = await joining.blocked_among(uow, [item.request for item in items])
        welcome = [item for item, is_refused in zip(items, refused, strict=True) if not is_refused]
        standing = await standing_by_key(uow, {item.request.thread_key for item in welcome})
        # Where one of a conversation's items is not plain, all of them go its way: they keep their order.
        apart = {item.request.thread_key for item in welcome if not _is_plain(item.request)}
        plain = [item for item in welcome if item.request.thread_key in standing.keys() - apart]
        stored = await _continue(uow, plain, standing, rows)
        for item, is_refused in zip(items, refused, strict=True):
            if item.raw.key not in stored:
                row = rows.get(item.raw.key) or ledger.enter(uow, item.raw, None)
                stored[item.raw.key] = await self._arrive(uow, row, item.request, item.pin, is_refused=is_refused)
        return [stored[item.raw.key] for item in items]

    async def arrive(self, uow: UnitOfWork, row: LedgerRow, request: ContactRequest, pin: Pin | None) -> Stored:
        """Route `request`, whose ledger row is in this transaction, and say in the row what became of it.

        `pin` is for the receipt of a new contact, from `acknowledgements.pin_for`.
        """
        (is_refused,) = await joining.blocked_among(uow, [request])
        return await self._arrive(uow, row, request, pin, is_refused=is_refused)

    async def _arrive(
        self, uow: UnitOfWork, row: LedgerRow, request: ContactRequest, pin: Pin | None, *, is_refused: bool
    ) -> Stored:
        await uow.session.flush()
        row.claimed_until, row.duplicate_key = None, request.duplicate_key
        if is_refused:
            return _ignored(row, "blocked address")
        contact = await _open_contact(uow, request)
        if contact is None and await _lock_thread(uow, request):
            # Who held the lock may have begun the contact that this belongs to, or routed the same item.
            contact = await _open_contact(uow, request)
        first = await _first_of(uow, row)
        if first is not None:
            row.state, row.reason, row.duplicate_of_id = LedgerState.IGNORED, "duplicate", first.id
            row.sealed = row.sealed or first.sealed
            return Stored(ledger_id=row.id, first_time=False, contact_id=first.contact_id, message_id=first.message_id)
        contact = contact or await joining.answered_contact(uow, request)
        if contact is None:
            if await satisfaction.take_reply(uow, request):
                return _ignored(row, "satisfaction")
            return await self._begin(uow, row, request, pin)
        await self._router.append_inbound(uow, contact)
        message = await self._append(uow, row, contact, request)
        return _routed(row, message)

    async def repeated(self, uow: UnitOfWork, row: LedgerRow) -> Stored:
        """The answer for an item that came in before: the same as the first time."""
        message = await uow.session.get(MessageRow, row.message_id) if row.message_id else None
        return Stored(
            ledger_id=row.id,
            first_time=False,
            contact_id=row.contact_id,
            message_id=row.message_id,
            seq=message.seq if message else None,
        )

    async def _begin(self, uow: UnitOfWork, row: LedgerRow, request: ContactRequest, pin: Pin | None) -> Stored:
        known = await _known_thread(uow, request)
        decision = await self._router.decide(uow, request)
        if known is not None and not decision.seal:
            decision = await _as_before(uow, known, decision)
        if row.sealed:
            # It came in confidence: no rule that somebody changed opens it.
            decision = replace(decision, seal=True)
        typed_in = request.channel in TYPED_IN and request.sender.kind == "phone"
        forwarded = request.hints.get("machine") in MAILING_LISTS
        citizen = await find_or_create(
            uow, request.sender, language=request.language, sealed=decision.seal, stated=typed_in or forwarded
        )
        citizen.honorific = citizen.honorific or request.hints.get("honorific")
        thread = known or await _new_thread(uow, request, citizen, sealed=decision.seal)
        contact = _contact(request, thread, citizen, decision)
        uow.session.add(contact)
        await uow.session.flush()
        message = await self._append(uow, row, contact, request)
        held = request.channel == Channel.VOICE
        placed = await self._router.place(uow, contact, request, decision=decision, hold=held)
        receipt = await self._acknowledgements.acknowledge(uow, contact, pin, placed)
        return _routed(row, message, receipt)

    async def _append(
        self, uow: UnitOfWork, row: LedgerRow, contact: ContactRow, request: ContactRequest
    ) -> MessageRow:
        contact.preview = _preview(request)
        contact.last_in_at = request.received_at
        row.sealed = contact.sealed
        return await append(uow, _message(request, contact.thread_id, contact))


def _is_plain(request: ContactRequest) -> bool:
    return not request.attachments and request.duplicate_key is None


async def _continue(
    uow: UnitOfWork,
    items: Sequence[Inbound],
    standing: Mapping[str, Standing],
    rows: Mapping[ledger.ItemKey, LedgerRow],
) -> dict[ledger.ItemKey, Stored]:
    """Add plain items to their conversations; the answers by the items' keys."""
    if not items:
        return {}
    contacts = [standing[item.request.thread_key] for item in items]
    for item, contact in zip(items, contacts, strict=True):
        count(uow, contact, _preview(item.request), item.request.received_at)
    await save_counts(uow, list({contact.id: contact for contact in contacts}.values()))
    received = [
        (contact.thread, _message(item.request, contact.thread.id, contact))
        for item, contact in zip(items, contacts, strict=True)
    ]
    messages = {
        item.raw.key: message for item, message in zip(items, await append_received(uow, received), strict=True)
    }
    unwritten = [(item.raw, messages[item.raw.key]) for item in items if item.raw.key not in rows]
    ids = dict(zip((raw.key for raw, _ in unwritten), await ledger.enter_routed(uow, unwritten), strict=True))
    return {
        key: _stored(ids[key], message) if key in ids else _continued(rows[key], message)
        for key, message in messages.items()
    }


def _message(request: ContactRequest, thread_id: str, contact: ContactRow | Standing) -> NewMessage:
    return NewMessage(
        thread_id=thread_id,
        contact_id=contact.id,
        citizen_id=contact.citizen_id,
        direction=Direction.IN,
        author_kind="citizen",
        channel=request.channel,
        client_id=request.client_id,
        external_id=request.external_id,
        subject=request.subject,
        text=request.text,
        full_text=request.full_text,
        html=request.html,
        language=request.language,
        files=request.attachments,
        created_at=request.received_at,
        sealed=contact.sealed,
    )


async def _first_of(uow: UnitOfWork, row: LedgerRow) -> LedgerRow | None:
    if row.duplicate_key is None:
        return None
    return await uow.session.scalar(
        select(LedgerRow)
        .where(LedgerRow.channel == row.channel, LedgerRow.account == row.account)
        .where(LedgerRow.duplicate_key == row.duplicate_key, LedgerRow.state == LedgerState.ROUTED)
        .where(LedgerRow.id != row.id)
        .limit(1)
    )


async def _open_contact(uow: UnitOfWork, request: ContactRequest) -> ContactRow | None:
    # A call that is made about the conversation stands in its thread, too; nobody writes to it.
    return await uow.session.scalar(
        select(ContactRow)
        .join(ThreadRow, ThreadRow.id == ContactRow.thread_id)
        .where(ThreadRow.key == request.thread_key, ContactRow.status.in_(OPEN_STATUSES))
        .where(ContactRow.channel != Channel.CALLBACK)
        .order_by(ContactRow.received_at.desc())
        .limit(1)
    )


async def _lock_thread(uow: UnitOfWork, request: ContactRequest) -> bool:
    """Only one at a time begins a contact in a thread; False for a thread that is not there yet."""
    locked = select(ThreadRow.id).where(ThreadRow.key == request.thread_key).with_for_update()
    return (await uow.session.scalars(locked)).first() is not None


async def _known_thread(uow: UnitOfWork, request: ContactRequest) -> ThreadRow | None:
    # A form that was answered by mail goes on by mail: the key is the conversation, whatever the channel.
    return await uow.session.scalar(select(ThreadRow).where(ThreadRow.key == request.thread_key).limit(1))


async def _as_before(uow: UnitOfWork, thread: ThreadRow, decision: Decision) -> Decision:
    """Who goes on after a confidential contact need not say so again: it goes sealed to where that went."""
    last = await uow.session.scalar(
        select(ContactRow)
        .where(ContactRow.thread_id == thread.id, ContactRow.home_queue_id.is_not(None))
        .order_by(ContactRow.received_at.desc(), ContactRow.id.desc())
        .limit(1)
    )
    if not thread.sealed and (last is None or not last.sealed):
        return decision
    if last is None or last.home_queue_id is None:
        return replace(decision, seal=True)
    return replace(decision, rule_id=None, queue_id=last.home_queue_id, requirements=last.requirements, seal=True)


async def _new_thread(uow: UnitOfWork, request: ContactRequest, citizen: CitizenRow, *, sealed: bool) -> ThreadRow:
    thread = ThreadRow(
        channel=request.channel,
        key=request.thread_key,
        citizen_id=citizen.id,
        subject=request.subject[:300],
        created_at=uow.now,
        sealed=sealed,
    )
    uow.session.add(thread)
    await uow.session.flush()
    if thread.channel == Channel.CHAT:
        # Other pages of the same visitor only know their session yet, which is the thread's key.
        uow.emit(f"chat:{thread.key}", "thread", thread.id, 1, {}, sealed=sealed)
    return thread


def _contact(request: ContactRequest, thread: ThreadRow, citizen: CitizenRow, decision: Decision) -> ContactRow:
    return ContactRow(
        channel=request.channel,
        external_id=request.external_id,
        thread_id=thread.id,
        citizen_id=citizen.id,
        sender_kind=request.sender.kind,
        sender=request.sender.value,
        recipient=request.recipient.value,
        subject=request.subject[:300],
        language=request.language,
        hints=dict(request.hints),
        requirements={},
        received_at=request.received_at,
        answerable=bool(request.hints.get("answerable", True)),
        unread=1,
        sealed=decision.seal,
    )


def _preview(request: ContactRequest) -> str:
    words = " ".join((request.text or request.subject).split())
    return words[:PREVIEW_CHARS] if words else "、".join(item.filename for item in request.attachments)[:PREVIEW_CHARS]


def _ignored(row: LedgerRow, reason: str) -> Stored:
    row.state, row.reason = LedgerState.IGNORED, reason
    return Stored(ledger_id=row.id, first_time=True)


def _routed(row: LedgerRow, message: MessageRow, receipt: IssuedReceipt | None = None) -> Stored:
    row.state, row.contact_id, row.message_id = LedgerState.ROUTED, message.contact_id, message.id
    return _stored(row.id, message, receipt)


def _continued(row: LedgerRow, message: MessageRow) -> Stored:
    row.claimed_until, row.sealed = None, message.sealed
    return _routed(row, message)


def _stored(ledger_id: str, message: MessageRow, receipt: IssuedReceipt | None = None) -> Stored:
    return Stored(
        ledger_id=ledger_id,
        first_time=True,
        contact_id=message.contact_id,
        message_id=message.id,
        seq=message.seq,
        receipt_number=receipt.number if receipt else None,
        receipt_pin=receipt.pin if receipt else None,
    )
