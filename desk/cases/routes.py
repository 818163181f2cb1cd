"""Cases: list, open, read, change, link, urge."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from desk.access import Actor, Reading, Writing, require, services_of
from desk.cases import service
from desk.schemas.citizens import CaseChange, CaseInput, CaseLinkInput, CaseSummary, CaseView, OpenedCase
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk/cases", tags=["cases"])

Reader = Annotated[Actor, Depends(require(Permission.CASES_READ))]
Writer = Annotated[Actor, Depends(require(Permission.CASES_WRITE))]


@routes.get("")
async def list_cases(
    who: Reader, uow: Reading, q: str = "", status: str = "", citizen_id: str = ""
) -> list[CaseSummary]:
    return await service.listed(uow, who, q, status, citizen_id)


@routes.post("", status_code=201)
async def open_case(who: Writer, body: CaseInput, request: Request) -> OpenedCase:
    bag = services_of(request)
    return await service.open_case(bag.database, bag.router, bag.acknowledgements, bag.waker, who, body)


@routes.get("/{case_id}")
async def read_case(who: Reader, case_id: str, request: Request) -> CaseView:
    return await service.read(services_of(request).database, who, case_id)


@routes.patch("/{case_id}")
async def change_case(who: Writer, uow: Writing, case_id: str, body: CaseChange, request: Request) -> CaseView:
    return await service.change(uow, services_of(request).router, who, case_id, body)


@routes.post("/{case_id}/link")
async def link_case(who: Writer, uow: Writing, case_id: str, body: CaseLinkInput) -> CaseView:
    return await service.link(uow, who, case_id, body.contact_id, body.note)


@routes.post("/{case_id}/urge")
async def urge_case(who: Writer, uow: Writing, case_id: str, body: CaseLinkInput) -> CaseView:
    return await service.urge(uow, who, case_id, body.contact_id, body.note)


@routes.post("/{case_id}/tell-by-telephone")
async def tell_case_by_telephone(who: Writer, uow: Writing, case_id: str) -> CaseView:
    """The citizen is called at the next hour at which that may be, enters the PIN, and hears the last public words."""
    return await service.tell_by_telephone(uow, who, case_id)
