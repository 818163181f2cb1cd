"""Promised call-backs: a contact of their own that keeps the caller's place, opened when its time has come."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from kit.due_work import schedule
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.unit_of_work import UnitOfWork
from records.citizens import do_not_contact
from records.citizens.addresses import normalise
from records.staff import store as staff
from router.contact import Address, Channel, ChannelClass, ContactRequest, ContactStatus
from router.results import Entry
from router.service import Router
from router.tables import ContactRow
from router.waits import is_free
from telephony.switchboard import store
from telephony.switchboard.call import Call
from telephony.switchboard.house import House
from telephony.switchboard.settings import SwitchboardSettings
from telephony.tables import CallbackRow

AGREED, WITHDRAWN = "callback_agreed", "withdrawn"
WAITS_FOR_AGENT = frozenset({ContactStatus.RECEIVED, ContactStatus.QUEUED, ContactStatus.OFFERED})
TRY_AGAIN = timedelta(hours=2)
AT_WORK = frozenset({"ready", "on_contact"})
CALLBACKS = "callback"


class CallbackJob(StrEnum):
    OPEN = "workers.callbacks:open_callback"


async def promise(house: House, call: Call, number: str, *, after: timedelta) -> bool:
    """Promise one instead of further waiting; False when the call is already somebody's, or for a number that we do not
    call: whoever typed it would choose what we pay for.
    """
    number = normalise("phone", number)
    if not house.guard.permits((), number):
        return False
    try:
        async with house.database.unit_of_work(house.access) as uow:
            row = await store.contact(uow, call.contact_id)
            if row.status not in WAITS_FOR_AGENT:
                return False
            await house.router.close(uow, row.id, AGREED)
            contact = await _contact(uow, house.router, row, f"callback:{call.row_id}", number)
            await _write(uow, house.settings, row, contact, number, after)
    except Conflict:
        call.require_alive()
        return False
    return True


async def _contact(uow: UnitOfWork, router: Router, row: ContactRow, external_id: str, number: str) -> ContactRow:
    contact = ContactRow(
        direction="out",
        channel=Channel.CALLBACK,
        external_id=external_id,
        thread_id=row.thread_id,
        citizen_id=row.citizen_id,
        sender_kind="phone",
        sender=number,
        recipient=row.recipient,
        language=row.language,
        hints={**row.hints, "call": row.id},
        requirements={},
        received_at=uow.now,
        sealed=row.sealed,
    )
    uow.session.add(contact)
    await uow.session.flush()
    request = ContactRequest(
        channel=Channel.CALLBACK,
        external_id=contact.external_id,
        sender=Address(kind="phone", value=number),
        recipient=Address(kind="phone", value=row.recipient),
        received_at=uow.now,
        thread_key=contact.external_id,
        hints=contact.hints,
    )
    await router.place(uow, contact, request, hold=True)
    return contact


async def _write(
    uow: UnitOfWork,
    settings: SwitchboardSettings,
    row: ContactRow,
    contact: ContactRow,
    number: str,
    after: timedelta,
) -> None:
    queue = await store.queue_of(uow, row)
    due_at = within_hours(uow.now + after, await staff.zone(uow), settings.callback_hours)
    uow.session.add(
        CallbackRow(
            contact_id=contact.id,
            number=number,
            caller=settings.number_of(queue.key if queue else "") or row.recipient,
            queue_key=queue.key if queue else "",
            place_since=row.queued_at or row.received_at,
            due_at=due_at,
            sealed=row.sealed,
        )
    )
    await schedule(uow, CallbackJob.OPEN, {"contact_id": contact.id}, due_at=due_at, key=contact.id)


async def dial(uow: UnitOfWork, router: Router, contact_id: str, agent_id: str, number: str) -> str:
    """The agent calls somebody about a contact: a call-back that only he is offered, at once. Its contact's id.

    Chats and letters in hand do not matter. Raises `Conflict` code `not_ready_to_dial` while he is not ready, rings or
    speaks, `Invalid` for what is no number.
    """
    number = normalise("phone", number)
    if not number.removeprefix("+").isdigit():
        raise Invalid("That is no number.", code="invalid_number")
    await require_free(uow, router, agent_id)
    about = await store.contact(uow, contact_id)
    contact = await _contact(uow, router, about, f"dial:{new_id()}", number)
    contact.preferred_agent_id = agent_id
    queue = await store.queue_of(uow, about)
    uow.session.add(
        CallbackRow(
            contact_id=contact.id,
            number=number,
            caller=about.recipient if about.sender_kind == "phone" else "",
            queue_key=queue.key if queue else "",
            place_since=uow.now,
            due_at=uow.now,
            state="open",
            sealed=about.sealed,
        )
    )
    key = queue.key if queue and (queue.sealed or queue.channel == Channel.VOICE) else CALLBACKS
    await router.open_held(uow, contact.id, Entry(queue_key=key))
    return contact.id


async def require_free(uow: UnitOfWork, router: Router, agent_id: str) -> None:
    """Raises `Conflict` code `not_ready_to_dial` for an agent who cannot make a call now."""
    (standing,) = await router.agents(uow, [agent_id])
    if standing.state not in AT_WORK or not is_free(standing.capacity, standing.load, ChannelClass.VOICE):
        raise Conflict("Be ready, without an offer or a call, to make one.", code="not_ready_to_dial")


async def open_due(uow: UnitOfWork, router: Router, contact_id: str, settings: SwitchboardSettings) -> datetime | None:
    """Let a promised call-back be offered; a later time when citizens must not be called now. Repeating is harmless."""
    row = await of_contact(uow, contact_id)
    if row is None or row.state != "waiting":
        return None
    allowed = within_hours(uow.now, await staff.zone(uow), settings.callback_hours)
    if allowed > uow.now:
        row.due_at = allowed
        return allowed
    contact = await store.contact(uow, contact_id)
    if await do_not_contact.forbids(uow, contact.citizen_id, Channel.VOICE):
        row.state, row.last_result = "given_up", "do_not_contact"
        await router.close(uow, contact_id, WITHDRAWN)
        return None
    row.state = "open"
    await router.open_held(uow, contact_id, Entry(queue_key=row.queue_key, since=row.place_since))
    return None


async def of_contact(uow: UnitOfWork, contact_id: str) -> CallbackRow | None:
    return await uow.session.scalar(select(CallbackRow).where(CallbackRow.contact_id == contact_id))


async def note_try(uow: UnitOfWork, router: Router, contact_id: str, agent_id: str, result: str, tries: int) -> None:
    """One try is over. Not reached: it comes back later, `tries` times in all; then the agent closes it."""
    row = (
        await uow.session.scalars(
            update(CallbackRow)
            .where(CallbackRow.contact_id == contact_id)
            .values(tries=CallbackRow.tries + 1, last_result=result)
            .returning(CallbackRow)
            .execution_options(populate_existing=True)
        )
    ).one()
    if result == "reached":
        row.state = "reached"
    elif row.tries < tries:
        await router.park(uow, contact_id, agent_id, uow.now + TRY_AGAIN, result)
    else:
        row.state = "given_up"
        await router.finish(uow, contact_id, agent_id)


def within_hours(moment: datetime, local: ZoneInfo, hours: tuple[int, int]) -> datetime:
    """`moment`, or the next one at which citizens may be called; aware like `moment`."""
    here = moment.astimezone(local)
    opens, closes = hours
    if opens <= here.hour < closes:
        return moment
    day = here.date() if here.hour < opens else here.date() + timedelta(days=1)
    return datetime.combine(day, time(opens), local).astimezone(moment.tzinfo)
