"""An agent works on a contact: finish, wrap-up with its disposition, resume, spam, close."""

from datetime import timedelta

from kit.errors import Conflict
from kit.unit_of_work import UnitOfWork
from router import store
from router.announcements import agent_changed, contact_changed, offer_changed
from router.contact import ContactStatus, OfferOutcome
from router.dispatch import Dispatch
from router.offers import take_up
from router.pending import settle_pending
from router.sealing import seal
from router.states import Happening
from router.tables import ContactRow, QueueRow

EXTENDED_WRAP_UP = timedelta(seconds=120)
NOT_FILLED_IN = "not_filled_in"
HARASSMENT = "harassment"


class Handling:
    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def finish(self, uow: UnitOfWork, contact_id: str, agent_id: str) -> ContactRow:
        row = await store.contact(uow, contact_id)
        queue = await _queue_of(uow, row)
        row = await self._to_wrap_up(uow, row, agent_id, queue)
        self._done_after(uow, row, blocks=queue.wrap_up_blocks)
        await self._settle(uow, agent_id)
        return row

    async def _to_wrap_up(self, uow: UnitOfWork, row: ContactRow, agent_id: str, queue: QueueRow) -> ContactRow:
        until = uow.now + timedelta(seconds=queue.wrap_up_s)
        row = await store.change_own(uow, row.id, agent_id, Happening.FINISH, wrap_up_until=until)
        interaction = await store.open_interaction(uow, row.id)
        if interaction is not None:
            interaction.handled_at = uow.now
        contact_changed(uow, row)
        self._dispatch.release(uow, row)
        return row

    async def _settle(self, uow: UnitOfWork, agent_id: str) -> None:
        await settle_pending(uow, self._dispatch, agent_id)
        await agent_changed(uow, agent_id)

    def _done_after(self, uow: UnitOfWork, row: ContactRow, *, blocks: bool) -> None:
        agent_id, contact_id, fence = row.agent_id or "", row.id, row.fence
        dispatch, workspace_id = self._dispatch, uow.workspace_id
        dispatch.after(
            uow,
            lambda: dispatch.functions.done(
                workspace_id, contact_id, agent_id, fence, now_ms=dispatch.now_ms(), wrap_up_blocks=blocks
            ),
            contact_id=contact_id,
        )

    async def extend_wrap_up(self, uow: UnitOfWork, contact_id: str, agent_id: str) -> ContactRow:
        row = await store.contact(uow, contact_id)
        interaction, queue = await store.open_interaction(uow, contact_id), await _queue_of(uow, row)
        own = row.status == ContactStatus.WRAP_UP and row.agent_id == agent_id
        if not own or interaction is None or interaction.handled_at is None or row.wrap_up_until is None:
            raise Conflict("This contact is not in your wrap-up.", code="wrong_status", status_now=row.status)
        if row.wrap_up_until > interaction.handled_at + timedelta(seconds=queue.wrap_up_s):
            raise Conflict("A wrap-up is extended once.", code="already_extended")
        row.wrap_up_until = interaction.handled_at + EXTENDED_WRAP_UP
        row.version += 1
        contact_changed(uow, row)
        return row

    async def dispose(self, uow: UnitOfWork, contact_id: str, agent_id: str, disposition: str, note: str) -> ContactRow:
        await store.require_choice(uow, "disposition", disposition)
        row = await store.contact(uow, contact_id)
        return await self._dispose(uow, row, agent_id, disposition, note)

    async def expire_wrap_up(self, uow: UnitOfWork, row: ContactRow) -> None:
        """Time is over: never a guess, it is recorded that nothing was filled in."""
        if row.status == ContactStatus.WRAP_UP:
            await self._dispose(uow, row, row.agent_id or "", NOT_FILLED_IN, "")

    async def _dispose(
        self, uow: UnitOfWork, row: ContactRow, agent_id: str, disposition: str, note: str
    ) -> ContactRow:
        queue = await _queue_of(uow, row)
        holds_slot = row.status == ContactStatus.ACTIVE or queue.wrap_up_blocks
        if row.status == ContactStatus.ACTIVE:
            row = await self._to_wrap_up(uow, row, agent_id, queue)
        row = await self._close_wrap_up(uow, row, agent_id, disposition, note)
        if holds_slot:
            self._done_after(uow, row, blocks=False)
        await self._settle(uow, agent_id)
        return row

    async def _close_wrap_up(
        self, uow: UnitOfWork, row: ContactRow, agent_id: str, disposition: str, note: str
    ) -> ContactRow:
        row = await store.change_own(
            uow,
            row.id,
            agent_id,
            Happening.DISPOSE,
            disposition=disposition,
            closed_at=uow.now,
            wrap_up_until=None,
            unread=0,
        )
        interaction = await store.open_interaction(uow, row.id)
        if interaction is not None:
            interaction.ended_at, interaction.ended_by = uow.now, "finished"
            interaction.disposition, interaction.note = disposition, note
        contact_changed(uow, row)
        return row

    async def resume(self, uow: UnitOfWork, contact_id: str, agent_id: str) -> ContactRow:
        row = await store.change_own(uow, contact_id, agent_id, Happening.RESUME, parked_until=None, park_reason=None)
        return await self._go_on(uow, row)

    async def reopen(self, uow: UnitOfWork, row: ContactRow) -> None:
        """The citizen wrote again during the wrap-up, and the agent is still there."""
        changed = await store.try_change(uow, row.id, Happening.REOPEN, wrap_up_until=None)
        if changed is not None:
            await self._go_on(uow, changed)

    async def _go_on(self, uow: UnitOfWork, row: ContactRow) -> ContactRow:
        interaction = await store.open_interaction(uow, row.id)
        if interaction is not None:
            take_up(uow, interaction)
        contact_changed(uow, row)
        await agent_changed(uow, row.agent_id)
        self._dispatch.after_sync(uow, row.id)
        return row

    async def seal(self, uow: UnitOfWork, contact_id: str, reason: str) -> bool:
        if not await seal(uow, contact_id, reason):
            return False
        with uow.seeing_sealed():
            await self._take_back(uow, contact_id)
        self._dispatch.after_sync(uow, contact_id)
        return True

    async def _take_back(self, uow: UnitOfWork, contact_id: str) -> None:
        """An offer was made to somebody who may not see it any more."""
        row = await store.try_change(uow, contact_id, Happening.WITHDRAW)
        if row is not None:
            for offer in await store.decide_offers(uow, contact_id, OfferOutcome.CANCELLED):
                offer_changed(uow, offer)
                await agent_changed(uow, offer.agent_id)
            contact_changed(uow, row)

    async def spam(self, uow: UnitOfWork, contact_id: str, agent_id: str) -> ContactRow:
        row = await store.contact(uow, contact_id)
        if row.status in (ContactStatus.ACTIVE, ContactStatus.WRAP_UP):
            return await self.dispose(uow, contact_id, agent_id, HARASSMENT, "")
        return await self.close(uow, contact_id, HARASSMENT)

    async def close(self, uow: UnitOfWork, contact_id: str, disposition: str) -> ContactRow:
        await store.require_choice(uow, "disposition", disposition, by_person=False)
        before = await store.contact(uow, contact_id)
        row = await store.try_change(
            uow, contact_id, Happening.CLOSE, disposition=disposition, closed_at=uow.now, parked_until=None, unread=0
        )
        if row is None:
            raise Conflict(
                f"The contact is {before.status}; it cannot be closed so.",
                code="wrong_status",
                status_now=before.status,
            )
        await self._end_waiting(uow, row)
        return row

    async def _end_waiting(self, uow: UnitOfWork, row: ContactRow) -> None:
        interaction = await store.open_interaction(uow, row.id)
        if interaction is not None:
            interaction.handled_at = interaction.handled_at or interaction.parked_at or uow.now
            interaction.ended_at, interaction.ended_by, interaction.disposition = uow.now, "finished", row.disposition
        await cancel_waiting(uow, self._dispatch, row)


async def _queue_of(uow: UnitOfWork, row: ContactRow) -> QueueRow:
    queue = await uow.session.get(QueueRow, row.queue_id) if row.queue_id else None
    if queue is None:
        raise Conflict("This contact has no queue yet.", code="wrong_status", status_now=row.status)
    return queue


async def cancel_waiting(uow: UnitOfWork, dispatch: Dispatch, row: ContactRow) -> None:
    """A contact that waited has just ended: its offers are void and routing forgets it."""
    for offer in await store.decide_offers(uow, row.id, OfferOutcome.CANCELLED):
        offer_changed(uow, offer)
        await agent_changed(uow, offer.agent_id)
    contact_changed(uow, row)
    workspace_id, contact_id = uow.workspace_id, row.id
    dispatch.after(uow, lambda: dispatch.functions.cancel(workspace_id, contact_id, now_ms=dispatch.now_ms()))
