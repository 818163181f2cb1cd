"""What supervisors see and do: recordings are found and kept; who is on duty."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from desk.access import Actor
from desk.calls.recordings import heard_by, recording
from desk.inbox import store
from desk.inbox.visibility import reads_queue
from desk.schemas.telephone import DutyInput, DutyView, RecordingHoldInput, RecordingView, ServiceInput
from kit.errors import NotFound
from kit.unit_of_work import Database, UnitOfWork
from records.staff import audit
from records.staff.tables import WorkspaceRow
from router.tables import ContactRow
from telephony.switchboard import duty
from telephony.switchboard.duty import Duty
from telephony.switchboard.switchboard import SERVICE
from telephony.tables import DutyRow, RecordingRow

MOST_FOUND = 500
ROSTER_DAYS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingQuery:
    """Empty: not asked for. Numbers fit by any part of them; times are aware."""

    caller: str = ""
    dialled: str = ""
    line: str = ""
    agent_id: str = ""
    queue_id: str = ""
    contact_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    at_least_s: int = 0


async def recordings(uow: UnitOfWork, who: Actor, wanted: RecordingQuery) -> list[RecordingView]:
    """The newest first. Those of confidential contacts are not in it, whoever asks."""
    query = heard_by(who)
    for name in ("caller", "dialled"):
        if getattr(wanted, name):
            query = query.where(getattr(RecordingRow, name).contains(getattr(wanted, name), autoescape=True))
    for name in ("line", "agent_id", "queue_id", "contact_id"):
        if getattr(wanted, name):
            query = query.where(getattr(RecordingRow, name) == getattr(wanted, name))
    if wanted.since is not None:
        query = query.where(RecordingRow.started_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(RecordingRow.started_at < wanted.until)
    query = query.where(RecordingRow.duration_ms >= wanted.at_least_s * 1000)
    restricted = await store.restricted_queues(uow)
    rows = await uow.session.scalars(query.order_by(RecordingRow.started_at.desc()).limit(MOST_FOUND))
    return [_view(row) for row in rows if reads_queue(who, row.queue_id, restricted)]


def _view(row: RecordingRow) -> RecordingView:
    return RecordingView.model_validate(row, from_attributes=True)


async def hold(uow: UnitOfWork, who: Actor, recording_id: str, body: RecordingHoldInput) -> RecordingView:
    """Keep a recording beyond its time, or let it go by its time again."""
    row = await recording(uow, who, recording_id)
    row.held = body.held
    audit.record(uow, "recording.held" if body.held else "recording.let_go", "recording", row.id, body.reason)
    return _view(row)


async def written(database: Database, who: Actor, contact_id: str, action: str) -> None:
    """A supervisor is about to take part in a call. Raises `NotFound` for one that this account may not see."""
    async with database.unit_of_work(who.access) as uow:
        row = await uow.session.scalar(select(ContactRow).where(ContactRow.id == contact_id))
        if row is None or not reads_queue(who, row.queue_id, await store.restricted_queues(uow)):
            raise NotFound("There is no such call.")
        audit.record(uow, action, "contact", contact_id, sealed=row.sealed)


async def duties(uow: UnitOfWork) -> list[DutyView]:
    found = await duty.roster(uow, uow.now - timedelta(days=1), uow.now + timedelta(days=ROSTER_DAYS))
    return [_duty_view(row) for row in found]


def _duty_view(row: DutyRow) -> DutyView:
    return DutyView.model_validate(row, from_attributes=True)


async def save_duty(uow: UnitOfWork, body: DutyInput, duty_id: str | None) -> DutyView:
    """Raises `Invalid` code `bad_duty`, `Conflict` code `duty_changed`, `NotFound`."""
    row = await duty.save(uow, Duty(**body.model_dump(exclude={"based_on"})), duty_id, body.based_on)
    audit.record(uow, "duty.saved", "duty", row.id, detail={"step": row.step})
    return _duty_view(row)


async def remove_duty(uow: UnitOfWork, duty_id: str, based_on: int) -> None:
    """Raises `Conflict` code `duty_changed`."""
    await duty.remove(uow, duty_id, based_on)
    audit.record(uow, "duty.removed", "duty", duty_id)


async def service(uow: UnitOfWork) -> ServiceInput:
    workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
    return ServiceInput(service=workspace.settings.get(SERVICE, ""))


async def switch_service(uow: UnitOfWork, body: ServiceInput) -> ServiceInput:
    """From the next call on."""
    workspace = await uow.session.get_one(WorkspaceRow, uow.workspace_id)
    workspace.settings = {**workspace.settings, SERVICE: body.service}
    audit.record(uow, "telephone.switched", "workspace", workspace.id, detail={"service": body.service})
    return body
