"""One visitor's conversation: its messages, where its contact stands, read marks, its end."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from kit.access import Access
from kit.events import EventLog
from kit.unit_of_work import Database, UnitOfWork
from records.messages.service import emit_delivery
from records.messages.tables import AttachmentRow, Direction, MessageRow
from router.contact import ContactStatus
from router.results import Standing, WaitRange
from router.service import Router
from router.tables import ContactRow
from webchat import store
from webchat.availability import Availability, Reason
from webchat.schemas import Frame
from webchat.service import Visitor
from webchat.signals import passing_event

STATUS_WORDS = {
    ContactStatus.RECEIVED: "waiting",
    ContactStatus.QUEUED: "waiting",
    ContactStatus.OFFERED: "offered",
    ContactStatus.ACTIVE: "active",
    ContactStatus.PARKED: "active",
}
WaitingText = Callable[[UnitOfWork, Standing | None, str], Awaitable[str]]
"""What one who stands so is told, in a language; None: an agent is being asked to take it."""
AUTHORS = {"citizen": "visitor", "agent": "agent"}


class Conversations:
    """Reads and changes conversations; one for each process. Methods own their transactions."""

    def __init__(
        self, database: Database, access: Access, router: Router, event_log: EventLog, waiting_text: WaitingText
    ) -> None:
        self._database = database
        self._access = access
        self._router = router
        self._waiting_text = waiting_text
        self._event_log = event_log
        self._staff_numbers: dict[str, str] = {}

    async def thread_id(self, visitor: Visitor) -> str | None:
        """The visitor's thread; None before the first message."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            thread = await store.thread_of(uow, visitor.session_id)
        return thread.id if thread else None

    async def messages_after(self, thread_id: str, seq: int) -> list[Frame]:
        """Message frames with a higher seq, oldest first, at most 500."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            rows = await store.messages_after(uow, thread_id, seq)
            files = await store.attachments_of(uow, [row.id for row in rows])
            return [await self._frame(uow, row, [file for file in files if file.message_id == row.id]) for row in rows]

    async def _frame(self, uow: UnitOfWork, row: MessageRow, files: Sequence[AttachmentRow]) -> Frame:
        receipt = row.detail.get("receipt")
        return {
            "type": "message",
            "seq": row.seq,
            "author": AUTHORS.get(row.author_kind, "system"),
            "text": row.text,
            "sent_at": row.created_at.isoformat(),
            "attachments": [attachment_json(file) for file in files],
            "staff_number": await self._staff_number(uow, row.author_id) if row.direction == Direction.OUT else None,
            "client_msg_id": row.client_id if row.direction == Direction.IN else None,
            "receipt": {"number": receipt, "due": row.detail.get("due")} if receipt else None,
            "rate": bool(row.detail.get("satisfaction")),
        }

    async def status(self, visitor: Visitor) -> Frame:
        """The status frame: who answers, or the place in line (0 is next) and the expected wait as a range of seconds.

        `text` tells one who waits of it in the visitor's language.
        """
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            contact = await store.newest_contact(uow, visitor.session_id)
            if contact is None:
                return status_frame("new")
            word = STATUS_WORDS.get(ContactStatus(contact.status), "closed")
            if word == "active":
                return status_frame(word, staff_number=await self._staff_number(uow, contact.agent_id))
            if word == "closed":
                return status_frame(word)
            standing = await self._router.position(uow, contact.id) if word == "waiting" else None
            text = await self._waiting_text(uow, standing, visitor.language)
            return waiting_frame(word, standing, text)

    async def _staff_number(self, uow: UnitOfWork, account_id: str | None) -> str | None:
        if account_id is None:
            return None
        if account_id not in self._staff_numbers:
            number = await store.staff_number(uow, account_id)
            if number is None:
                return None
            self._staff_numbers[account_id] = number
        return self._staff_numbers[account_id]

    async def availability(self) -> Availability:
        """Whether a chat that begins now reaches a person, and how long that takes."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            queue = await store.chat_queue(uow)
            if queue is None:
                return Availability(reason=Reason.BUSY)
            opening = await self._router.opening(uow, queue.id)
            if not opening.open_now:
                return Availability(reason=Reason.CLOSED, opens_at=opening.changes_at)
            wait = await self._router.expected_wait(uow, queue.id)
        if wait is None:
            return Availability(reason=Reason.BUSY)
        return Availability(reason=Reason.OPEN, wait_low_s=wait.low_s, wait_high_s=wait.high_s)

    async def read_by_visitor(self, visitor: Visitor, seq: int) -> None:
        """The visitor has read up to `seq`: the agent's messages show it."""
        async with self._database.unit_of_work(self._access) as uow:
            if await store.raise_read_mark(uow, visitor.session_id, seq, by_agent=False):
                for message_id in await store.mark_delivered_read(uow, visitor.session_id, seq):
                    await emit_delivery(uow, message_id)

    async def typing(self, visitor: Visitor, *, on: bool) -> None:
        """Tell the agent that the visitor began or stopped writing; not stored."""
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            contact = await store.newest_contact(uow, visitor.session_id)
            if contact is None or contact.status != ContactStatus.ACTIVE:
                return
            data: dict[str, Any] = {"contact_id": contact.id, "on": on, "by": "citizen"}
            event = passing_event(uow, "desk", "", "typing", contact.id, data, sealed=contact.sealed)
        await self._event_log.publish([event])

    async def end(self, visitor: Visitor) -> None:
        """The visitor leaves: waiting is abandoned, active goes to wrap-up. Repeating is harmless."""
        async with self._database.unit_of_work(self._access) as uow:
            contact = await store.newest_contact(uow, visitor.session_id)
            if contact is not None and _is_running(contact):
                await self._router.abandon(uow, contact.id)


def _is_running(contact: ContactRow) -> bool:
    return contact.status in STATUS_WORDS


def status_frame(
    status: str,
    *,
    position: int | None = None,
    wait: WaitRange | None = None,
    staff_number: str | None = None,
    text: str = "",
) -> Frame:
    return {
        "type": "status",
        "status": status,
        "position": position,
        "wait_low_s": wait.low_s if wait else None,
        "wait_high_s": wait.high_s if wait else None,
        "staff_number": staff_number,
        "text": text,
    }


def waiting_frame(status: str, standing: Standing | None, text: str) -> Frame:
    """How many are before the visitor (0 is next) and the honest range, where they are known."""
    position = standing.position if standing else None
    before = None if position is None else max(0, position - 1)
    return status_frame(status, position=before, wait=standing.wait if standing else None, text=text)


def attachment_json(row: AttachmentRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "filename": row.filename,
        "size_bytes": row.size_bytes,
        "media_type": row.media_type,
    }
