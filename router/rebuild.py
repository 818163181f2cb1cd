"""Redis emptied, lost or doubted: filled again from SQL, under a new epoch so that no old fence can win."""

import logging
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import select, update

from kit.access import Access
from kit.ids import new_id
from kit.leases import acquire, release
from kit.unit_of_work import UnitOfWork
from router import store
from router.contact import ContactStatus, OfferOutcome
from router.descriptions import contact_truth
from router.dispatch import Dispatch, describe_agents
from router.effects import ContactTruth, Placement
from router.functions.client import RebuildNeeded
from router.tables import ContactRow, EpochRow, OfferRow

log = logging.getLogger(__name__)

PAGE = 500
LEASE_S = 60.0
HELD = (ContactStatus.QUEUED, ContactStatus.OFFERED, ContactStatus.ACTIVE, ContactStatus.WRAP_UP)


class Rebuild:
    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def run(self, workspace_id: str) -> int:
        """Rebuild, unless another node is at it; returns how many contacts were loaded (0: left to the other)."""
        access, holder = Access.system(workspace_id), new_id()
        async with self._dispatch.database.unit_of_work(access) as uow:
            lease = await acquire(uow, f"routing-rebuild:{workspace_id}", holder, LEASE_S)
            if lease is None:
                return 0
            epoch = await _next_epoch(uow)
            agents = await describe_agents(uow)
        count = 0

        async def counted() -> AsyncIterator[ContactTruth]:
            nonlocal count
            async for truth in self._truths(workspace_id):
                count += 1
                yield truth

        try:
            outcome = await self._dispatch.functions.rebuild(
                workspace_id, epoch=epoch, agents=agents, contacts=counted(), now_ms=self._dispatch.now_ms()
            )
        except RebuildNeeded:
            log.info("another rebuild of %s took over", workspace_id)
            return 0
        finally:
            async with self._dispatch.database.unit_of_work(access) as uow:
                await release(uow, lease)
        log.info("rebuilt routing of %s: epoch %d, %d contacts, %d agents", workspace_id, epoch, count, len(agents))
        await self._dispatch.apply(workspace_id, outcome.effects)
        return count

    async def _truths(self, workspace_id: str) -> AsyncIterator[ContactTruth]:
        after = ""
        while True:
            async with self._dispatch.database.unit_of_work(Access.system(workspace_id), read_only=True) as uow:
                page = await truths_after(uow, after)
            for truth in page:
                if truth.placement is not Placement.GONE:
                    yield truth
            if len(page) < PAGE:
                return
            after = page[-1].contact.contact_id


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
