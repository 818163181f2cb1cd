"""Who is on duty in emergencies: the roster, and ringing along it until somebody answers."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from kit.errors import Conflict, Invalid, NotFound
from kit.unit_of_work import UnitOfWork
from records.messages.service import append_event
from telephony.calls import CallFailed, CallLeg, Dial
from telephony.switchboard import store
from telephony.switchboard.call import AgentSide, Call, answered
from telephony.switchboard.conversation import target
from telephony.switchboard.house import House
from telephony.tables import DutyRow

log = logging.getLogger(__name__)

OFFICER, LEADER, ROOM = 1, 2, 3
STEPS = (OFFICER, LEADER, ROOM)
AGAIN_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """`starts_at`, `ends_at` aware. `account_id`: rings the agent's telephone; else `number` is rung."""

    step: int
    name: str
    starts_at: datetime
    ends_at: datetime
    account_id: str | None = None
    number: str = ""


async def roster(uow: UnitOfWork, since: datetime, until: datetime) -> list[DutyRow]:
    """All duties that lie at least partly between `since` and `until`, in their order."""
    found = select(DutyRow).where(DutyRow.ends_at > since, DutyRow.starts_at < until)
    return list(await uow.session.scalars(found.order_by(DutyRow.step, DutyRow.starts_at)))


async def save(uow: UnitOfWork, duty: Duty, duty_id: str | None = None, based_on: int = 0) -> DutyRow:
    """A new duty, or another form of `duty_id`; `based_on`: the version that was read.

    Raises `Invalid` for one that reaches nobody or ends too soon, `Conflict` code `duty_changed` when somebody saved it
    in between, `NotFound`.
    """
    if duty.step not in STEPS or duty.ends_at <= duty.starts_at or not (duty.account_id or duty.number):
        raise Invalid("A duty has a step from 1 to 3, an end after its start, and somebody to ring.", code="bad_duty")
    row = DutyRow(version=0) if duty_id is None else await _unchanged(uow, duty_id, based_on)
    row.step, row.name, row.account_id, row.number = duty.step, duty.name, duty.account_id, duty.number
    row.starts_at, row.ends_at, row.version = duty.starts_at, duty.ends_at, row.version + 1
    uow.session.add(row)
    await uow.session.flush()
    return row


async def _unchanged(uow: UnitOfWork, duty_id: str, based_on: int) -> DutyRow:
    row = await _one(uow, duty_id)
    if row is None:
        raise NotFound("There is no such duty.")
    if row.version != based_on:
        raise Conflict("Somebody else changed this duty meanwhile.", code="duty_changed", version=row.version)
    return row


async def _one(uow: UnitOfWork, duty_id: str) -> DutyRow | None:
    return await uow.session.scalar(select(DutyRow).where(DutyRow.id == duty_id).with_for_update())


async def remove(uow: UnitOfWork, duty_id: str, based_on: int) -> None:
    """Harmless when it is gone; raises `Conflict` code `duty_changed` as `save`."""
    if await _one(uow, duty_id) is not None:
        await uow.session.delete(await _unchanged(uow, duty_id, based_on))


async def on_duty(uow: UnitOfWork) -> list[DutyRow]:
    """Who is to be rung now, officer first."""
    found = select(DutyRow).where(DutyRow.starts_at <= uow.now, DutyRow.ends_at > uow.now)
    return list(await uow.session.scalars(found.order_by(DutyRow.step, DutyRow.starts_at)))


async def is_emergency(uow: UnitOfWork, contact_id: str) -> bool:
    queue = await store.queue_of(uow, await store.contact(uow, contact_id))
    return queue is not None and queue.emergency


async def reach(house: House, call: Call) -> AgentSide:
    """Ring along the roster, each step `duty_ring_s`, and from its beginning again, until somebody answers."""
    while True:
        async with house.database.unit_of_work(house.access, read_only=True) as uow:
            people = await on_duty(uow)
        for duty in people:
            leg = await _ring(house, call, duty)
            await _note(house, call, duty, answered_it=leg is not None)
            if leg is not None:
                return AgentSide(agent_id=duty.account_id or "", leg=leg)
        await asyncio.sleep(AGAIN_S)


async def _ring(house: House, call: Call, duty: DutyRow) -> CallLeg | None:
    seconds = house.settings.duty_ring_s
    dial = Dial(
        to=f"agent:{duty.account_id}" if duty.account_id else target(duty.number),
        caller=call.leg.caller,
        timeout_s=seconds,
        variables={"contact_id": call.contact_id, "why": "emergency"},
    )
    try:
        leg = await house.engine.originate(dial)
    except CallFailed:
        log.warning("step %d of the duty roster cannot be rung", duty.step)
        return None
    return leg if await answered(leg, seconds) else None


async def _note(house: House, call: Call, duty: DutyRow, *, answered_it: bool) -> None:
    """Each step stands in the conversation."""
    async with house.database.unit_of_work(house.access) as uow:
        row = await store.contact(uow, call.contact_id)
        await append_event(
            uow,
            thread_id=row.thread_id,
            contact_id=row.id,
            citizen_id=row.citizen_id,
            event="duty_answered" if answered_it else "duty_not_reached",
            detail={"step": duty.step, "name": duty.name},
            sealed=row.sealed,
        )
