"""The softphone: its line to the engine, and what it needs to know."""

from typing import Annotated

from fastapi import APIRouter, Depends, WebSocket, WebSocketException

from desk.access import Actor, actor, require, signed_in
from desk.feed.routes import admit
from desk.ports import Services, services, socket_services
from desk.schemas.calls import PhoneView
from kit.errors import AppError
from records.staff.permissions import Permission
from telephony.embedded.page_wire import PageLine, PageSocket

routes = APIRouter(prefix="/api/desk/calls", tags=["calls"])

Agent = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE))]
Bag = Annotated[Services, Depends(services)]

NOT_ALLOWED = 4403


@routes.get("/phone")
async def read_phone(who: Agent, bag: Bag) -> PhoneView:
    return PhoneView(engine=bag.phones.engine)


@routes.websocket("/line")
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
