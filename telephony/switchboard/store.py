"""What is written down about calls. Functions take part in the caller's transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from kit.unit_of_work import UnitOfWork
from records.citizens import satisfaction
from records.citizens.satisfaction import Rating
from records.citizens.tables import SatisfactionRow
from records.staff.tables import AccountRow, WorkspaceRow
from router.contact import ContactStatus
from router.states import WAITS
from router.tables import ContactRow, OfferRow, QueueRow
from telephony.ivr.ports import Session, Step
from telephony.switchboard.ports import ArrivingCall
from telephony.tables import CallRow, PathCountRow


async def begin(uow: UnitOfWork, contact_id: str, arriving: ArrivingCall, *, direction: str = "in") -> str:
    """The row of a call, written once for each leg; its id."""
    known = await uow.session.scalar(select(CallRow.id).where(CallRow.engine_id == arriving.engine_id))
    if known is not None:
        return known
    row = CallRow(
        contact_id=contact_id,
        engine_id=arriving.engine_id,
        direction=direction,
        caller=arriving.caller,
        dialled=arriving.dialled,
        line=arriving.line,
        path=[],
        started_at=uow.now,
        sealed=(await contact(uow, contact_id)).sealed,
    )
    uow.session.add(row)
    await uow.session.flush()
    return row.id


async def note_path(uow: UnitOfWork, row_id: str, session: Session, flow_version: int | None) -> None:
    """Keep the way so far with call and contact; what was secret is not in it."""
    row = await uow.session.get_one(CallRow, row_id)
    row.path = [asdict(step) for step in session.path]
    row.flow, row.flow_version = session.flow, flow_version
    await uow.session.execute(
        update(ContactRow)
        .where(ContactRow.id == row.contact_id)
        .values(hints={**await _hints(uow, row.contact_id), **hints_of(session)})
    )


async def _hints(uow: UnitOfWork, contact_id: str) -> dict[str, Any]:
    found = await uow.session.scalar(select(ContactRow.hints).where(ContactRow.id == contact_id))
    return dict(found or {})


def hints_of(session: Session) -> dict[str, Any]:
    """What the caller chose, for the rules and for the agent."""
    choices = {name: value for name, value in session.values.items() if name not in session.secrets}
    return {
        "path": [f"{step.node}:{step.exit}" for step in session.path],
        "keys": " ".join(step.keys for step in session.path if step.keys),
        "choices": {name: value for name, value in choices.items() if name not in ("name", "name_en", "service")},
    }


async def count_path(uow: UnitOfWork, flow: str, path: Sequence[Step]) -> None:
    """Add one way to the day's counts."""
    workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
    day = uow.now.astimezone(ZoneInfo(workspace.timezone)).date()
    for (node, exit_name), times in sorted(Counter((step.node, step.exit) for step in path).items()):
        step = (
            update(PathCountRow)
            .where(PathCountRow.day == day, PathCountRow.flow == flow)
            .where(PathCountRow.node == node, PathCountRow.exit == exit_name)
            .values(count=PathCountRow.count + times)
            .returning(PathCountRow.id)
        )
        if await uow.session.scalar(step) is not None:
            continue
        try:
            async with uow.session.begin_nested():
                uow.session.add(PathCountRow(day=day, flow=flow, node=node, exit=exit_name, count=times))
        except IntegrityError:
            await uow.session.execute(step)


async def mark(uow: UnitOfWork, row_id: str, **values: Any) -> None:
    await uow.session.execute(update(CallRow).where(CallRow.id == row_id).values(**values))


async def contact(uow: UnitOfWork, contact_id: str) -> ContactRow:
    return await uow.session.get_one(ContactRow, contact_id, populate_existing=True)


async def queue_of(uow: UnitOfWork, row: ContactRow) -> QueueRow | None:
    return await uow.session.get(QueueRow, row.queue_id) if row.queue_id else None


async def staff_number(uow: UnitOfWork, agent_id: str) -> str:
    found = await uow.session.scalar(select(AccountRow.staff_number).where(AccountRow.id == agent_id))
    return found or ""


async def pending_offer(uow: UnitOfWork, contact_id: str) -> OfferRow | None:
    found: OfferRow | None = await uow.session.scalar(
        select(OfferRow)
        .where(OfferRow.contact_id == contact_id, OfferRow.outcome == "pending")
        .order_by(OfferRow.fence.desc())
        .limit(1)
    )
    return found


async def rate(uow: UnitOfWork, contact_id: str, service: int) -> None:
    """What the caller thought of the call, once."""
    row = await contact(uow, contact_id)
    if await satisfaction.of_contact(uow, contact_id) is not None:
        return
    rating = SatisfactionRow(
        contact_id=row.id,
        citizen_id=row.citizen_id,
        channel=row.channel,
        recipient=row.sender,
        language=row.language or "zh-CN",
        asked_at=uow.now,
        sealed=row.sealed,
    )
    satisfaction.record(uow, rating, Rating(service=service), by=row.channel)
    uow.session.add(rating)


async def other_waiting(uow: UnitOfWork, row: ContactRow) -> bool:
    """Whether another call of the same number holds a place already."""
    if row.sender_kind != "phone":
        return False
    found = await uow.session.scalar(
        select(ContactRow.id)
        .where(ContactRow.channel == row.channel, ContactRow.sender == row.sender, ContactRow.id != row.id)
        .where(ContactRow.sender_kind == "phone", ContactRow.status.in_(WAITS))
        .limit(1)
    )
    return found is not None


async def regain_place(uow: UnitOfWork, row: ContactRow, redial_s: float) -> ContactRow | None:
    """The contact of the same number that was cut off while it waited, not long ago; its place is given once."""
    if row.sender_kind != "phone":
        return None
    since = uow.now - timedelta(seconds=redial_s)
    found = await uow.session.execute(
        select(ContactRow, CallRow.id)
        .join(CallRow, CallRow.contact_id == ContactRow.id)
        .where(ContactRow.channel == row.channel, ContactRow.sender == row.sender, ContactRow.id != row.id)
        .where(ContactRow.status == ContactStatus.ABANDONED, ContactRow.closed_at >= since)
        .where(ContactRow.queued_at.is_not(None), CallRow.place_given.is_(False))
        .order_by(ContactRow.queued_at)
        .limit(1)
    )
    earlier = found.first()
    if earlier is None:
        return None
    taken = await uow.session.scalar(
        update(CallRow)
        .where(CallRow.id == earlier[1], CallRow.place_given.is_(False))
        .values(place_given=True)
        .returning(CallRow.id)
    )
    before: ContactRow = earlier[0]
    return before if taken is not None else None
