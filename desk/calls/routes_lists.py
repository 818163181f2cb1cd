"""Calls that were lost, and what was recorded of those that were not."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, Response

from desk.access import Actor, Reading, Writing, require
from desk.calls import abandoned, dialling, recordings
from desk.ports import Services, services
from desk.schemas.calls import AbandonedView, CallMadeView, RecordingItem, WaveformView
from records.staff import store as staff
from records.staff.permissions import Permission

routes = APIRouter()

Agent = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE))]
Hearer = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE, Permission.AGENTS_SUPERVISE))]
Bag = Annotated[Services, Depends(services)]


@routes.get("/abandoned-calls")
async def list_abandoned(who: Agent, uow: Reading, *, settled: bool = False) -> list[AbandonedView]:
    """Of the last seven days, one line for each number: those to be called back, or those it is settled with."""
    language = (await staff.account(uow, who.account_id)).language
    return await abandoned.abandoned(uow, who, settled=settled, language=language)


@routes.post("/abandoned-calls/{contact_id}/call", status_code=201)
async def return_call(contact_id: str, who: Agent, uow: Writing, bag: Bag) -> CallMadeView:
    return await dialling.call_back(uow, bag, who, contact_id)


@routes.get("/contacts/{contact_id}/recordings")
async def list_recordings(contact_id: str, who: Agent, uow: Reading) -> list[RecordingItem]:
    return await recordings.of_thread(uow, who, contact_id)


@routes.get("/recordings/{recording_id}/sound", response_class=FileResponse)
async def play_recording(recording_id: str, who: Hearer, uow: Writing, bag: Bag) -> FileResponse:
    """Each hearing is written down."""
    return await recordings.sound(uow, bag.blobs, who, recording_id)


@routes.get("/recordings/{recording_id}/compressed", response_class=Response)
async def save_recording(recording_id: str, who: Hearer, bag: Bag) -> Response:
    """Opus in Ogg, a tenth of the size; written down like a hearing."""
    return await recordings.compressed(bag.database, bag.blobs, who, recording_id)


@routes.get("/recordings/{recording_id}/waveform")
async def read_waveform(recording_id: str, who: Hearer, uow: Reading, bag: Bag) -> WaveformView:
    return await recordings.waveform(uow, bag.blobs, who, recording_id)
