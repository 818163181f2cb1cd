"""A contact that was held back (a call in the IVR) enters the line."""

from kit.errors import Conflict, NotFound
from kit.unit_of_work import UnitOfWork
from router import store
from router.announcements import contact_changed
from router.contact import Address, ContactRequest, ContactStatus
from router.handling import Handling
from router.placing import Placing, language_requirement
from router.queues import target_s
from router.results import Decision, Entry
from router.skills import merged
from router.store import RoutingSettings
from router.tables import ContactRow, QueueRow

CHOSEN_IN_CONFIDENCE = "自助语音:举报"


class Holding:
    def __init__(self, placing: Placing, handling: Handling) -> None:
        self._placing = placing
        self._handling = handling

    async def open(self, uow: UnitOfWork, contact_id: str, entry: Entry) -> ContactRow:
        """See `Router.open_held`."""
        row = await store.contact(uow, contact_id)
        if row.status != ContactStatus.RECEIVED:
            raise Conflict("This contact is not held any more.", code="wrong_status", status_now=row.status)
        row.hints = {**row.hints, **entry.hints}
        row.language = entry.language or row.language
        settings = await store.routing_settings(uow)
        decision = await self._decision(uow, row, entry, settings)
        if decision.seal and not row.sealed:
            await self._handling.seal(uow, row.id, CHOSEN_IN_CONFIDENCE)
            row = await store.contact(uow, contact_id)
        queue = settings.queue(decision.queue_id)
        calendar = (await store.calendars(uow))[queue.calendar]
        await self._placing.fill(uow, row, queue, decision, calendar)
        row.due_at = calendar.due_at(entry.since or uow.now, target_s(queue.sla_s, queue.channel, row.channel))
        await self._placing.open(uow, row, settings, since=entry.since or uow.now)
        row.version += 1
        await uow.session.flush()
        contact_changed(uow, row)
        return row

    async def _decision(self, uow: UnitOfWork, row: ContactRow, entry: Entry, settings: RoutingSettings) -> Decision:
        if not entry.queue_key:
            return await self._placing.decide(uow, _request(row))
        queue = _queue_of_key(settings, entry.queue_key)
        if row.sealed and not (queue.sealed or queue.emergency):
            queue = settings.sealed_queue or queue
        own = merged(language_requirement(row.language, settings), settings.clearance(queue))
        return Decision(rule_id=None, queue_id=queue.id, requirements=own, seal=queue.sealed)


def _queue_of_key(settings: RoutingSettings, key: str) -> QueueRow:
    found = next((queue for queue in settings.queues.values() if queue.key == key), None)
    if found is None:
        raise NotFound("There is no such queue.", code="unknown_queue")
    return found


def _request(row: ContactRow) -> ContactRequest:
    """What the rules look at, as it is known by now."""
    return ContactRequest(
        channel=row.channel,
        external_id=row.external_id,
        sender=Address(kind=row.sender_kind, value=row.sender),
        recipient=Address(kind="phone", value=row.recipient),
        received_at=row.received_at,
        thread_key=row.thread_id,
        subject=row.subject,
        text=str(row.hints.get("text", "")),
        language=row.language,
        hints=row.hints,
    )
