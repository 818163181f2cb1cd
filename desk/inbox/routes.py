"""The inbox: what it holds, and what an agent does with a contact."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from desk.access import Actor, Reading, Writing, actor, require
from desk.inbox import reading, reference, service
from desk.inbox.reading import Scope
from desk.ports import Services, services
from desk.schemas.inbox import (
    AgentView,
    ContactDetail,
    ContactSummary,
    DispositionInput,
    OfferDecision,
    ParkInput,
    PresenceInput,
    ReasonInput,
    ReferenceView,
    SnapshotView,
    ThreadPage,
    TransferInput,
    WhyView,
)
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["inbox"])

Anyone = Annotated[Actor, Depends(actor)]
Agent = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE))]
Reader = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE, Permission.CONTACTS_SEE_ALL))]
Sealed = Annotated[Actor, Depends(require(Permission.SEALED_READ))]
Bag = Annotated[Services, Depends(services)]


@routes.get("/snapshot")
async def read_snapshot(who: Anyone, bag: Bag) -> SnapshotView:
    cursor = await bag.event_log.cursor(who.access.workspace_id or "", "desk")
    async with bag.database.unit_of_work(who.access, read_only=True) as uow:
        return await reading.snapshot(uow, bag.router, who, cursor)


@routes.get("/reference")
async def read_reference(who: Anyone, uow: Reading, bag: Bag) -> ReferenceView:
    return await reference.reference(uow, bag.router, bag.plugins)


@routes.get("/contacts")
async def list_contacts(
    who: Reader,
    uow: Reading,
    scope: Scope = "mine",
    queue_id: str | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
) -> list[ContactSummary]:
    return await reading.contacts(uow, who, scope, queue_id, q)


@routes.get("/contacts/{contact_id}")
async def read_contact(contact_id: str, who: Anyone, uow: Reading) -> ContactDetail:
    loaded = await reading.require_contact(uow, who, contact_id, is_open=False)
    return await reading.detail(uow, who, loaded)


@routes.get("/contacts/{contact_id}/thread")
async def read_thread(contact_id: str, who: Anyone, uow: Reading, before: str | None = None) -> ThreadPage:
    loaded = await reading.require_contact(uow, who, contact_id)
    return await reading.thread(uow, who, loaded, before)


@routes.get("/contacts/{contact_id}/why")
async def read_why(contact_id: str, who: Anyone, uow: Reading) -> WhyView:
    loaded = await reading.require_contact(uow, who, contact_id, is_open=False)
    return await reading.why(uow, who, loaded)


@routes.post("/contacts/{contact_id}/accept")
async def accept_offer(contact_id: str, body: OfferDecision, who: Agent, uow: Writing, bag: Bag) -> ContactDetail:
    return await service.accept(uow, bag.router, who, contact_id, body.fence)


@routes.post("/contacts/{contact_id}/decline", status_code=204)
async def decline_offer(contact_id: str, body: OfferDecision, who: Agent, uow: Writing, bag: Bag) -> None:
    await service.decline(uow, bag.router, who, contact_id, body.fence, body.reason)


@routes.post("/contacts/{contact_id}/read", status_code=204)
async def mark_contact_read(contact_id: str, who: Agent, uow: Writing) -> None:
    await service.mark_read(uow, who, contact_id)


@routes.post("/contacts/{contact_id}/park", status_code=204)
async def park_contact(contact_id: str, body: ParkInput, who: Agent, uow: Writing, bag: Bag) -> None:
    await service.park(uow, bag.router, who, contact_id, body)


@routes.post("/contacts/{contact_id}/resume", status_code=204)
async def resume_contact(contact_id: str, who: Agent, uow: Writing, bag: Bag) -> None:
    await service.resume(uow, bag.router, who, contact_id)


@routes.post("/contacts/{contact_id}/finish", status_code=204)
async def finish_contact(contact_id: str, who: Agent, uow: Writing, bag: Bag) -> None:
    await service.finish(uow, bag.router, who, contact_id)


@routes.post("/contacts/{contact_id}/wrap-up/extend", status_code=204)
async def extend_wrap_up(contact_id: str, who: Agent, uow: Writing, bag: Bag) -> None:
    await bag.router.extend_wrap_up(uow, contact_id, who.account_id)


@routes.post("/contacts/{contact_id}/disposition", status_code=204)
async def dispose_contact(contact_id: str, body: DispositionInput, who: Agent, uow: Writing, bag: Bag) -> None:
    await service.dispose(uow, bag.router, who, contact_id, body)


@routes.post("/contacts/{contact_id}/transfer", status_code=204)
async def transfer_contact(contact_id: str, body: TransferInput, who: Agent, uow: Writing, bag: Bag) -> None:
    await service.transfer(uow, bag.router, who, contact_id, body)


@routes.post("/contacts/{contact_id}/spam", status_code=204)
async def mark_spam(contact_id: str, body: ReasonInput, who: Agent, uow: Writing, bag: Bag) -> None:
    await service.spam(uow, bag.router, who, contact_id, body.reason)


@routes.post("/contacts/{contact_id}/open")
async def open_sealed_contact(contact_id: str, body: ReasonInput, who: Sealed, uow: Writing) -> ContactDetail:
    return await service.open_sealed(uow, who, contact_id, body.reason)


@routes.post("/presence")
async def set_presence(body: PresenceInput, who: Agent, bag: Bag) -> AgentView:
    return await service.set_presence(bag.database, bag.router, who, body.presence, body.reason)
