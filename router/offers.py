"""An agent answers an offer. SQL decides who was first; Redis hears of it after the commit."""

from sqlalchemy import ColumnElement, func, select

from kit.errors import Conflict
from kit.unit_of_work import UnitOfWork
from router import store
from router.announcements import agent_changed, contact_changed, offer_changed
from router.contact import ContactStatus, OfferOutcome
from router.dispatch import Dispatch
from router.states import Happening
from router.tables import ContactRow, InteractionRow, OfferRow

PASSED_ON = "passed_on"


class Offers:
    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def accept(self, uow: UnitOfWork, contact_id: str, agent_id: str, fence: int) -> ContactRow:
        row = await store.try_change(
            uow,
            contact_id,
            Happening.ACCEPT,
            ContactRow.fence == fence,
            _has_offer(uow, contact_id, agent_id, fence),
            agent_id=agent_id,
            accepted_at=func.coalesce(ContactRow.accepted_at, uow.now),
            return_to_id=None,
            preferred_until=None,
        )
        if row is None:
            return await self._accepted_before(uow, contact_id, agent_id, fence)
        offers = await store.decide_offers(uow, contact_id, OfferOutcome.ACCEPTED, OfferRow.fence == fence)
        for offer in offers:
            offer_changed(uow, offer)
        await self._begin_interaction(uow, row, agent_id, offers[0].id if offers else None)
        contact_changed(uow, row)
        await agent_changed(uow, agent_id)
        self._accept_after(uow, row, agent_id, fence)
        self._dispatch.connect(uow, row)
        return row

    async def _accepted_before(self, uow: UnitOfWork, contact_id: str, agent_id: str, fence: int) -> ContactRow:
        row = await store.contact(uow, contact_id)
        if row.status == ContactStatus.ACTIVE and row.fence == fence and row.agent_id == agent_id:
            return row
        raise Conflict("This offer is gone.", code="offer_gone", contact_status=row.status, agent_id=row.agent_id)

    async def _begin_interaction(self, uow: UnitOfWork, row: ContactRow, agent_id: str, offer_id: str | None) -> None:
        """A new one, or the same agent's own that was parked."""
        earlier = await store.open_interaction(uow, row.id)
        if earlier is not None and earlier.agent_id == agent_id:
            take_up(uow, earlier)
            return
        if earlier is not None:
            earlier.ended_at, earlier.ended_by = uow.now, PASSED_ON
        uow.session.add(
            InteractionRow(
                contact_id=row.id,
                agent_id=agent_id,
                offer_id=offer_id,
                accepted_at=uow.now,
                parked_s=0,
                sealed=row.sealed,
            )
        )

    def _accept_after(self, uow: UnitOfWork, row: ContactRow, agent_id: str, fence: int) -> None:
        dispatch, workspace_id, contact_id = self._dispatch, uow.workspace_id, row.id
        dispatch.after(
            uow,
            lambda: dispatch.functions.accept(workspace_id, contact_id, agent_id, fence, now_ms=dispatch.now_ms()),
            contact_id=contact_id,
        )

    async def decline(self, uow: UnitOfWork, contact_id: str, agent_id: str, fence: int, reason: str) -> ContactRow:
        await store.require_choice(uow, "decline", reason)
        row = await store.try_change(
            uow,
            contact_id,
            Happening.DECLINE,
            ContactRow.fence == fence,
            _has_offer(uow, contact_id, agent_id, fence),
        )
        if row is None:
            now = await store.contact(uow, contact_id)
            raise Conflict("This offer is gone.", code="offer_gone", contact_status=now.status, agent_id=now.agent_id)
        for offer in await store.decide_offers(
            uow, contact_id, OfferOutcome.DECLINED, OfferRow.fence == fence, reason=reason
        ):
            offer_changed(uow, offer)
        contact_changed(uow, row)
        await agent_changed(uow, agent_id)
        dispatch, workspace_id = self._dispatch, uow.workspace_id
        dispatch.after(
            uow,
            lambda: dispatch.functions.decline(workspace_id, contact_id, agent_id, fence, now_ms=dispatch.now_ms()),
            contact_id=contact_id,
        )
        return row


def _has_offer(uow: UnitOfWork, contact_id: str, agent_id: str, fence: int) -> ColumnElement[bool]:
    return (
        select(OfferRow.id)
        .where(OfferRow.contact_id == contact_id, OfferRow.fence == fence, OfferRow.agent_id == agent_id)
        .where(OfferRow.outcome == OfferOutcome.PENDING, OfferRow.expires_at > uow.now)
        .exists()
    )


def take_up(uow: UnitOfWork, interaction: InteractionRow) -> None:
    """The agent goes on: the pause does not count as handling."""
    if interaction.parked_at is not None:
        interaction.parked_s += store.elapsed_s(interaction.parked_at, uow.now)
        interaction.parked_at = None
    interaction.handled_at = None
