"""Exclusive, expiring rights: who runs a mailbox, a timer, a call engine. Each grant has a higher token."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from kit.tables import Base
from kit.unit_of_work import UnitOfWork


class LeaseRow(Base):
    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(160), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    token: Mapped[int]
    expires_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    name: str
    holder: str
    token: int


async def acquire(uow: UnitOfWork, name: str, holder: str, ttl_s: float) -> Lease | None:
    """Take or renew `name` for `ttl_s` seconds; None while another holds it. The token grows with each new holder."""
    expires_at = uow.now + timedelta(seconds=ttl_s)
    renewed = await uow.session.execute(
        update(LeaseRow)
        .where(LeaseRow.name == name, LeaseRow.holder == holder, LeaseRow.expires_at > uow.now)
        .values(expires_at=expires_at)
        .returning(LeaseRow.token)
    )
    token = renewed.scalar_one_or_none()
    if token is None:
        taken = await uow.session.execute(
            update(LeaseRow)
            .where(LeaseRow.name == name, LeaseRow.expires_at <= uow.now)
            .values(holder=holder, token=LeaseRow.token + 1, expires_at=expires_at)
            .returning(LeaseRow.token)
        )
        token = taken.scalar_one_or_none()
    if token is None:
        token = await _create(uow, name, holder, expires_at)
    return None if token is None else Lease(name=name, holder=holder, token=token)


async def _create(uow: UnitOfWork, name: str, holder: str, expires_at: datetime) -> int | None:
    try:
        async with uow.session.begin_nested():
            uow.session.add(LeaseRow(name=name, holder=holder, token=1, expires_at=expires_at))
    except IntegrityError:
        return None
    return 1


async def still_held(uow: UnitOfWork, lease: Lease) -> bool:
    """Whether `lease` may still write, checked in the transaction that writes."""
    found = await uow.session.scalar(
        select(LeaseRow.token).where(
            LeaseRow.name == lease.name, LeaseRow.token == lease.token, LeaseRow.expires_at > uow.now
        )
    )
    return found is not None


async def is_held(uow: UnitOfWork, name: str) -> bool:
    """Whether any process has `name` now."""
    found = await uow.session.scalar(select(LeaseRow.token).where(LeaseRow.name == name, LeaseRow.expires_at > uow.now))
    return found is not None


async def release(uow: UnitOfWork, lease: Lease) -> None:
    """Give the right back at once; harmless when it is already lost."""
    await uow.session.execute(
        update(LeaseRow).where(LeaseRow.name == lease.name, LeaseRow.token == lease.token).values(expires_at=uow.now)
    )
