"""Letters and visits: register, print the sheet, print the answer, say that it is posted."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from channels.intake import DirectIntake
from channels.letter.adapter import LetterAdapter
from desk.access import Actor, Writing, require
from desk.inbox.files import HEADERS
from desk.letters import service, sheets
from desk.ports import Services, services
from desk.schemas.inbox import ThreadItem
from desk.schemas.letters import LetterInput, LetterView, PostedInput, SheetInput
from kit.access import Access
from kit.errors import Unavailable
from records.staff import store as staff
from records.staff.permissions import Permission
from router.contact import Channel
from workers.printing import PrintingFailed, print_pdf

routes = APIRouter(prefix="/api/desk", tags=["letters"])

Agent = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE))]
Bag = Annotated[Services, Depends(services)]
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


@routes.post("/letters", status_code=201)
async def register_letter(body: LetterInput, who: Agent, bag: Bag) -> LetterView:
    # The platform at work on somebody's behalf: routing looks at sealed rows as well.
    access = Access(workspace_id=who.access.workspace_id, actor_id=who.account_id, sees_sealed=True)
    intake = DirectIntake(bag.database, access, LetterAdapter(Channel(body.channel)), bag.arrivals)
    return await service.register(bag.database, intake, who, body)


@routes.post("/letters/sheet", response_class=Response, responses=PDF)
async def print_sheet(body: SheetInput, who: Agent, bag: Bag) -> Response:
    async with bag.database.unit_of_work(who.access, read_only=True) as uow:
        workspace = await staff.workspace(uow)
    name = workspace.name_en if who.language.startswith("en") and workspace.name_en else workspace.name
    return await _printed(sheets.sheet(body, name, who.language), f"{body.number}.pdf")


@routes.post("/messages/{message_id}/letter", response_class=Response, responses=PDF)
async def print_answer(message_id: str, who: Agent, bag: Bag) -> Response:
    async with bag.database.unit_of_work(who.access) as uow:
        message, facts = await service.answer(uow, who, message_id)
        page = sheets.letter(message.text, facts, message.language or "zh-CN")
    return await _printed(page, f"{facts['number'] or message.id}.pdf")


@routes.post("/messages/{message_id}/posted")
async def mark_posted(message_id: str, body: PostedInput, who: Agent, uow: Writing) -> ThreadItem:
    return await service.posted(uow, who, message_id, body)


async def _printed(page: str, filename: str) -> Response:
    try:
        pdf = await print_pdf(page)
    except PrintingFailed as error:
        raise Unavailable("The page could not be printed now; try again.") from error
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(pdf, media_type="application/pdf", headers=headers)
