"""What the holder of a number and PIN may see of a matter and do about it."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select, update

from kit import blobs
from kit.access import Access
from kit.errors import NotFound
from kit.unit_of_work import Database, UnitOfWork
from records.cases import service as cases
from records.cases import states as case_states
from records.cases import store as case_store
from records.cases.tables import CaseRow, CaseStatus
from records.citizens import receipts
from records.citizens.receipts import Verdict
from records.citizens.tables import CitizenRow, ReceiptRow
from records.messages.service import emit_delivery
from records.messages.tables import AttachmentRow, Direction, MessageRow, OutboxRow, OutboxState, ThreadRow
from records.staff.tables import AccountRow
from router import store as router_store
from router.contact import Address, Channel, ContactStatus, RawInbound
from router.hours import BUREAU, Calendar
from router.service import Router
from router.tables import ChoiceRow, ContactRow
from webchat.form_entry import KeptFile
from webchat.progress import URGED, WITHDRAWN, WITHDRAWN_DISPOSITION, Matter
from webchat.service_forms import ACCOUNT

CLOSABLE = (ContactStatus.RECEIVED, ContactStatus.QUEUED, ContactStatus.OFFERED, ContactStatus.PARKED)
NOT_READ = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.SENT, OutboxState.DELIVERED)


class StoredNote(Protocol):
    @property
    def contact_id(self) -> str | None: ...


DeliverNote = Callable[[RawInbound], Awaitable[StoredNote]]


class Matters:
    """One for each process. Methods own their transactions; `receipt_id` comes from a checked PIN."""

    def __init__(self, database: Database, access: Access, router: Router) -> None:
        self._database = database
        self._access = access
        self._router = router

    def now(self) -> datetime:
        """The platform's clock, aware UTC."""
        return self._database.clock.now()

    def reading(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """A transaction to read words in."""
        return self._database.unit_of_work(self._access, read_only=True)

    async def open(self, number: str, pin: str, source: str, asker: Address | None = None) -> Verdict:
        """See `records.citizens.receipts.check`."""
        return await receipts.check(self._database, self._access, number, pin, source, asker)

    async def matter(self, receipt_id: str) -> tuple[Matter, Calendar, CitizenRow | None]:
        """All of one matter, the bureau's calendar to count days with, and the citizen. Raises `NotFound`."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            receipt = await uow.session.scalar(select(ReceiptRow).where(ReceiptRow.id == receipt_id))
            if receipt is None:
                raise NotFound
            matter = await _load(uow, receipt)
            calendar = (await router_store.calendars(uow))[BUREAU]
            citizen_id = receipt.citizen_id or (matter.contact.citizen_id if matter.contact else None)
            citizen = await uow.session.get(CitizenRow, citizen_id) if citizen_id else None
        return matter, calendar, citizen

    async def mark_read(self, matter: Matter) -> None:
        """The citizen has the answers before them: the agent's messages say so."""
        unread = [message.id for message in matter.messages if message.direction == Direction.OUT]
        if matter.contact is None or matter.contact.channel != Channel.FORM or not unread:
            return
        async with self._database.unit_of_work(self._access) as uow:
            read = await uow.session.scalars(
                update(OutboxRow)
                .where(OutboxRow.message_id.in_(unread), OutboxRow.channel == Channel.FORM)
                .where(OutboxRow.state.in_(NOT_READ))
                .values(state=OutboxState.READ, finished_at=uow.now, lease_until=None)
                .returning(OutboxRow.message_id)
                .execution_options(synchronize_session=False)
            )
            for message_id in list(read):
                await emit_delivery(uow, message_id)

    async def add_note(
        self, receipt_id: str, text: str, files: Sequence[KeptFile], language: str, deliver: DeliverNote
    ) -> None:
        """The citizen adds words or papers. The same again within a matter is one note. Raises `Unavailable`."""
        matter, _, _ = await self.matter(receipt_id)
        content = "\0".join([text, *(file.sha256 for file in files)])
        mark = hashlib.sha256(content.encode()).hexdigest()[:20]
        await deliver(await self._raw(matter, f"note:{matter.receipt.number}:{mark}", text, language, files))
        async with self._database.unit_of_work(self._access) as uow:
            for file in files:
                await blobs.keep(uow, file.key)

    async def urge(self, receipt_id: str, text: str, language: str, deliver: DeliverNote) -> None:
        """The citizen asks where it stays; counts once a day. Raises `Unavailable`."""
        matter, calendar, _ = await self.matter(receipt_id)
        day = calendar.local_day(self._database.clock.now())
        stored = await deliver(await self._raw(matter, f"{URGED}{matter.receipt.number}:{day}", text, language))
        if matter.case is not None and matter.case.status not in case_states.ENDS:
            async with self._database.unit_of_work(self._access) as uow:
                row = await case_store.one(uow, matter.case.id, for_update=True)
                await cases.urge(uow, row, str(stored.contact_id))

    async def withdraw(self, receipt_id: str, reason: str, language: str, deliver: DeliverNote) -> None:
        """The citizen takes it back; the reason is kept. Raises `Unavailable`, `Conflict` when it has ended."""
        matter, _, _ = await self.matter(receipt_id)
        await deliver(await self._raw(matter, f"{WITHDRAWN}{matter.receipt.number}", reason, language))
        # Case and contact each in a transaction of its own: neither waits for the other's lock.
        if matter.case is not None and matter.case.status not in case_states.ENDS:
            async with self._database.unit_of_work(self._access) as uow:
                row = await case_store.one(uow, matter.case.id)
                edit = cases.CaseEdit(status=CaseStatus.WITHDRAWN)
                await cases.change(uow, row.id, row.version, edit, lambda due_on, _paused: due_on)
        if matter.contact is not None:
            async with self._database.unit_of_work(self._access) as uow:
                contact = await uow.session.get_one(ContactRow, matter.contact.id)
                if contact.status in CLOSABLE:
                    await self._router.close(uow, contact.id, WITHDRAWN_DISPOSITION)

    async def _raw(
        self, matter: Matter, provider_id: str, text: str, language: str, files: Sequence[KeptFile] = ()
    ) -> RawInbound:
        contact = matter.contact
        kind = provider_id.partition(":")[0]
        payload: dict[str, Any] = {
            "thread_key": await self._thread_key(matter),
            "sender_kind": contact.sender_kind if contact else "form",
            "sender": contact.sender if contact else matter.receipt.number,
            "subject": contact.subject if contact else "",
            "text": text,
            "language": language,
            "files": [file.as_attachment() for file in files],
            "hints": {**(contact.hints if contact else {}), "follow_up": kind, "number": matter.receipt.number},
        }
        return RawInbound(
            channel=Channel.FORM,
            account=ACCOUNT,
            provider_id=provider_id,
            received_at=self._database.clock.now(),
            raw_json={"note": payload},
            sealed=matter.sealed,
        )

    async def _thread_key(self, matter: Matter) -> str:
        """What is added goes where the matter is: into its own thread, whatever channel it came by."""
        if matter.contact is not None:
            async with self._database.unit_of_work(self._access, read_only=True) as uow:
                thread = await uow.session.get(ThreadRow, matter.contact.thread_id)
            if thread is not None:
                return thread.key
        return f"receipt:{matter.receipt.number}"


async def _load(uow: UnitOfWork, receipt: ReceiptRow) -> Matter:
    contact = await uow.session.get(ContactRow, receipt.contact_id) if receipt.contact_id else None
    case_id = receipt.case_id or (contact.case_id if contact else None)
    case = await uow.session.get(CaseRow, case_id) if case_id else None
    thread_id = contact.thread_id if contact else None
    messages = (
        list(
            await uow.session.scalars(
                select(MessageRow)
                .where(MessageRow.thread_id == thread_id, MessageRow.direction.in_((Direction.IN, Direction.OUT)))
                .order_by(MessageRow.seq)
            )
        )
        if thread_id
        else []
    )
    ids = [message.id for message in messages]
    files = await uow.session.scalars(select(AttachmentRow).where(AttachmentRow.message_id.in_(ids)))
    return Matter(
        receipt=receipt,
        contact=contact,
        case=case,
        messages=messages,
        files=list(files),
        events=await case_store.events(uow, case.id, public_only=True) if case else (),
        staff_number=await _staff_number(uow, contact),
        words=await _words(uow),
    )


async def _words(uow: UnitOfWork) -> dict[str, tuple[str, str]]:
    rows = await uow.session.scalars(select(ChoiceRow).where(ChoiceRow.list.in_(("kind", "category"))))
    return {row.key: (row.label, row.label_en) for row in rows}


async def _staff_number(uow: UnitOfWork, contact: ContactRow | None) -> str | None:
    if contact is None or contact.agent_id is None:
        return None
    return await uow.session.scalar(select(AccountRow.staff_number).where(AccountRow.id == contact.agent_id))


def urged_on(matter: Matter, calendar: Calendar, now: datetime) -> bool:
    """Whether the citizen has urged today already."""
    key = f"{URGED}{matter.receipt.number}:{calendar.local_day(now)}"
    return any(message.client_id == key for message in matter.messages)
