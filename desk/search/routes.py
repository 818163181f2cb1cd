"""One search box for everything the account may see."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from desk.access import Actor, Reading, require
from desk.schemas.inbox import SearchResults
from desk.search import service
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["search"])

Searcher = Annotated[
    Actor,
    Depends(
        require(
            Permission.CONTACTS_HANDLE, Permission.CONTACTS_SEE_ALL, Permission.CASES_READ, Permission.CITIZENS_READ
        )
    ),
]


@routes.get("/search")
async def find(who: Searcher, uow: Reading, q: Annotated[str, Query(max_length=100)] = "") -> SearchResults:
    return await service.find(uow, who, q)
