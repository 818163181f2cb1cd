"""An agent calls somebody about a contact, or somebody back who hung up before he was served."""

from sqlalchemy import select

from desk.access import Actor
from desk.calls import abandoned
from desk.inbox import reading
from desk.lines import departments
from desk.ports import Services
from desk.schemas.calls import CallInput, CallMadeView
from kit.errors import Conflict, Invalid, NotFound
from kit.unit_of_work import UnitOfWork
from records.cases.service import CaseEvent
from records.citizens import do_not_contact
from records.citizens import store as citizens
from records.citizens.addresses import normalise
from records.citizens.tables import AddressRow
from records.staff import audit
from records.staff.tables import AccountRoleRow, RoleRow
from router.contact import Channel, ContactStatus
from router.tables import ContactRow
from telephony.switchboard import callbacks
from telephony.switchboard.conversation import EXTENSION, target
from telephony.switchboard.remote import RemoteSwitchboard

PHONE = "phone"


async def dial(uow: UnitOfWork, bag: Services, who: Actor, contact_id: str, body: CallInput) -> CallMadeView:
    """Emergency numbers may be called always, and short numbers of the house. A department's call is written into the
    thread, and the case.

    Raises `NotFound`, `Conflict` code `not_ready_to_dial`, `do_not_contact`, `no_number` or `no_outside_line`,
    `Invalid` code `invalid_number`, `Forbidden` code `destination_not_allowed`, `TooMany`.
    """
    row = (await reading.require_contact(uow, who, contact_id)).row
    if not departments.is_department(body.department):
        return await _dial(uow, bag, who, row, await _number(uow, row, body))
    number, name = await departments.reached(uow, body.department)
    made = await _dial(uow, bag, who, row, number)
    await departments.log(uow, who, row, CaseEvent.DEPARTMENT_CALLED, name)
    return made


async def call_back(uow: UnitOfWork, bag: Services, who: Actor, contact_id: str) -> CallMadeView:
    """`contact_id`: of a lost call. One that this agent has tried before goes on where it stands.

    Raises what `dial` raises, `Conflict` code `callback_going_on` while a colleague calls him.
    """
    # Of two agents who press at once the second has to see the call that the first one makes.
    await uow.session.execute(select(ContactRow.id).where(ContactRow.id == contact_id).with_for_update())
    caller = await abandoned.caller_of(uow, who, contact_id)
    if caller is None:
        raise NotFound("There is no such call to return.")
    row, under_way = caller.newest.row, caller.callback
    if under_way is None or under_way.status == ContactStatus.WRAP_UP:
        return await _dial(uow, bag, who, row, row.sender)
    if under_way.status != ContactStatus.PARKED or under_way.agent_id != who.account_id:
        raise Conflict("A colleague calls them back already.", code="callback_going_on")
    return await _again(uow, bag, who, under_way)


async def _again(uow: UnitOfWork, bag: Services, who: Actor, row: ContactRow) -> CallMadeView:
    await _permit(uow, bag, who, row, row.sender)
    await callbacks.require_free(uow, bag.router, who.account_id)
    await bag.router.resume(uow, row.id, who.account_id)
    uow.after_commit(lambda: RemoteSwitchboard(bag.commands).connect(row.id, who.account_id))
    return CallMadeView(contact_id=row.id)


async def _dial(uow: UnitOfWork, bag: Services, who: Actor, about: ContactRow, number: str) -> CallMadeView:
    await _permit(uow, bag, who, about, number)
    return CallMadeView(contact_id=await callbacks.dial(uow, bag.router, about.id, who.account_id, number))


async def _permit(uow: UnitOfWork, bag: Services, who: Actor, about: ContactRow, number: str) -> None:
    if bag.phones.engine == "embedded":
        raise Conflict("Calls between browsers reach no telephone: set up Asterisk.", code="no_outside_line")
    if await _is_the_citizens(uow, about, number) and await do_not_contact.forbids(
        uow, about.citizen_id, Channel.VOICE
    ):
        raise Conflict("This citizen wants no calls.", code="do_not_contact")
    to = target(number)
    if not to.startswith(EXTENSION):
        bag.dial_guard.require(who.account_id, await _roles(uow, who), to)
    audit.record(uow, "call.dialled", "contact", about.id, sealed=about.sealed)


async def _number(uow: UnitOfWork, row: ContactRow, body: CallInput) -> str:
    if body.number.strip():
        return body.number
    if body.address_id is None:
        if row.sender_kind != PHONE:
            raise Invalid("This contact came from no number.", code="invalid_number")
        return row.sender
    address = await citizens.address(uow, body.address_id)
    family = await citizens.family_of(uow, row.citizen_id) if row.citizen_id else []
    if address is None or address.citizen_id not in family or address.kind != PHONE:
        raise NotFound("This citizen has no such number.")
    return address.value


async def _is_the_citizens(uow: UnitOfWork, row: ContactRow, number: str) -> bool:
    """Departments and others may be called whatever the citizen wants for himself."""
    value = normalise(PHONE, number)
    if row.sender_kind == PHONE and value == row.sender:
        return True
    family = await citizens.family_of(uow, row.citizen_id) if row.citizen_id else []
    found = select(AddressRow.id).where(AddressRow.citizen_id.in_(family), AddressRow.kind == PHONE)
    return await uow.session.scalar(found.where(AddressRow.value == value).limit(1)) is not None


async def _roles(uow: UnitOfWork, who: Actor) -> list[str]:
    found = select(RoleRow.key).join(AccountRoleRow, AccountRoleRow.role_id == RoleRow.id)
    return list(await uow.session.scalars(found.where(AccountRoleRow.account_id == who.account_id)))
