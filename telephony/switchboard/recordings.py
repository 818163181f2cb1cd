"""From a finished recording to a stored one."""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy import select, update

from kit import blobs
from kit.blobs import Blob, BlobRow
from kit.unit_of_work import UnitOfWork
from telephony.calls import Recording, RecordingHandle
from telephony.switchboard import store
from telephony.switchboard.call import AgentSide, Call
from telephony.switchboard.house import House
from telephony.tables import RecordingRow

log = logging.getLogger(__name__)

WAV = "audio/wav"
CALL, MESSAGE = "call", "message"
ATTEMPTS, PAUSE_S = 5, 20.0


async def keep_call(house: House, call: Call, side: AgentSide) -> None:
    """End the recording of one agent's part of a call and keep it. A full disk is waited for, a while."""
    if side.recording is None:
        return
    handle, side.recording = side.recording, None
    await _keep(house, call, handle, side.agent_id)


async def _keep(house: House, call: Call, handle: RecordingHandle, agent_id: str) -> None:
    recording = await handle.stop()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await store_recording(house, call, recording, agent_id)
        except Exception:
            log.exception("a recording could not be stored; its file stays where the engine left it")
            if attempt < ATTEMPTS:
                await asyncio.sleep(PAUSE_S)
        else:
            return


async def store_recording(house: House, call: Call, recording: Recording, agent_id: str) -> None:
    blob = await put(house, recording)
    async with house.database.unit_of_work(house.access) as uow:
        contact = await store.contact(uow, call.contact_id)
        blobs.record(uow, blob, WAV, kept=True)
        uow.session.add(
            RecordingRow(
                contact_id=contact.id,
                kind=CALL,
                agent_id=agent_id,
                queue_id=contact.queue_id,
                caller=call.leg.caller,
                dialled=call.leg.dialled,
                line=call.leg.variables.get("line", ""),
                started_at=recording.started_at,
                duration_ms=round(recording.duration_s * 1000),
                blob_key=blob.key,
                size_bytes=blob.size_bytes,
                sha256=blob.sha256,
                keep_until=recording.started_at + timedelta(days=house.settings.recordings_kept_days),
                sealed=contact.sealed,
            )
        )
    await asyncio.to_thread(recording.path.unlink, True)


async def forget_old(uow: UnitOfWork, limit: int = 200) -> int:
    """Let go of recordings whose time is over and that nobody holds; returns how many. Files follow within a day."""
    over = select(RecordingRow).where(RecordingRow.keep_until < uow.now, RecordingRow.held.is_(False)).limit(limit)
    rows = list(await uow.session.scalars(over))
    for row in rows:
        await uow.session.execute(update(BlobRow).where(BlobRow.key == row.blob_key).values(kept=False))
        await uow.session.delete(row)
    return len(rows)


async def put(house: House, recording: Recording) -> Blob:
    """The bytes of a recording as a blob that no row refers to yet."""
    return await house.blobs.put(await asyncio.to_thread(recording.path.read_bytes))
