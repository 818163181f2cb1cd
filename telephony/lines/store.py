"""Queries of trunks and phones."""

from sqlalchemy import select

from kit.unit_of_work import UnitOfWork
from telephony.lines.tables import PhoneRow, TrunkRow


async def trunks(uow: UnitOfWork) -> list[TrunkRow]:
    return list(await uow.session.scalars(select(TrunkRow).order_by(TrunkRow.position, TrunkRow.name)))


async def trunk(uow: UnitOfWork, trunk_id: str) -> TrunkRow | None:
    return await uow.session.scalar(select(TrunkRow).where(TrunkRow.id == trunk_id))


async def trunk_named(uow: UnitOfWork, name: str) -> TrunkRow | None:
    return await uow.session.scalar(select(TrunkRow).where(TrunkRow.name == name))


async def phones(uow: UnitOfWork) -> list[PhoneRow]:
    return list(await uow.session.scalars(select(PhoneRow).order_by(PhoneRow.number)))


async def phone(uow: UnitOfWork, phone_id: str) -> PhoneRow | None:
    return await uow.session.scalar(select(PhoneRow).where(PhoneRow.id == phone_id))


async def phone_numbered(uow: UnitOfWork, number: str) -> PhoneRow | None:
    return await uow.session.scalar(select(PhoneRow).where(PhoneRow.number == number))


async def phone_of(uow: UnitOfWork, account_id: str, kind: str) -> PhoneRow | None:
    return await uow.session.scalar(select(PhoneRow).where(PhoneRow.account_id == account_id, PhoneRow.kind == kind))
