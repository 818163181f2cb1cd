"""A new contact gets its place; one that is open hears that the citizen wrote again, or left."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from kit.errors import Unavailable
from kit.unit_of_work import UnitOfWork
from router import store
from router.announcements import contact_changed, contact_counted
from router.contact import ChannelClass, ContactRequest, ContactStatus, class_of
from router.descriptions import is_connected
from router.dispatch import Dispatch
from router.handling import Handling, cancel_waiting
from router.hours import Calendar
from router.passing import Passing
from router.queues import target_s
from router.results import Decision, OpenState, Placed
from router.rules import Facts, Rule, first_match
from router.skills import LANGUAGE_LEVEL, language_skill, merged
from router.states import Happening, after
from router.store import RoutingSettings
from router.tables import ContactRow, QueueRow, RuleRow


class Placing:
    def __init__(self, dispatch: Dispatch, passing: Passing, handling: Handling) -> None:
        self._dispatch = dispatch
        self._passing = passing
        self._handling = handling

    async def decide(self, uow: UnitOfWork, request: ContactRequest) -> Decision:
        """The first rule that holds, else the first queue of the channel; skills of the language on top."""
        settings = await store.routing_settings(uow)
        calendars = await store.calendars(uow)
        open_now = {name: calendar.open_state(uow.now).open_now for name, calendar in calendars.items()}
        zone = next(iter(calendars.values())).zone
        rule = first_match(await rules_of(uow), Facts.of(request, uow.now.astimezone(zone), open_now))
        language = language_requirement(request.language, settings)
        if rule is None or rule.queue_id not in settings.queues:
            return Decision(rule_id=None, queue_id=_channel_queue(request.channel, settings).id, requirements=language)
        return Decision(
            rule_id=rule.id,
            queue_id=rule.queue_id,
            requirements=merged(rule.requirements, language, settings.clearance(settings.queue(rule.queue_id))),
            priority=rule.priority,
            seal=rule.seal or settings.queue(rule.queue_id).sealed,
        )

    async def place(
        self, uow: UnitOfWork, contact: ContactRow, request: ContactRequest, decision: Decision | None, *, hold: bool
    ) -> Placed:
        decision = decision or await self.decide(uow, request)
        settings = await store.routing_settings(uow)
        queue = settings.queue(decision.queue_id)
        calendar = (await store.calendars(uow))[queue.calendar]
        opening = calendar.open_state(uow.now)
        if hold:
            await uow.session.flush()
            contact_changed(uow, contact)
            return _placed(contact, decision, opening, calendar, False)
        await self.fill(uow, contact, queue, decision, calendar)
        waits = not opening.open_now and class_of(contact.channel) is not ChannelClass.MESSAGE
        if not waits:
            await self.open(uow, contact, settings)
        await uow.session.flush()
        contact_changed(uow, contact)
        return _placed(contact, decision, opening, calendar, waits)

    async def fill(
        self, uow: UnitOfWork, contact: ContactRow, queue: QueueRow, decision: Decision, calendar: Calendar
    ) -> None:
        contact.queue_id = contact.home_queue_id = queue.id
        contact.rule_id = decision.rule_id
        contact.requirements = dict(decision.requirements)
        contact.priority = decision.priority
        contact.sealed = contact.sealed or decision.seal
        contact.due_at = calendar.due_at(contact.received_at, target_s(queue.sla_s, queue.channel, contact.channel))
        if contact.preferred_agent_id is None:
            contact.preferred_agent_id = await store.last_agent_id(uow, contact.citizen_id, sealed=contact.sealed)

    async def open(
        self, uow: UnitOfWork, contact: ContactRow, settings: RoutingSettings, *, since: datetime | None = None
    ) -> None:
        """Queue a received contact, its place going by `since` (default: its arrival); the caller announces it."""
        queue = settings.queue(contact.queue_id)
        contact.status = after(ContactStatus(contact.status), Happening.OPEN)
        contact.queued_at, contact.waiting_since = since or min(contact.received_at, uow.now), uow.now
        if contact.preferred_agent_id is not None:
            contact.preferred_until = uow.now + timedelta(seconds=queue.preferred_wait_s)
        await self._passing.enqueue(uow, contact, settings)

    async def append_inbound(self, uow: UnitOfWork, contact: ContactRow) -> None:
        await uow.session.flush()
        row = (
            await uow.session.scalars(
                update(ContactRow)
                .where(ContactRow.id == contact.id)
                .values(unread=ContactRow.unread + 1, last_in_at=uow.now, version=ContactRow.version + 1)
                .returning(ContactRow)
                .execution_options(populate_existing=True, synchronize_session=False)
            )
        ).one()
        if row.status == ContactStatus.PARKED:
            await self._passing.wake(uow, row)
        elif row.status == ContactStatus.WRAP_UP:
            await self._take_up_again(uow, row)
        else:
            contact_counted(uow, row)

    async def _take_up_again(self, uow: UnitOfWork, row: ContactRow) -> None:
        agent = await store.agent(uow, row.agent_id or "")
        if is_connected(agent, uow.now):
            await self._handling.reopen(uow, row)
        else:
            await self._passing.wake(uow, row)

    async def abandon(self, uow: UnitOfWork, contact_id: str) -> None:
        row = await store.try_change(uow, contact_id, Happening.ABANDON, closed_at=uow.now)
        if row is None:
            row = await store.contact(uow, contact_id)
            if row.status == ContactStatus.ACTIVE:
                await self._handling.finish(uow, contact_id, row.agent_id or "")
            return
        await cancel_waiting(uow, self._dispatch, row)


async def rules_of(uow: UnitOfWork) -> list[Rule]:
    """The enabled lines of the rule table in their order."""
    rows = await uow.session.scalars(select(RuleRow).where(RuleRow.enabled.is_(True)).order_by(RuleRow.position))
    return [
        Rule(
            id=row.id,
            name=row.name,
            conditions=row.conditions,
            queue_id=row.queue_id,
            requirements=row.requirements,
            priority=row.priority,
            seal=row.seal,
        )
        for row in rows
    ]


def language_requirement(language: str | None, settings: RoutingSettings) -> dict[str, int]:
    name = language_skill(language)
    return {skill.id: LANGUAGE_LEVEL for skill in settings.skills if skill.name == name}


def _channel_queue(channel: str, settings: RoutingSettings) -> QueueRow:
    ordinary = [row for row in settings.queues.values() if not (row.emergency or row.restricted or row.sealed)]
    found = next((row for row in ordinary if row.channel == channel), None) or next(iter(ordinary), None)
    if found is None:
        raise Unavailable("There is no queue; the workspace is not set up yet.", code="no_queue")
    return found


def _placed(contact: ContactRow, decision: Decision, opening: OpenState, calendar: Calendar, waits: bool) -> Placed:
    due_at: datetime = contact.due_at or contact.received_at
    return Placed(
        queue_id=decision.queue_id,
        rule_id=decision.rule_id,
        sealed=contact.sealed,
        opening=opening,
        due_at=due_at,
        due_on=calendar.local_day(due_at),
        waits_for_opening=waits,
    )
