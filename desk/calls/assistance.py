"""An agent asks a supervisor for help during a call; it stands on the board until somebody takes part or he no longer
needs it.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from desk.access import Actor
from desk.inbox import reading, service
from desk.schemas.supervision import Alarm
from kit.errors import Conflict
from kit.unit_of_work import UnitOfWork
from records.staff import audit
from records.staff import store as staff
from records.staff.permissions import Permission
from records.staff.tables import AccountRoleRow, RoleRow
from router.contact import Channel, ContactStatus
from router.service import Router
from router.tables import ContactRow

HINT = "help"
CALLS = (Channel.VOICE, Channel.CALLBACK)
FREEST = ("ready", "wrap_up", "not_ready", "on_contact")


async def ask(uow: UnitOfWork, who: Actor, contact_id: str, note: str) -> None:
    """Again: with another note. Raises `Conflict` code `not_yours`."""
    row = await _own(uow, who, contact_id)
    row.hints = {**row.hints, HINT: {"at": uow.now.isoformat(), "note": note}}
    audit.record(uow, "call.help_asked", "contact", row.id, sealed=row.sealed)
    await service.touch(uow, row)


async def withdraw(uow: UnitOfWork, who: Actor, contact_id: str) -> None:
    """Of a supervisor: he takes part now. Harmless when nobody asked."""
    row = await _own(uow, who, contact_id)
    if HINT in row.hints:
        row.hints = {key: value for key, value in row.hints.items() if key != HINT}
        await service.touch(uow, row)


async def _own(uow: UnitOfWork, who: Actor, contact_id: str) -> ContactRow:
    row = (await reading.require_contact(uow, who, contact_id, for_update=True)).row
    own = row.agent_id == who.account_id or who.may(Permission.AGENTS_SUPERVISE)
    if not own or row.status != ContactStatus.ACTIVE:
        raise Conflict("This call is not in your hands.", code="not_yours")
    return row


async def alarms(uow: UnitOfWork) -> list[Alarm]:
    """Of all calls that go on, the oldest first."""
    rows = await uow.session.scalars(
        select(ContactRow).where(ContactRow.status == ContactStatus.ACTIVE, ContactRow.channel.in_(CALLS))
    )
    asking = [row for row in rows if HINT in row.hints and row.agent_id]
    names = await staff.names_of(uow, {row.agent_id for row in asking})
    return sorted((_alarm(row, names.get(row.agent_id or "", "")) for row in asking), key=lambda one: one.since)


def _alarm(row: ContactRow, name: str) -> Alarm:
    asked = row.hints[HINT]
    detail = {"agent_id": row.agent_id or "", "agent": name, "contact_id": row.id, "note": asked["note"]}
    return Alarm(
        id=f"help:{row.id}", level="red", code="help", since=datetime.fromisoformat(asked["at"]), detail=detail
    )


async def supervisor(uow: UnitOfWork, router: Router, who: Actor) -> str:
    """The account of a supervisor who can be called, the freest one. Raises `Conflict` code `no_supervisor`."""
    there = {one.agent_id: one.state for one in await router.agents(uow)}
    found = [
        account for account in await _supervisors(uow) if account != who.account_id and there.get(account) in FREEST
    ]
    if not found:
        raise Conflict("No supervisor is there.", code="no_supervisor")
    return min(found, key=lambda account: FREEST.index(there[account]))


async def _supervisors(uow: UnitOfWork) -> Iterable[str]:
    rows = await uow.session.execute(
        select(AccountRoleRow.account_id, RoleRow.permissions)
        .join(RoleRow, RoleRow.id == AccountRoleRow.role_id)
        .order_by(AccountRoleRow.account_id)
    )
    return {row[0] for row in rows if Permission.AGENTS_SUPERVISE in row[1]}
