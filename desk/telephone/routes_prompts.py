"""Prompts: upload or record, let the house's voice speak, cut and make even, listen, go back to what they were."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, Response

from desk.access import Actor, Reading, Writing, require, services_of
from desk.inbox.files import HEADERS
from desk.schemas.prompts import (
    MOST_CHARS,
    PromptBookView,
    PromptEditInput,
    PromptRestoreInput,
    PromptSpeechInput,
    PromptTextInput,
    PromptVersionView,
    PromptView,
    SpeechInput,
)
from desk.telephone import prompts
from kit.errors import Invalid, Unavailable
from kit.unit_of_work import UnitOfWork
from records.staff import audit
from records.staff.permissions import Permission
from telephony.prompts import store
from telephony.prompts.sound import Edits
from telephony.prompts.store import WAV, Place, Prompts
from telephony.tables import PromptRow

routes = APIRouter(prefix="/api/desk/telephone", tags=["telephone"])

Keeper = Annotated[Actor, Depends(require(Permission.CHANNELS_WRITE))]
KeyQuery = Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
LanguageQuery = Annotated[str, Query(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
VersionQuery = Annotated[int | None, Query(ge=0)]


def _prompts(request: Request) -> Prompts:
    return Prompts(services_of(request).database, services_of(request).blobs)


async def _told(request: Request, who: Actor, action: str, row: PromptRow) -> PromptView:
    """Prompts that are made own their transactions, so what was done is written down after it."""
    async with services_of(request).database.unit_of_work(who.access) as uow:
        _note(uow, action, row)
    return prompts.view(row, services_of(request).speech)


def _note(uow: UnitOfWork, action: str, row: PromptRow) -> None:
    audit.record(
        uow, action, "prompt", row.id, detail={"key": row.key, "language": row.language, "number": row.version}
    )


@routes.get("/prompts")
async def list_prompts(who: Keeper, uow: Reading, request: Request) -> PromptBookView:
    return await prompts.book(uow, services_of(request).speech)


@routes.post("/prompts", status_code=201)
async def upload_prompt(
    who: Keeper,
    request: Request,
    key: KeyQuery,
    language: LanguageQuery,
    name: str,
    based_on: VersionQuery = None,
    text: Annotated[str | None, Query(max_length=MOST_CHARS)] = None,
    trim_start_s: Annotated[float, Query(ge=0, le=900)] = 0.0,
    trim_end_s: Annotated[float, Query(ge=0, le=900)] = 0.0,
    gain_db: Annotated[float, Query(ge=-40, le=40)] = 0.0,
    trim_silence: bool = False,
    normalise: bool = True,
) -> PromptView:
    """The body is a WAV or MP3 file that says `text`. Again under the same key and language: it takes the place of the
    one before.
    """
    place = Place(key=key, language=language, name=name[:120], based_on=based_on)
    edits = Edits(
        trim_start_s=trim_start_s,
        trim_end_s=trim_end_s,
        trim_silence=trim_silence,
        gain_db=gain_db,
        normalise=normalise,
    )
    row = await _prompts(request).upload(who.access, place, await request.body(), edits, text)
    return await _told(request, who, "prompt.recorded", row)


@routes.post("/prompts/speak", status_code=201)
async def speak_prompt(who: Keeper, request: Request, body: PromptSpeechInput) -> PromptView:
    """The house's voice says the text, from the next call on."""
    voice = services_of(request).speech
    if voice is None:
        raise Unavailable("No voice is set up here.", code="no_voice")
    place = Place(key=body.key, language=body.language, name=body.name, based_on=body.based_on)
    row = await _prompts(request).speak(who.access, place, body.text, voice)
    return await _told(request, who, "prompt.spoken", row)


@routes.patch("/prompts/{prompt_id}")
async def edit_prompt(who: Keeper, request: Request, prompt_id: str, body: PromptEditInput) -> PromptView:
    edits = Edits(**body.model_dump(exclude={"based_on"}))
    row = await _prompts(request).edit(who.access, prompt_id, edits, body.based_on)
    return await _told(request, who, "prompt.edited", row)


@routes.put("/prompts/{prompt_id}/text")
async def write_prompt(
    who: Keeper, uow: Writing, request: Request, prompt_id: str, body: PromptTextInput
) -> PromptView:
    """What it is to say. Until it is recorded anew it is out of date."""
    row = await store.write_text(uow, prompt_id, body.text, body.based_on, says_it=body.says_it)
    _note(uow, "prompt.written", row)
    return prompts.view(row, services_of(request).speech)


@routes.get("/prompts/{prompt_id}/sound", response_class=FileResponse)
async def hear_prompt(
    who: Keeper, uow: Reading, request: Request, prompt_id: str, original: bool = False, number: VersionQuery = None
) -> FileResponse:
    """As callers hear it; `original`: as it was uploaded; `number`: an earlier version."""
    row = await store.by_id(uow, prompt_id)
    earlier = {one.number: one for one in await store.versions(uow, prompt_id)} if number is not None else {}
    shown = earlier.get(number or 0, row)
    key = shown.original_blob_key if original else shown.blob_key
    media_type = await store.media_type(uow, key)
    return FileResponse(services_of(request).blobs.path(key), media_type=media_type, headers=HEADERS)


@routes.get("/prompts/{prompt_id}/versions")
async def list_prompt_versions(who: Keeper, uow: Reading, prompt_id: str) -> list[PromptVersionView]:
    """What it was before, the newest first."""
    return [prompts.version_view(row) for row in await store.versions(uow, prompt_id)]


@routes.post("/prompts/{prompt_id}/versions/{number}/restore")
async def restore_prompt(
    who: Keeper, uow: Writing, request: Request, prompt_id: str, number: int, body: PromptRestoreInput
) -> PromptView:
    row = await store.restore(uow, prompt_id, number, body.based_on)
    _note(uow, "prompt.restored", row)
    return prompts.view(row, services_of(request).speech)


@routes.post("/speech", response_class=Response)
async def hear_text(who: Keeper, uow: Reading, request: Request, body: SpeechInput) -> Response:
    """A WAV file: how the house's voice says a text, with samples in place of a call's values. Nothing is kept."""
    try:
        text = await prompts.tried(uow, body.text, body.language)
    except ValueError:
        raise Invalid("The braces of this text are broken.", code="bad_text") from None
    return Response(await prompts.spoken(services_of(request).speech, text, body.language), media_type=WAV)
