"""Supervisors: duty roster, the switch of the service, recordings, and taking part in calls."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime

from desk.access import Actor, Reading, Writing, require, services_of
from desk.schemas.telephone import (
    DutyInput,
    DutyView,
    RecordingHoldInput,
    RecordingView,
    ServiceInput,
    SupervisionInput,
)
from desk.telephone import supervision
from desk.telephone.supervision import RecordingQuery
from records.staff.permissions import Permission
from telephony.switchboard.remote import RemoteSwitchboard

routes = APIRouter(prefix="/api/desk/telephone", tags=["telephone"])

Supervisor = Annotated[Actor, Depends(require(Permission.AGENTS_SUPERVISE))]
Agent = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE))]
Keeper = Annotated[Actor, Depends(require(Permission.AGENTS_SUPERVISE, Permission.CHANNELS_WRITE))]


def _switchboard(request: Request) -> RemoteSwitchboard:
    return RemoteSwitchboard(services_of(request).commands)


@routes.get("/duties")
async def list_duties(who: Keeper, uow: Reading) -> list[DutyView]:
    """Of the coming hundred days, those of today included."""
    return await supervision.duties(uow)


@routes.post("/duties", status_code=201)
async def create_duty(who: Keeper, uow: Writing, body: DutyInput) -> DutyView:
    return await supervision.save_duty(uow, body, None)


@routes.put("/duties/{duty_id}")
async def change_duty(who: Keeper, uow: Writing, duty_id: str, body: DutyInput) -> DutyView:
    return await supervision.save_duty(uow, body, duty_id)


@routes.delete("/duties/{duty_id}", status_code=204)
async def remove_duty(who: Keeper, uow: Writing, duty_id: str, based_on: Annotated[int, Query(ge=1)]) -> None:
    await supervision.remove_duty(uow, duty_id, based_on)


@routes.get("/service")
async def read_service(who: Keeper, uow: Reading) -> ServiceInput:
    return await supervision.service(uow)


@routes.put("/service")
async def switch_service(who: Keeper, uow: Writing, body: ServiceInput) -> ServiceInput:
    return await supervision.switch_service(uow, body)


@routes.get("/recordings")
async def find_recordings(
    who: Supervisor,
    uow: Reading,
    caller: str = "",
    dialled: str = "",
    line: str = "",
    agent_id: str = "",
    queue_id: str = "",
    contact_id: str = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    at_least_s: Annotated[int, Query(ge=0)] = 0,
) -> list[RecordingView]:
    wanted = RecordingQuery(
        caller=caller,
        dialled=dialled,
        line=line,
        agent_id=agent_id,
        queue_id=queue_id,
        contact_id=contact_id,
        since=since,
        until=until,
        at_least_s=at_least_s,
    )
    return await supervision.recordings(uow, who, wanted)


@routes.post("/recordings/{recording_id}/hold")
async def hold_recording(who: Supervisor, uow: Writing, recording_id: str, body: RecordingHoldInput) -> RecordingView:
    return await supervision.hold(uow, who, recording_id, body)


@routes.post("/calls/{contact_id}/supervise", status_code=204)
async def supervise_call(who: Supervisor, request: Request, contact_id: str, body: SupervisionInput) -> None:
    bag = services_of(request)
    await supervision.written(bag.database, who, contact_id, f"call.{body.mode}")
    await _switchboard(request).supervise(contact_id, who.account_id, body.mode)


@routes.post("/calls/{contact_id}/end-supervision", status_code=204)
async def end_supervision(who: Supervisor, request: Request, contact_id: str) -> None:
    await _switchboard(request).end_supervision(contact_id, who.account_id)


@routes.post("/calls/{contact_id}/take-over", status_code=204)
async def take_call_over(who: Supervisor, request: Request, contact_id: str) -> None:
    await supervision.written(services_of(request).database, who, contact_id, "call.taken_over")
    await _switchboard(request).take_over(contact_id, who.account_id)


@routes.post("/calls/{contact_id}/hang-up", status_code=204)
async def end_call(who: Supervisor, request: Request, contact_id: str) -> None:
    await supervision.written(services_of(request).database, who, contact_id, "call.ended")
    await _switchboard(request).hang_up(contact_id, who.account_id)
