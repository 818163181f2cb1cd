"""Legs in the database: written at each change, read once at the start."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select

from kit.access import Access
from kit.unit_of_work import Database, UnitOfWork
from telephony.calls import LegState
from telephony.embedded.leg import EmbeddedLeg, LegFacts
from telephony.embedded.tables import PageLegRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """A leg that an earlier process held."""

    facts: LegFacts
    state: LegState
    held: bool
    bridge_id: str | None


class Legs(Protocol):
    """Where legs are kept beyond this process."""

    async def keep(self, leg: EmbeddedLeg) -> None:
        """The leg as it is now; repeating is harmless."""
        ...

    async def going_on(self) -> list[LeftOver]:
        """What had not ended when an earlier process did, oldest first."""
        ...

    async def end(self, leg_ids: Sequence[str]) -> None: ...


async def keep(uow: UnitOfWork, leg: EmbeddedLeg) -> None:
    row = await uow.session.get(PageLegRow, leg.id)
    if row is None:
        facts = leg.facts
        row = PageLegRow(
            id=facts.id,
            workspace_id=uow.workspace_id,
            party=facts.party,
            direction=facts.direction,
            caller=facts.caller,
            dialled=facts.dialled,
            variables=facts.variables,
            started_at=facts.started_at,
        )
        uow.session.add(row)
    row.state, row.held, row.bridge_id = leg.state.value, leg.voice.held, leg.bridge.id if leg.bridge else None
    if leg.state is LegState.ENDED and row.ended_at is None:
        row.ended_at = uow.now


async def going_on(uow: UnitOfWork) -> list[PageLegRow]:
    query = select(PageLegRow).where(PageLegRow.ended_at.is_(None)).order_by(PageLegRow.id)
    return list(await uow.session.scalars(query))


async def end(uow: UnitOfWork, leg_ids: Sequence[str]) -> None:
    query = select(PageLegRow).where(PageLegRow.id.in_(leg_ids), PageLegRow.ended_at.is_(None))
    for row in await uow.session.scalars(query):
        row.state, row.ended_at = LegState.ENDED.value, uow.now


def _left_over(row: PageLegRow) -> LeftOver:
    facts = LegFacts(
        id=row.id,
        party=row.party,
        direction="in" if row.direction == "in" else "out",
        caller=row.caller,
        dialled=row.dialled,
        started_at=row.started_at,
        variables=row.variables,
    )
    return LeftOver(facts=facts, state=LegState(row.state), held=row.held, bridge_id=row.bridge_id)


class SqlLegs:
    """`Legs` of one workspace, each call in a transaction of its own."""

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access

    async def keep(self, leg: EmbeddedLeg) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            await keep(uow, leg)

    async def going_on(self) -> list[LeftOver]:
        async with self._database.unit_of_work(self._access, read_only=True) as uow:
            return [_left_over(row) for row in await going_on(uow)]

    async def end(self, leg_ids: Sequence[str]) -> None:
        async with self._database.unit_of_work(self._access) as uow:
            await end(uow, leg_ids)
