"""The softphone: its line to the engine, and what an agent does with a call."""

from typing import Annotated

from fastapi import APIRouter, Depends, WebSocket, WebSocketException

from desk.access import Actor, Reading, Writing, actor, require, signed_in
from desk.calls import assistance, dialling, service
from desk.calls.routes_lists import routes as lists
from desk.feed.routes import admit
from desk.ports import Services, services, socket_services
from desk.schemas.calls import (
    CallInput,
    CallMadeView,
    CallView,
    DigitsInput,
    HelpInput,
    MenuView,
    NodeInput,
    PhoneView,
    SwitchInput,
    TargetInput,
)
from kit.errors import AppError
from records.staff.permissions import Permission
from telephony.embedded.page_wire import PageLine, PageSocket

routes = APIRouter(prefix="/api/desk", tags=["calls"])
routes.include_router(lists)

Agent = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE))]
Bag = Annotated[Services, Depends(services)]

NOT_ALLOWED = 4403


@routes.get("/calls/phone")
async def read_phone(who: Agent, uow: Writing, bag: Bag) -> PhoneView:
    return await service.phone(uow, bag, who)


@routes.websocket("/calls/line")
async def connect_phone(socket: WebSocket) -> None:
    bag = socket_services(socket)
    who = await admit(socket, bag)
    if who is None:
        return
    if not who.may(Permission.CONTACTS_HANDLE):
        await socket.close(NOT_ALLOWED)
        return

    async def is_valid() -> bool:
        try:
            return (await actor(socket, await signed_in(socket))).may(Permission.CONTACTS_HANDLE)
        except WebSocketException:
            return False
        except AppError:
            return True  # the database is away for a moment

    line = PageLine(workspace_id=who.access.workspace_id or "", party=f"agent:{who.account_id}", is_valid=is_valid)
    page = PageSocket(socket, line, commands=bag.commands, events=bag.events, ice_servers=bag.phones.ice_servers)
    await page.run()


@routes.get("/calls/{contact_id}")
async def read_call(contact_id: str, who: Agent, bag: Bag) -> CallView:
    return await service.view(bag, who, contact_id)


@routes.post("/calls/{contact_id}/hold", status_code=204)
async def hold_call(contact_id: str, body: SwitchInput, who: Agent, bag: Bag) -> None:
    await service.ask(bag, who, contact_id, "hold", on=body.on)


@routes.post("/calls/{contact_id}/digits", status_code=204)
async def send_digits(contact_id: str, body: DigitsInput, who: Agent, bag: Bag) -> None:
    await service.ask(bag, who, contact_id, "digits", digits=body.digits)


@routes.post("/calls/{contact_id}/consult", status_code=204)
async def consult_somebody(contact_id: str, body: TargetInput, who: Agent, bag: Bag) -> None:
    await service.ring(bag, who, contact_id, "consult", body.to)


@routes.post("/calls/{contact_id}/end-consult", status_code=204)
async def end_consult(contact_id: str, who: Agent, bag: Bag) -> None:
    await service.ask(bag, who, contact_id, "end_consult")


@routes.post("/calls/{contact_id}/conference", status_code=204)
async def join_all(contact_id: str, who: Agent, bag: Bag) -> None:
    await service.ask(bag, who, contact_id, "conference")


@routes.post("/calls/{contact_id}/complete-transfer", status_code=204)
async def complete_transfer(contact_id: str, who: Agent, bag: Bag) -> None:
    await service.ask(bag, who, contact_id, "complete_transfer")


@routes.post("/calls/{contact_id}/transfer", status_code=204)
async def transfer_call(contact_id: str, body: TargetInput, who: Agent, bag: Bag) -> None:
    await service.ring(bag, who, contact_id, "transfer", body.to)


@routes.get("/calls/{contact_id}/menus")
async def list_menus(contact_id: str, who: Agent, uow: Reading, bag: Bag) -> list[MenuView]:
    """Where in the flow the citizen can be sent."""
    return await service.menus(uow, bag, who, contact_id)


@routes.post("/calls/{contact_id}/send-back", status_code=204)
async def send_back(contact_id: str, body: NodeInput, who: Agent, bag: Bag) -> None:
    await service.ask(bag, who, contact_id, "send_back", node=body.node)


@routes.post("/calls/{contact_id}/dial", status_code=201)
async def dial_somebody(contact_id: str, body: CallInput, who: Agent, uow: Writing, bag: Bag) -> CallMadeView:
    """Call somebody about a contact; the agent's telephone rings first."""
    return await dialling.dial(uow, bag, who, contact_id, body)


@routes.put("/calls/{contact_id}/help", status_code=204)
async def ask_for_help(contact_id: str, body: HelpInput, who: Agent, uow: Writing) -> None:
    await assistance.ask(uow, who, contact_id, body.note)


@routes.delete("/calls/{contact_id}/help", status_code=204)
async def end_help(contact_id: str, who: Agent, uow: Writing) -> None:
    """It is no longer needed, or a supervisor takes part."""
    await assistance.withdraw(uow, who, contact_id)
