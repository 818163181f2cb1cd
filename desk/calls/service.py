"""What an agent does with a call: asked of the process that has it, which decides whether it is the agent's."""

from typing import Any

from desk.access import Actor
from desk.calls import assistance
from desk.calls.menus import menus as ways
from desk.inbox import reading
from desk.lines import departments
from desk.ports import Services
from desk.schemas.calls import CallView, MenuView, PhoneView, SipAccountView
from kit.unit_of_work import UnitOfWork
from records.cases.service import CaseEvent
from records.knowledge import service as knowledge
from records.staff import audit
from records.staff import store as staff
from telephony.embedded.page_wire import LEASE
from telephony.lines import service as lines
from telephony.switchboard import flows

TIMEOUT_S = 5.0
SUPERVISOR = "supervisor"
LOGGED = {"consult": CaseEvent.DEPARTMENT_ASKED, "transfer": CaseEvent.DEPARTMENT_GIVEN}


async def phone(uow: UnitOfWork, bag: Services, who: Actor) -> PhoneView:
    """What the page needs to be a telephone; with Asterisk its SIP account, made when it is missing."""
    settings = bag.phones
    view = PhoneView(engine=settings.engine, ice_servers=[server.as_json() for server in settings.ice_servers])
    if not settings.by_sip:
        return view
    name = (await staff.account(uow, who.account_id)).display_name
    own = await lines.page_phone(uow, bag.secret_box, bag.waker, who.account_id, name)
    uri = f"sip:{lines.user_of(own.id)}@{settings.sip_host}"
    return view.model_copy(update={"sip": SipAccountView(url=settings.sip_url, uri=uri, password=own.secret)})


async def view(bag: Services, who: Actor, contact_id: str) -> CallView:
    """Raises `NotFound` (code `no_such_call`) when no call goes on."""
    return CallView.model_validate(await ask(bag, who, contact_id, "call"))


async def menus(uow: UnitOfWork, bag: Services, who: Actor, contact_id: str) -> list[MenuView]:
    """Raises `NotFound` (code `no_such_call`) when no call goes on."""
    row = (await reading.require_contact(uow, who, contact_id)).row
    call = await view(bag, who, contact_id)
    flow, language = await flows.followed(uow, call.flow), (await staff.account(uow, who.account_id)).language
    titles = {item.key: item.title for item in await knowledge.items(uow) if item.language == language}
    return ways(flow, language, titles, sealed=row.sealed)


async def ask(bag: Services, who: Actor, contact_id: str, name: str, **more: Any) -> dict[str, Any]:
    """Raises `Conflict` (code `no_such_call`) when the call is somebody else's, `Unavailable` when nobody has it."""
    async with bag.database.unit_of_work(who.access, read_only=True) as uow:
        await reading.require_contact(uow, who, contact_id)
    arguments = {"contact_id": contact_id, "agent_id": who.account_id, **more}
    return await bag.commands.request(LEASE, name, arguments, timeout_s=TIMEOUT_S)


async def ring(bag: Services, who: Actor, contact_id: str, command: str, to: str) -> None:
    """Ring somebody else for the call; audited with whom. Whether they answer is told by `view`.

    That a department is rung is written into the thread, and the case. Raises `Conflict` code `no_supervisor` where a
    supervisor is wanted and none is there, `no_number` for a department that has none.
    """
    number, name = to, ""
    async with bag.database.unit_of_work(who.access) as uow:
        await reading.require_contact(uow, who, contact_id)
        if to == SUPERVISOR:
            number = to = f"agent:{await assistance.supervisor(uow, bag.router, who)}"
        elif departments.is_department(to):
            number, name = await departments.reached(uow, to)
        audit.record(uow, f"call.{command}", "contact", contact_id, detail={"to": to if ":" in to else "number"})
    arguments = {"contact_id": contact_id, "agent_id": who.account_id, "to": number}
    await bag.commands.request(LEASE, command, arguments, timeout_s=TIMEOUT_S)
    if name:
        async with bag.database.unit_of_work(who.access) as uow:
            row = (await reading.require_contact(uow, who, contact_id)).row
            await departments.log(uow, who, row, LOGGED[command], name)
