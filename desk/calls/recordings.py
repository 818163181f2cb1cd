"""Recordings: who may hear them, their sound, and how it looks. Each hearing is written down."""

import asyncio

from fastapi.responses import FileResponse, Response
from sqlalchemy import Select, select

from desk.access import Actor
from desk.inbox import reading, store
from desk.inbox.files import HEADERS
from desk.inbox.visibility import reads_queue
from desk.schemas.calls import RecordingItem, WaveformView
from kit.blobs import BlobStore
from kit.errors import NotFound
from kit.unit_of_work import Database, UnitOfWork
from records.citizens import store as citizens
from records.staff import audit
from records.staff import store as staff
from records.staff.permissions import Permission
from router.tables import ContactRow
from telephony.compressed import OGG, to_opus
from telephony.tables import RecordingRow
from telephony.waveform import peaks

POINTS = 400
MOST = 200


async def of_thread(uow: UnitOfWork, who: Actor, contact_id: str) -> list[RecordingItem]:
    """Of all calls with this citizen that this account may hear, oldest first."""
    row = (await reading.require_contact(uow, who, contact_id)).row
    family = await citizens.family_of(uow, row.citizen_id) if row.citizen_id else []
    query = heard_by(who).where((ContactRow.id == row.id) | ContactRow.citizen_id.in_(family))
    rows = list(await uow.session.scalars(query.order_by(RecordingRow.started_at).limit(MOST)))
    restricted = await store.restricted_queues(uow)
    names = await staff.names_of(uow, {one.agent_id for one in rows})
    return [
        RecordingItem(
            id=one.id,
            contact_id=one.contact_id,
            kind=one.kind,
            agent_name=names.get(one.agent_id or "", ""),
            started_at=one.started_at,
            duration_ms=one.duration_ms,
            size_bytes=one.size_bytes,
        )
        for one in rows
        if reads_queue(who, one.queue_id, restricted)
    ]


def heard_by(who: Actor) -> Select[RecordingRow]:
    """Supervisors hear all, agents their own calls and those of contacts in their hands; nobody those of reports."""
    query = select(RecordingRow).join(ContactRow, ContactRow.id == RecordingRow.contact_id)
    query = query.where(RecordingRow.sealed.is_(False), ContactRow.sealed.is_(False))
    if who.may(Permission.AGENTS_SUPERVISE):
        return query
    return query.where((RecordingRow.agent_id == who.account_id) | (ContactRow.agent_id == who.account_id))


async def recording(uow: UnitOfWork, who: Actor, recording_id: str) -> RecordingRow:
    """One that this account may hear; who asks writes the hearing down. Raises `NotFound`."""
    row = await uow.session.scalar(heard_by(who).where(RecordingRow.id == recording_id))
    if row is None or not reads_queue(who, row.queue_id, await store.restricted_queues(uow)):
        raise NotFound("There is no such recording.")
    return row


async def sound(uow: UnitOfWork, blobs: BlobStore, who: Actor, recording_id: str) -> FileResponse:
    """The WAV file, parts of it where a range is asked for. Raises `NotFound`."""
    row = await recording(uow, who, recording_id)
    audit.record(uow, "recording.heard", "recording", row.id)
    name = await _file_name(uow, row)
    return FileResponse(blobs.path(row.blob_key), media_type="audio/wav", filename=f"{name}.wav", headers=HEADERS)


async def compressed(database: Database, blobs: BlobStore, who: Actor, recording_id: str) -> Response:
    """The same in a tenth of its size: Opus in Ogg, both sides kept apart. Raises `NotFound`."""
    async with database.unit_of_work(who.access) as uow:
        row = await recording(uow, who, recording_id)
        audit.record(uow, "recording.heard", "recording", row.id, detail={"as": "opus"})
        name = await _file_name(uow, row)
    try:
        data = await asyncio.to_thread(to_opus, blobs.path(row.blob_key))
    except FileNotFoundError as error:
        raise NotFound("The sound of this recording is gone.") from error
    disposition = f'attachment; filename="{name}.ogg"'
    return Response(data, media_type=OGG, headers={**HEADERS, "content-disposition": disposition})


async def _file_name(uow: UnitOfWork, row: RecordingRow) -> str:
    """When it began, in the workspace's zone: what staff look for among saved files."""
    return f"{row.started_at.astimezone(await staff.zone(uow)):%Y%m%d-%H%M%S}"


async def waveform(uow: UnitOfWork, blobs: BlobStore, who: Actor, recording_id: str) -> WaveformView:
    """How loud each side is over the time. Raises `NotFound`."""
    row = await recording(uow, who, recording_id)
    citizen, *others = await asyncio.to_thread(peaks, blobs.path(row.blob_key), POINTS)
    return WaveformView(duration_ms=row.duration_ms, citizen=citizen, others=others[0] if others else [])
