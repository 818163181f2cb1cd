"""What Redis decided, written to SQL. Applying is idempotent by fence; where SQL contradicts, SQL is right."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update

from kit.clock import from_ms
from kit.unit_of_work import UnitOfWork
from router import store
from router.announcements import agent_changed, contact_changed, offer_changed
from router.contact import ContactStatus, OfferOutcome, Presence
from router.effects import AgentPaused, Effect, Expired, Moved, MoveKind, Offered, Withdrawn
from router.states import HAS_AGENT, WAITS, Happening
from router.tables import AgentRow, ContactRow, OfferRow

RETURN_WAIT = timedelta(seconds=10)
NO_ANSWER = "no_answer"
CANCELLED = "cancelled"


class Applier:
    """Applies effects in one unit of work (system access). `contacts_to_sync` and `agents_to_push` are what SQL
    contradicts: after the commit Redis is told what SQL says."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._agents: set[str] = set()
        self.contacts_to_sync: set[str] = set()
        self.agents_to_push: set[str] = set()

    async def apply(self, effects: Sequence[Effect]) -> None:
        """In the order in which Redis decided them; agents last, so that no two transactions wait in a circle."""
        pauses = [effect for effect in effects if isinstance(effect, AgentPaused)]
        for effect in effects:
            if not isinstance(effect, AgentPaused):
                await _APPLY[type(effect)](self, effect)
        for pause in pauses:
            await self._paused(pause)
        for agent_id in sorted(self._agents):
            await agent_changed(self._uow, agent_id)

    async def _offered(self, effect: Offered) -> None:
        row = await self._offer_contact(effect)
        if row is None:
            await self._check_held(effect.contact_id, effect.fence)
            return
        for older in await store.decide_offers(self._uow, row.id, OfferOutcome.CANCELLED):
            offer_changed(self._uow, older)
            self._agents.add(older.agent_id)
        offer = OfferRow(
            contact_id=row.id,
            agent_id=effect.agent_id,
            fence=effect.fence,
            offered_at=from_ms(effect.offered_at_ms),
            expires_at=from_ms(effect.expires_at_ms),
            outcome=OfferOutcome.PENDING,
            why={**effect.why, "rule_id": row.rule_id, "priority": row.priority},
            sealed=row.sealed,
        )
        self._uow.session.add(offer)
        await self._uow.session.flush()
        offer_changed(self._uow, offer)
        contact_changed(self._uow, row)
        self._agents.add(effect.agent_id)

    async def _offer_contact(self, effect: Offered) -> ContactRow | None:
        newer = ContactRow.fence < effect.fence
        row = await store.try_change(self._uow, effect.contact_id, Happening.OFFER, newer, fence=effect.fence)
        if row is not None:
            return row
        # The end of an earlier offer is still on its way; this one says that it has ended.
        withdrawn = await store.try_change(self._uow, effect.contact_id, Happening.WITHDRAW, newer)
        if withdrawn is None:
            return None
        return await store.try_change(self._uow, effect.contact_id, Happening.OFFER, newer, fence=effect.fence)

    async def _expired(self, effect: Expired) -> None:
        await self._end_offer(effect.contact_id, effect.fence, Happening.EXPIRE, OfferOutcome.EXPIRED)

    async def _withdrawn(self, effect: Withdrawn) -> None:
        if effect.reason == CANCELLED:
            await self._check_cancelled(effect)
        else:
            await self._end_offer(effect.contact_id, effect.fence, Happening.WITHDRAW, OfferOutcome.CANCELLED)

    async def _check_cancelled(self, effect: Withdrawn) -> None:
        row = await self._find(effect.contact_id)
        if row is not None and row.status == ContactStatus.OFFERED and row.fence == effect.fence:
            self.contacts_to_sync.add(row.id)

    async def _end_offer(self, contact_id: str, fence: int, happening: Happening, outcome: OfferOutcome) -> None:
        row = await store.try_change(self._uow, contact_id, happening, ContactRow.fence == fence)
        if row is None:
            await self._outrun(contact_id, fence)
            return
        for offer in await store.decide_offers(self._uow, contact_id, outcome, OfferRow.fence == fence):
            offer_changed(self._uow, offer)
            self._agents.add(offer.agent_id)
        contact_changed(self._uow, row)

    async def _outrun(self, contact_id: str, fence: int) -> None:
        """The offer was never written, or something else ended it before."""
        row = await self._find(contact_id)
        if row is None:
            return
        if row.status in WAITS and row.fence < fence:
            # So that the offer, should it still come, finds a newer fence and stays unwritten.
            await self._uow.session.execute(
                update(ContactRow).where(ContactRow.id == contact_id, ContactRow.fence < fence).values(fence=fence)
            )
        elif row.status in HAS_AGENT and row.fence <= fence:
            self.contacts_to_sync.add(contact_id)

    async def _check_held(self, contact_id: str, fence: int) -> None:
        row = await self._find(contact_id)
        if row is None or row.fence < fence:
            self.contacts_to_sync.add(contact_id)

    async def _moved(self, effect: Moved) -> None:
        values: dict[str, Any] = {}
        conditions: list[ColumnElement[bool]] = [ContactRow.status.in_(WAITS)]
        if effect.kind in (MoveKind.RELAXED, MoveKind.OVERFLOWED):
            values = {"step": effect.step, "queue_id": effect.queue_id}
            conditions.append(ContactRow.step < effect.step)
        elif effect.kind is MoveKind.RETURNED:
            values = {"preferred_agent_id": ContactRow.return_to_id, "preferred_until": self._uow.now + RETURN_WAIT}
            values["return_to_id"] = None
            conditions.append(ContactRow.return_to_id.is_not(None))
        else:
            values = {"preferred_until": None, "return_to_id": None}
            conditions.append(ContactRow.preferred_until.is_not(None))
        row = await self._uow.session.scalar(
            update(ContactRow)
            .where(ContactRow.id == effect.contact_id, *conditions)
            .values(version=ContactRow.version + 1, **values)
            .returning(ContactRow)
            .execution_options(populate_existing=True, synchronize_session=False)
        )
        if row is not None:
            contact_changed(self._uow, row)

    async def _paused(self, effect: AgentPaused) -> None:
        """Not ready only after an offer that the agent could see; else Redis is told that the agent is ready."""
        unanswered = (
            select(OfferRow.id)
            .where(OfferRow.agent_id == effect.agent_id, OfferRow.outcome == OfferOutcome.EXPIRED)
            .where(OfferRow.offered_at >= AgentRow.presence_since, OfferRow.offered_at <= from_ms(effect.at_ms))
            .exists()
        )
        paused = await self._uow.session.scalar(
            update(AgentRow)
            .where(AgentRow.id == effect.agent_id, AgentRow.presence == Presence.READY, unanswered)
            .values(presence=Presence.NOT_READY, reason=NO_ANSWER, pending=None, presence_since=from_ms(effect.at_ms))
            .returning(AgentRow.id)
            .execution_options(synchronize_session=False)
        )
        if paused is not None:
            self._agents.add(effect.agent_id)
        self.agents_to_push.add(effect.agent_id)

    async def _find(self, contact_id: str) -> ContactRow | None:
        found: ContactRow | None = await self._uow.session.scalar(
            select(ContactRow).where(ContactRow.id == contact_id).execution_options(populate_existing=True)
        )
        return found


_APPLY: Mapping[type[Effect], Callable[[Applier, Any], Coroutine[Any, Any, None]]] = {
    Offered: Applier._offered,
    Expired: Applier._expired,
    Withdrawn: Applier._withdrawn,
    Moved: Applier._moved,
}
