"""Redis emptied, lost or doubted: filled again from SQL, under a new epoch so that no old fence can win."""

import logging
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import select, update

from kit.access import Access
from kit.ids import new_id
from kit.leases import Lease, acquire, release
from kit.unit_of_work import UnitOfWork
from router import store
from router.contact import ContactStatus, OfferOutcome
from router.descriptions import contact_truth
from router.dispatch import Dispatch, describe_agents
from router.effects import AgentDescription, ContactTruth, Placement
from router.functions.client import RebuildNeeded
from router.tables import ContactRow, EpochRow, OfferRow

log = logging.getLogger(__name__)

PAGE = 500
LEASE_S = 15.0
"""Renewed with each page: a node that dies keeps the others waiting no longer."""
HELD = (ContactStatus.QUEUED, ContactStatus.OFFERED, ContactStatus.ACTIVE, ContactStatus.WRAP_UP)


class Rebuild:
    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def run(self, workspace_id: str) -> int:
        """Rebuild, unless another node is at it; returns how many contacts were loaded (0: left to the other)."""
        name, holder, access = f"routing-rebuild:{workspace_id}", new_id(), Access.system(workspace_id)
        async with self._dispatch.database.unit_of_work(access) as uow:
            lease = await acquire(uow, name, holder, LEASE_S)
            if lease is None:
                return 0
            epoch, agents = await _next_epoch(uow), await describe_agents(uow)
        try:
            return await self._load(workspace_id, epoch, agents, lease)
        except RebuildNeeded:
            log.info("another rebuild of %s took over", workspace_id)
            return 0
        finally:
            async with self._dispatch.database.unit_of_work(access) as uow:
                await release(uow, lease)

    async def _load(self, workspace_id: str, epoch: int, agents: Sequence[AgentDescription], lease: Lease) -> int:
        # Another text under the same version may have been left by the program that ran before.
        await self._dispatch.functions.load()
        count = 0

        async def counted() -> AsyncIterator[ContactTruth]:
            nonlocal count
            async for page in self._pages(workspace_id, lease):
                for truth in page:
                    count += 1
                    yield truth

        outcome = await self._dispatch.functions.rebuild(
            workspace_id, epoch=epoch, agents=agents, contacts=counted(), now_ms=self._dispatch.now_ms()
        )
        log.info("rebuilt routing of %s: epoch %d, %d contacts, %d agents", workspace_id, epoch, count, len(agents))
        for start in range(0, len(outcome.effects), PAGE):
            await self._dispatch.apply(workspace_id, outcome.effects[start : start + PAGE])
        return count

    async def _pages(self, workspace_id: str, lease: Lease) -> AsyncIterator[list[ContactTruth]]:
        after, size = "", PAGE
        while size == PAGE:
            async with self._dispatch.database.unit_of_work(Access.system(workspace_id)) as uow:
                await acquire(uow, lease.name, lease.holder, LEASE_S)
                page = await truths_after(uow, after)
            yield [truth for truth in page if truth.placement is not Placement.GONE]
            size, after = len(page), page[-1].contact.contact_id if page else after


async def truths_after(uow: UnitOfWork, after: str, *, limit: int = PAGE) -> list[ContactTruth]:
    """The next contacts by id that routing may have to know of, as SQL has them."""
    rows = list(
        await uow.session.scalars(
            select(ContactRow)
            .where(ContactRow.status.in_(HELD), ContactRow.id > after)
            .order_by(ContactRow.id)
            .limit(limit)
        )
    )
    settings = await store.routing_settings(uow)
    offers = await _offers_of(uow, [row.id for row in rows if row.status == ContactStatus.OFFERED])
    return [contact_truth(row, settings, offers.get(row.id)) for row in rows]


async def _offers_of(uow: UnitOfWork, contact_ids: Sequence[str]) -> dict[str, OfferRow]:
    rows = await uow.session.scalars(
        select(OfferRow)
        .where(OfferRow.contact_id.in_(contact_ids), OfferRow.outcome == OfferOutcome.PENDING)
        .order_by(OfferRow.fence)
    )
    return {row.contact_id: row for row in rows}


async def _next_epoch(uow: UnitOfWork) -> int:
    epoch: int | None = await uow.session.scalar(
        update(EpochRow).values(epoch=EpochRow.epoch + 1, rebuilt_at=uow.now).returning(EpochRow.epoch)
    )
    if epoch is None:
        epoch = 1
        uow.session.add(EpochRow(epoch=epoch, rebuilt_at=uow.now))
    return epoch
