"""Who wants to hear nothing from us by which channel, but answers to what they asked."""

from collections.abc import Collection

from sqlalchemy import delete, select

from kit.errors import Invalid
from kit.unit_of_work import UnitOfWork
from records.citizens import store
from records.citizens.addresses import normalise
from records.citizens.tables import AddressRow, DoNotContactRow

EVERY_CHANNEL = "*"


async def forbids(uow: UnitOfWork, citizen_id: str | None, channel: str) -> bool:
    """Whether what the citizen did not ask for stays unsent by this channel. Merged records speak for each other."""
    if citizen_id is None:
        return False
    rows = await of(uow, await store.family_of(uow, citizen_id))
    return any(row.channel in (EVERY_CHANNEL, channel) for row in rows)


async def of(uow: UnitOfWork, family: Collection[str]) -> list[DoNotContactRow]:
    """What these records forbid, by channel."""
    query = select(DoNotContactRow).where(DoNotContactRow.citizen_id.in_(family))
    return list(await uow.session.scalars(query.order_by(DoNotContactRow.channel, DoNotContactRow.set_at)))


async def replace(uow: UnitOfWork, citizen_id: str, channels: Collection[str], reason: str, *, by: str | None) -> None:
    """Forbid exactly these channels (`*`: every one) for the citizen; what is forbidden already keeps its reason."""
    if any(not channel or len(channel) > 16 for channel in channels):
        raise Invalid("That is no channel.", code="no_such_channel")
    citizen = await store.kept(uow, citizen_id)
    family = await store.family_of(uow, citizen.id)
    before = {row.channel for row in await of(uow, family)}
    gone = DoNotContactRow.channel.not_in(channels)
    await uow.session.execute(delete(DoNotContactRow).where(DoNotContactRow.citizen_id.in_(family), gone))
    for channel in sorted(set(channels) - before):
        uow.session.add(_row(uow, citizen.id, channel, reason, by, sealed=citizen.sealed))
    citizen.version += 1
    await uow.session.flush()


async def change_by_address(uow: UnitOfWork, kind: str, value: str, channel: str, *, wanted: bool) -> None:
    """The owner of an address told us so themselves (`STOP`, `START`). Harmless for one that nobody is known by."""
    seen = AddressRow.stated.is_(False)
    owners = await uow.session.scalars(
        select(AddressRow.citizen_id).where(
            AddressRow.kind == kind, AddressRow.value == normalise(kind, value), seen, AddressRow.shared.is_(False)
        )
    )
    for citizen_id in set(owners):
        family = await store.family_of(uow, citizen_id)
        channels = {row.channel for row in await of(uow, family)}
        await replace(uow, citizen_id, channels - {channel} if wanted else channels | {channel}, "", by=None)


def _row(
    uow: UnitOfWork, citizen_id: str, channel: str, reason: str, by: str | None, *, sealed: bool
) -> DoNotContactRow:
    return DoNotContactRow(
        citizen_id=citizen_id, channel=channel, reason=reason, set_by_id=by, set_at=uow.now, sealed=sealed
    )
