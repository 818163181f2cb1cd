"""What an agent does with a contact: take, pass on, park, end. The router decides; this records who and why."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from desk.access import Actor
from desk.inbox import reading, store
from desk.schemas.inbox import AgentView, ContactDetail, DispositionInput, ParkInput, TransferInput
from kit.errors import Invalid, NotFound
from kit.unit_of_work import Database, UnitOfWork
from records.messages import service as messages
from records.messages import store as message_store
from records.messages.service import NewMessage
from records.messages.tables import Direction
from records.staff import audit, grants
from records.staff import store as staff
from router.announcements import contact_counted
from router.contact import Channel, Presence
from router.service import Router
from router.tables import ContactRow, QueueRow, SkillRow
from webchat import signals

ACCEPTED_REASON = "接受分派"


async def accept(uow: UnitOfWork, router: Router, who: Actor, contact_id: str, fence: str) -> ContactDetail:
    """Take an offer. Taking a confidential one opens it: the grant and the audit row say so.

    Raises `Conflict` (code `offer_gone`) when somebody else has it or it ran out.
    """
    row = await router.accept(uow, contact_id, who.account_id, _fence(fence))
    if row.sealed and not await grants.granted(uow, store.GRANTED, [row.id]):
        grants.grant(uow, store.GRANTED, row.id, ACCEPTED_REASON)
        await uow.session.flush()
    name = (await staff.account(uow, who.account_id)).display_name
    await say(uow, row, "accepted", {"agent": name}, who, key=f"accepted:{fence}")
    return await reading.detail(uow, who, (await store.load(uow, [row]))[0])


async def decline(uow: UnitOfWork, router: Router, who: Actor, contact_id: str, fence: str, reason: str | None) -> None:
    await router.decline(uow, contact_id, who.account_id, _fence(fence), reason or "")


def _fence(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Invalid("That is no fence of an offer.", code="bad_fence")
    return int(text)


async def park(uow: UnitOfWork, router: Router, who: Actor, contact_id: str, body: ParkInput) -> None:
    until = _aware(body.until)
    row = await router.park(uow, contact_id, who.account_id, until, body.reason)
    await say(uow, row, "parked", {"until": until.isoformat(), "reason": body.reason}, who)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Invalid("The time needs a zone.", code="naive_time")
    return moment


async def resume(uow: UnitOfWork, router: Router, who: Actor, contact_id: str) -> None:
    row = await router.resume(uow, contact_id, who.account_id)
    await say(uow, row, "woken", {}, who)


async def finish(uow: UnitOfWork, router: Router, who: Actor, contact_id: str) -> None:
    row = await router.finish(uow, contact_id, who.account_id)
    await say(uow, row, "wrap_up", {}, who)


async def dispose(uow: UnitOfWork, router: Router, who: Actor, contact_id: str, body: DispositionInput) -> None:
    row = await router.dispose(uow, contact_id, who.account_id, body.disposition, body.note)
    await say(uow, row, "closed", {"disposition": body.disposition}, who)


async def transfer(uow: UnitOfWork, router: Router, who: Actor, contact_id: str, body: TransferInput) -> None:
    """Pass a contact on with a note for whoever takes it; drafts stay with the contact and so go along.

    Anybody may pass one on to where confidential reports are taken, and may not see it any more then.
    """
    target = await _target_name(uow, body.to, body.target_id)
    row = await router.transfer(
        uow, contact_id, who.account_id, body.to, body.target_id, level=body.level, note=body.note
    )
    with uow.seeing_sealed():
        await say(uow, row, "transferred", {"target": target, "to": body.to}, who)
        if body.note:
            await messages.append(uow, _message(row, Direction.NOTE, who, text=body.note))


async def _target_name(uow: UnitOfWork, to: Literal["agent", "queue", "skill"], target_id: str) -> str:
    """Raises `NotFound`."""
    if to == "agent":
        return (await staff.account(uow, target_id)).display_name
    kind: type[QueueRow] | type[SkillRow] = QueueRow if to == "queue" else SkillRow
    with uow.seeing_sealed():
        name: str | None = await uow.session.scalar(select(kind.name).where(kind.id == target_id))
    if name is None:
        raise NotFound(f"There is no such {to}.")
    return name


async def spam(uow: UnitOfWork, router: Router, who: Actor, contact_id: str, reason: str) -> None:
    """Close as harassment, without a receipt, audited."""
    loaded = await reading.require_contact(uow, who, contact_id)
    row = await router.spam(uow, contact_id, who.account_id)
    audit.record(uow, "contact.spam", "contact", contact_id, reason, sealed=loaded.row.sealed)
    await say(uow, row, "closed", {"disposition": row.disposition or "", "reason": reason}, who)


async def mark_read(uow: UnitOfWork, who: Actor, contact_id: str) -> None:
    """Its agent has seen all that was said. Harmless when nothing was unread."""
    row = (await reading.require_contact(uow, who, contact_id, for_update=True)).row
    if row.agent_id != who.account_id or row.unread == 0:
        return
    row.unread = 0
    await touch(uow, row)
    thread = await message_store.thread(uow, row.thread_id)
    if row.channel == Channel.CHAT and thread is not None:
        await signals.agent_read(uow, row.id, thread.last_seq)


async def open_sealed(uow: UnitOfWork, who: Actor, contact_id: str, reason: str) -> ContactDetail:
    """Open a confidential contact for a stated reason; audited, each time."""
    loaded = await reading.require_contact(uow, who, contact_id, is_open=False, for_update=True)
    if not loaded.row.sealed:
        raise Invalid("This contact is not confidential.", code="not_sealed")
    grants.grant(uow, store.GRANTED, contact_id, reason)
    await touch(uow, loaded.row)
    return await reading.detail(uow, who, (await store.load(uow, [loaded.row]))[0])


async def set_presence(database: Database, router: Router, who: Actor, presence: str, reason: str | None) -> AgentView:
    """Raises `NotFound` for an account that handles no contacts."""
    await router.set_presence(who.access.workspace_id or "", who.account_id, Presence(presence), reason)
    async with database.unit_of_work(who.access, read_only=True) as uow:
        view = await reading.own_agent(uow, router, who)
    if view is None:
        raise NotFound("This account handles no contacts.", code="not_an_agent")
    return view


async def touch(uow: UnitOfWork, row: ContactRow) -> None:
    """A contact looks different from now on: next version, and the pages are told."""
    row.version += 1
    await uow.session.flush()
    contact_counted(uow, row)


async def say(
    uow: UnitOfWork, row: ContactRow, event: str, detail: dict[str, Any], who: Actor, *, key: str | None = None
) -> None:
    """A line in the thread of what was done; the same `key` is written once."""
    await messages.append_event(
        uow,
        thread_id=row.thread_id,
        contact_id=row.id,
        citizen_id=row.citizen_id,
        event=event,
        detail=detail,
        author_id=who.account_id,
        key=key,
        sealed=row.sealed,
    )


def _message(row: ContactRow, direction: Direction, who: Actor, *, text: str) -> NewMessage:
    return NewMessage(
        thread_id=row.thread_id,
        contact_id=row.id,
        citizen_id=row.citizen_id,
        direction=direction,
        author_kind="agent",
        author_id=who.account_id,
        text=text,
        sealed=row.sealed,
    )
