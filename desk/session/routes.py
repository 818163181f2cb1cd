"""Sign in, sign out, who am I, choose a password, end sessions. These answer before a first password is chosen."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from desk.access import Actor, actor, actor_of_token, clear_cookie, require, services_of, set_cookie, signed_in
from desk.schemas.session import (
    LoginInput,
    OpenSessionView,
    PasswordInput,
    SessionView,
    TelephonePinInput,
    TelephonePinView,
)
from desk.session import service, telephone
from kit.sources import source_of
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["session"])

SignedIn = Annotated[Actor, Depends(signed_in)]
Anyone = Annotated[Actor, Depends(actor)]
Supervisor = Annotated[Actor, Depends(require(Permission.AGENTS_SUPERVISE))]


@routes.post("/login")
async def log_in(body: LoginInput, request: Request, response: Response) -> SessionView:
    bag = services_of(request)
    opened = await service.log_in(
        bag.database,
        body.login,
        body.password,
        source=source_of(request),
        user_agent=request.headers.get("user-agent", ""),
    )
    who = await actor_of_token(request, opened.token)
    set_cookie(response, opened, secure=bag.desk.secure_cookies)
    async with bag.database.unit_of_work(who.access, read_only=True) as uow:
        return await service.session_view(uow, who)


@routes.post("/logout", status_code=204)
async def log_out(who: SignedIn, request: Request, response: Response) -> None:
    bag = services_of(request)
    async with bag.database.unit_of_work(who.access) as uow:
        await service.log_out(uow, who)
    clear_cookie(response, secure=bag.desk.secure_cookies)


@routes.get("/session")
async def read_session(who: SignedIn, request: Request) -> SessionView:
    async with services_of(request).database.unit_of_work(who.access, read_only=True) as uow:
        return await service.session_view(uow, who)


@routes.post("/password", status_code=204)
async def change_password(body: PasswordInput, who: SignedIn, request: Request) -> None:
    await service.change_password(services_of(request).database, who, body.current, body.new, source=source_of(request))


@routes.get("/sessions")
async def list_sessions(who: Anyone, request: Request) -> list[OpenSessionView]:
    async with services_of(request).database.unit_of_work(who.access, read_only=True) as uow:
        return await service.open_sessions(uow, who)


@routes.delete("/sessions/{session_id}", status_code=204)
async def end_session(session_id: str, who: Anyone, request: Request) -> None:
    async with services_of(request).database.unit_of_work(who.access) as uow:
        await service.end_session(uow, who, session_id)


@routes.get("/telephone-pin")
async def read_telephone_pin(who: Supervisor, request: Request) -> TelephonePinView:
    bag = services_of(request)
    async with bag.database.unit_of_work(who.access, read_only=True) as uow:
        return await telephone.view(uow, who, bag.phones.supervision_number)


@routes.put("/telephone-pin")
async def set_telephone_pin(who: Supervisor, request: Request, body: TelephonePinInput) -> TelephonePinView:
    """With it and the staff number supervisors listen in by telephone."""
    bag = services_of(request)
    await telephone.choose(bag.database, who, body.password, body.pin, source=source_of(request))
    async with bag.database.unit_of_work(who.access, read_only=True) as uow:
        return await telephone.view(uow, who, bag.phones.supervision_number)


@routes.delete("/telephone-pin", status_code=204)
async def remove_telephone_pin(who: Supervisor, request: Request) -> None:
    async with services_of(request).database.unit_of_work(who.access) as uow:
        await telephone.remove(uow, who)
