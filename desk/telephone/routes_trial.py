"""The line of a page on which the writer of a flow tries its draft out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, WebSocket, WebSocketException

from desk.access import actor, signed_in
from desk.feed.routes import NOT_ALLOWED, admit
from desk.ports import socket_services
from kit.errors import AppError
from records.staff.permissions import Permission
from telephony.embedded.page_wire import PageLine, PageSocket
from telephony.trials.drafts import draft
from telephony.trials.trials import COMMAND, PARTY

routes = APIRouter(prefix="/api/desk/telephone", tags=["telephone"])

SAMPLE_CALLER = "13800138000"


@routes.websocket("/flows/{key}/trial")
async def try_flow(
    socket: WebSocket,
    key: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$")],
    hours: Literal["", "open", "closed"] = "",
    caller: Annotated[str, Query(pattern=r"^\+?[0-9]{3,18}$")] = SAMPLE_CALLER,
) -> None:
    """The draft as it was saved last. `hours`: as if the house were open or closed; `caller`: as if he had called."""
    bag = socket_services(socket)
    who = await admit(socket, bag)
    if who is None:
        return
    if not who.may(Permission.CHANNELS_WRITE):
        await socket.close(NOT_ALLOWED)
        return

    async def may_call() -> None:
        async with bag.database.unit_of_work(who.access, read_only=True) as uow:
            await draft(uow, key)

    async def is_valid() -> bool:
        try:
            return (await actor(socket, await signed_in(socket))).may(Permission.CHANNELS_WRITE)
        except WebSocketException:
            return False
        except AppError:
            return True  # the database is away for a moment

    line = PageLine(
        workspace_id=who.access.workspace_id or "",
        party=f"{PARTY}{who.account_id}",
        caller=caller,
        dialled=key,
        command=COMMAND,
        variables={"line": "web", "flow": key, "hours": hours},
        may_call=may_call,
        is_valid=is_valid,
    )
    page = PageSocket(socket, line, commands=bag.commands, events=bag.events, ice_servers=bag.phones.ice_servers)
    await page.run()
