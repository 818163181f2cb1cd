"""Callers who hung up before anybody answered: whom to call back, and with whom it is settled already."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from desk.access import Actor
from desk.calls.menus import steps
from desk.inbox import presenting, store
from desk.inbox.store import LoadedContact
from desk.inbox.visibility import reads_queue
from desk.schemas.calls import AbandonedView
from kit.unit_of_work import UnitOfWork
from records.citizens import do_not_contact
from records.citizens.masking import mask_address
from records.knowledge import service as knowledge
from records.staff import store as staff
from router.contact import OPEN_STATUSES, Channel, ContactStatus
from router.tables import ContactRow
from telephony.ivr.flow import Flow
from telephony.switchboard import flows
from telephony.tables import CallbackRow, CallRow

KEPT = timedelta(days=7)
"""Later nobody expects a call any more."""
MOST = 500
PHONE = "phone"
GIVEN_UP = "given_up"


@dataclass(kw_only=True)
class Caller:
    """One number with all its lost calls, newest first; what was answered since, and what was tried."""

    lost: list[LoadedContact] = field(default_factory=list)
    served_at: datetime | None = None
    reached_at: datetime | None = None
    callback: ContactRow | None = None
    tries: CallbackRow | None = None

    @property
    def newest(self) -> LoadedContact:
        return self.lost[0]


async def abandoned(uow: UnitOfWork, who: Actor, *, settled: bool, language: str) -> list[AbandonedView]:
    """Of the last seven days: those who wait for a call, the longest waiting first, or those who are `settled`."""
    callers = await _callers(uow, who)
    await _answered(uow, callers)
    await _tried(uow, callers)
    paths = await _paths(uow, [one.newest.row.id for one in callers.values()])
    flow = await flows.followed(uow, flows.MAIN)
    titles = {row.key: row.title for row in await knowledge.items(uow) if row.language == language}
    names = await staff.names_of(uow, {one.callback.agent_id for one in callers.values() if one.callback})
    found = []
    for caller in callers.values():
        state = await _state(uow, caller)
        if (state in ("open", "calling", "forbidden")) is not settled:
            way = paths.get(caller.newest.row.id, [])
            found.append(_view(caller, state, way, flow, language, titles, names))
    return sorted(found, key=lambda one: one.last_at, reverse=settled)


async def caller_of(uow: UnitOfWork, who: Actor, contact_id: str) -> Caller | None:
    """The one whose lost call this is."""
    callers = await _callers(uow, who)
    await _tried(uow, callers)
    return next((one for one in callers.values() if any(item.row.id == contact_id for item in one.lost)), None)


async def _callers(uow: UnitOfWork, who: Actor) -> dict[str, Caller]:
    rows = await uow.session.scalars(
        select(ContactRow)
        .where(ContactRow.channel == Channel.VOICE, ContactRow.status == ContactStatus.ABANDONED)
        .where(ContactRow.sender_kind == PHONE, ContactRow.received_at >= uow.now - KEPT)
        .order_by(ContactRow.received_at.desc())
        .limit(MOST)
    )
    restricted = await store.restricted_queues(uow)
    callers: dict[str, Caller] = defaultdict(Caller)
    for one in await store.load(uow, list(rows)):
        if one.is_open_to(who) and reads_queue(who, one.row.queue_id, restricted):
            callers[one.row.sender].lost.append(one)
    return dict(callers)


async def _answered(uow: UnitOfWork, callers: Mapping[str, Caller]) -> None:
    """By an agent, after the last call that was lost: he called again, or we called him."""
    query = (
        select(ContactRow.sender, CallRow.direction, CallRow.answered_at)
        .join(ContactRow, ContactRow.id == CallRow.contact_id)
        .where(ContactRow.sender_kind == PHONE, ContactRow.sender.in_(set(callers)))
        .where(CallRow.answered_at.is_not(None), CallRow.started_at >= uow.now - KEPT)
        .order_by(CallRow.answered_at)
    )
    for number, direction, at in await uow.session.execute(query):
        caller = callers[number]
        if at is None or at <= caller.newest.row.received_at:
            continue
        if direction == "out":
            caller.reached_at = caller.reached_at or at
        else:
            caller.served_at = caller.served_at or at


async def _tried(uow: UnitOfWork, callers: Mapping[str, Caller]) -> None:
    rows = await uow.session.execute(
        select(CallbackRow, ContactRow)
        .join(ContactRow, ContactRow.id == CallbackRow.contact_id)
        .where(CallbackRow.number.in_(set(callers)), ContactRow.received_at >= uow.now - KEPT)
        .order_by(ContactRow.received_at)
    )
    for tries, contact in rows:
        caller = callers[tries.number]
        if contact.received_at > caller.newest.row.received_at:
            caller.tries = tries
            caller.callback = contact if contact.status in OPEN_STATUSES else None


async def _state(uow: UnitOfWork, caller: Caller) -> str:
    if caller.served_at or caller.reached_at:
        first = min(at for at in (caller.served_at, caller.reached_at) if at)
        return "served" if first == caller.served_at else "reached"
    if caller.callback is not None and caller.callback.status != ContactStatus.WRAP_UP:
        return "calling"
    if caller.tries is not None and caller.tries.state == GIVEN_UP:
        return GIVEN_UP
    forbidden = await do_not_contact.forbids(uow, caller.newest.row.citizen_id, Channel.VOICE)
    return "forbidden" if forbidden else "open"


async def _paths(uow: UnitOfWork, contact_ids: Collection[str]) -> dict[str, Sequence[Mapping[str, str]]]:
    rows = await uow.session.execute(
        select(CallRow.contact_id, CallRow.path).where(CallRow.contact_id.in_(contact_ids)).order_by(CallRow.id)
    )
    return {row[0]: row[1] for row in rows}


def _view(
    caller: Caller,
    state: str,
    path: Sequence[Mapping[str, str]],
    flow: Flow,
    language: str,
    titles: Mapping[str, str],
    names: Mapping[str, str],
) -> AbandonedView:
    newest, first, callback = caller.newest, caller.lost[-1], caller.callback
    return AbandonedView.model_validate(
        {
            "contact_id": newest.row.id,
            "number": mask_address(PHONE, newest.row.sender),
            "citizen_id": newest.citizen.id if newest.citizen else None,
            "citizen_name": presenting.citizen_name(newest),
            "queue_id": newest.row.queue_id,
            "calls": len(caller.lost),
            "first_at": first.row.received_at,
            "last_at": newest.row.received_at,
            "waited_s": max(_waited_s(one.row) for one in caller.lost),
            "path": steps(path, flow, language, titles),
            "state": state,
            "settled_at": {"served": caller.served_at, "reached": caller.reached_at}.get(state),
            "tries": caller.tries.tries if caller.tries else 0,
            "next_try_at": callback.parked_until if callback else None,
            "callback_id": callback.id if callback else None,
            "callback_agent": names.get(callback.agent_id or "") if callback else None,
        }
    )


def _waited_s(row: ContactRow) -> int:
    if row.queued_at is None or row.closed_at is None:
        return 0
    return max(0, int((row.closed_at - row.queued_at).total_seconds()))
