"""The router's use cases, as the rooms above call them.

Methods with `uow` take part in the caller's transaction and never commit: SQL is changed there, the routing
functions are called after the commit and what they decide is applied in a transaction of its own. Methods with
`workspace_id` own their transaction. Raises of all: `NotFound` for ids that the access cannot see, `Conflict` when the
contact or agent is in another state by now (nothing was changed then), `Invalid` for arguments that make no sense.

Events (audience `desk`): `contact` {id, status, agent_id, previous_agent_id, queue_id, channel}, `offer` {id,
contact_id, agent_id, fence, outcome, expires_at}, `agent` {id, presence, reason, pending}. The citizen's side hears of
its live contacts too (audience `chat:<thread id>`, entity `contact`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from kit.access import Access
from kit.unit_of_work import Database, UnitOfWork
from router import store, waits
from router.board import board
from router.candidates import candidates
from router.contact import ContactRequest, Presence
from router.defaults import seed_routing
from router.dispatch import Dispatch
from router.functions.client import RoutingFunctions
from router.handling import Handling
from router.holding import Holding
from router.offers import Offers
from router.passing import Passing
from router.placing import Placing
from router.ports import LiveConnector
from router.presence import PresenceDesk
from router.rebuild import Rebuild
from router.results import (
    AgentStanding,
    Board,
    Decision,
    Entry,
    LevelChange,
    OpenState,
    Placed,
    SkillsPreview,
    Standing,
    WaitRange,
)
from router.skill_matrix import SkillMatrix
from router.standings import agent_standings
from router.sweeper import Sweeper
from router.tables import ContactRow, SkillChangeRow


class Router:
    """One for each process. `connectors` by channel: who tells the citizen that an agent came or went."""

    def __init__(
        self, *, database: Database, functions: RoutingFunctions, connectors: Mapping[str, LiveConnector] | None = None
    ) -> None:
        self._dispatch = Dispatch(database, functions, {} if connectors is None else connectors)
        self._offers = Offers(self._dispatch)
        self._handling = Handling(self._dispatch)
        self._passing = Passing(self._dispatch)
        self._placing = Placing(self._dispatch, self._passing, self._handling)
        self._holding = Holding(self._placing, self._handling)
        self._presence = PresenceDesk(self._dispatch, self._passing)
        self._matrix = SkillMatrix(self._dispatch)
        self._rebuild = Rebuild(self._dispatch)
        self.timers = Sweeper(
            self._dispatch,
            placing=self._placing,
            passing=self._passing,
            handling=self._handling,
            presence=self._presence,
            rebuild=self._rebuild,
        )

    # Contacts come in.

    async def decide(self, uow: UnitOfWork, request: ContactRequest) -> Decision:
        """What the rules say about `request`: ask before writing rows, so that all of them are sealed when it seals."""
        return await self._placing.decide(uow, request)

    async def place(
        self,
        uow: UnitOfWork,
        contact: ContactRow,
        request: ContactRequest,
        *,
        decision: Decision | None = None,
        hold: bool = False,
    ) -> Placed:
        """Route a new contact whose row is in `uow.session` (status RECEIVED, citizen, thread and sender set).

        Sets queue, requirements, priority, seal, preferred agent (who served this citizen last) and due time, and
        queues it. A live contact for a closed queue stays RECEIVED until the calendar opens. With `hold` it gets none
        of these and stays RECEIVED, whatever the calendar, until `open_held`: a call is in the IVR first.
        """
        return await self._placing.place(uow, contact, request, decision, hold=hold)

    async def open_held(self, uow: UnitOfWork, contact_id: str, entry: Entry) -> ContactRow:
        """Queue a contact that was placed with `hold`. Raises `Conflict` code `wrong_status` when it waits no more."""
        return await self._holding.open(uow, contact_id, entry)

    async def append_inbound(self, uow: UnitOfWork, contact: ContactRow) -> None:
        """The citizen wrote again on an open contact: unread grows; parked wakes, wrap-up is taken up again."""
        await self._placing.append_inbound(uow, contact)

    async def abandon(self, uow: UnitOfWork, contact_id: str) -> None:
        """The citizen left. Waiting becomes ABANDONED, active goes to wrap-up; anything else is left as it is."""
        await self._placing.abandon(uow, contact_id)

    # An agent handles a contact.

    async def accept(self, uow: UnitOfWork, contact_id: str, agent_id: str, fence: int) -> ContactRow:
        """Take an offer. Of any number who try, the one whose update finds the row wins.

        Raises `Conflict` code `offer_gone` with `status` and `agent_id` (who has it now, or None). Repeating an accept
        that won is harmless.
        """
        return await self._offers.accept(uow, contact_id, agent_id, fence)

    async def decline(self, uow: UnitOfWork, contact_id: str, agent_id: str, fence: int, reason: str) -> None:
        """Give an offer back; the contact keeps its place. `reason`: a key of the list `decline`."""
        await self._offers.decline(uow, contact_id, agent_id, fence, reason)

    async def finish(self, uow: UnitOfWork, contact_id: str, agent_id: str) -> ContactRow:
        """ACTIVE to WRAP_UP; the slot is freed unless the queue's wrap-up blocks (voice)."""
        return await self._handling.finish(uow, contact_id, agent_id)

    async def extend_wrap_up(self, uow: UnitOfWork, contact_id: str, agent_id: str) -> ContactRow:
        """Once for each wrap-up that blocks: 120 s from now."""
        return await self._handling.extend_wrap_up(uow, contact_id, agent_id)

    async def dispose(
        self, uow: UnitOfWork, contact_id: str, agent_id: str, disposition: str, note: str = ""
    ) -> ContactRow:
        """Close an active contact or one in wrap-up. `disposition`: a key of the list `disposition`."""
        return await self._handling.dispose(uow, contact_id, agent_id, disposition, note)

    async def park(self, uow: UnitOfWork, contact_id: str, agent_id: str, until: datetime, reason: str) -> ContactRow:
        """ACTIVE to PARKED until `until` (aware, in the future) or until the citizen writes; frees the slot."""
        return await self._passing.park(uow, contact_id, agent_id, until, reason)

    async def resume(self, uow: UnitOfWork, contact_id: str, agent_id: str) -> ContactRow:
        """The agent who parked it takes it up again at once."""
        return await self._handling.resume(uow, contact_id, agent_id)

    async def transfer(
        self,
        uow: UnitOfWork,
        contact_id: str,
        agent_id: str,
        to: Literal["agent", "queue", "skill"],
        target_id: str,
        *,
        level: int = 5,
        note: str = "",
    ) -> ContactRow:
        """Pass an active contact on; it keeps its entry time. To an agent: reserved for 20 s, then it comes back.

        Raises `Conflict` code `agent_not_available` when the agent is not ready or not connected, code
        `agent_not_cleared` when the contact is sealed and the agent lacks a confidential skill that it requires.
        """
        return await self._passing.transfer(uow, contact_id, agent_id, to, target_id, level, note)

    async def candidates(self, uow: UnitOfWork, contact_id: str, queue_id: str) -> list[str]:
        """Agents whom this queue would offer an active contact to now, the best first; changes nothing.

        Free for its channel and skilled, first those who meet what is asked from the beginning, then as waiting would
        lower it; for a sealed contact or queue cleared ones only. An agent on a leg of their own (`occupy`) is among
        them. Raises `NotFound` code `unknown_queue`.
        """
        return await candidates(uow, contact_id, queue_id)

    async def seal(self, uow: UnitOfWork, contact_id: str, reason: str) -> bool:
        """It turned out to be a confidential report: seal it with all that belongs to it, see `router.sealing`.

        False when it was sealed before. Whoever has it keeps it; a transfer to a sealed queue or to the skill of
        confidential reports seals by itself.
        """
        return await self._handling.seal(uow, contact_id, reason)

    async def spam(self, uow: UnitOfWork, contact_id: str, agent_id: str) -> ContactRow:
        """Close a waiting contact, or an active one of this agent, as harassment: without a receipt."""
        return await self._handling.spam(uow, contact_id, agent_id)

    async def close(self, uow: UnitOfWork, contact_id: str, disposition: str) -> ContactRow:
        """Close a contact that waits or is parked: answered elsewhere, merged, withdrawn."""
        return await self._handling.close(uow, contact_id, disposition)

    # Presence.

    async def register_agent(self, uow: UnitOfWork, account_id: str, *, group_name: str = "") -> None:
        """Make an account one that handles contacts; repeating is harmless."""
        await self._presence.register(uow, account_id, group_name)

    async def set_presence(
        self, workspace_id: str, agent_id: str, presence: Presence, reason: str | None = None
    ) -> AgentStanding:
        """Owns its transaction. Not ready during a live contact is pending: no new offers, effective after it.

        `reason`: a key of the list `not_ready`, required for not ready. Offline puts active contacts back to the queue.
        """
        await self._presence.choose(workspace_id, agent_id, presence, reason)
        return await self._standing(workspace_id, agent_id)

    async def agent_connected(self, workspace_id: str, agent_id: str) -> None:
        """Owns its transaction. Call when a desk socket opens and every 8 s while it lives (lease 25 s)."""
        await self._presence.connected(workspace_id, agent_id)

    async def agent_disconnected(self, workspace_id: str, agent_id: str) -> None:
        """The last socket of this process for the agent closed: no new offers; the lease runs out by itself."""
        await self._presence.disconnected(workspace_id, agent_id)

    async def occupy(self, workspace_id: str, agent_id: str, leg_id: str) -> bool:
        """Mark an agent busy for a call outside the line (consult, dial-out); False: on a call or called already."""
        return await self._dispatch.functions.occupy(workspace_id, agent_id, leg_id, now_ms=self._dispatch.now_ms())

    async def vacate(self, workspace_id: str, agent_id: str, leg_id: str) -> None:
        """Ends `occupy`; what waits may be offered to the agent at once. Repeating is harmless."""
        dispatch = self._dispatch
        await dispatch.carry(
            workspace_id, lambda: dispatch.functions.vacate(workspace_id, agent_id, leg_id, now_ms=dispatch.now_ms())
        )

    async def force_logout(
        self, workspace_id: str, agent_id: str, *, by: str, after_contact: bool = False
    ) -> AgentStanding:
        """Owns its transaction. Offline now, all active contacts back in their places; or after the live contact."""
        await self._presence.log_out(workspace_id, agent_id, by=by, after_contact=after_contact)
        return await self._standing(workspace_id, agent_id)

    async def _standing(self, workspace_id: str, agent_id: str) -> AgentStanding:
        access = Access.system(workspace_id)
        async with self._dispatch.database.unit_of_work(access, read_only=True) as uow:
            return (await agent_standings(uow, [agent_id]))[0]

    async def agents(self, uow: UnitOfWork, agent_ids: Sequence[str] | None = None) -> list[AgentStanding]:
        """How these agents (default: all) stand."""
        return await agent_standings(uow, agent_ids)

    # Skills.

    async def set_skills(
        self, uow: UnitOfWork, changes: Sequence[LevelChange], *, reason: str, based_on: str
    ) -> SkillChangeRow | None:
        """Save levels, with what it takes to undo them; None when nothing differs. `based_on`: `skills_version`.

        Raises `Conflict` code `skills_changed` when somebody saved in between.
        """
        return await self._matrix.save(uow, changes, reason, based_on)

    async def undo_skills(self, uow: UnitOfWork, change_id: str) -> SkillChangeRow:
        """Put back the levels before a saved change. Raises `Conflict` when one of them has changed again."""
        return await self._matrix.undo(uow, change_id)

    async def skills_version(self, uow: UnitOfWork) -> str:
        """Changes with every saved change."""
        return await self._matrix.version(uow)

    async def levels(self, uow: UnitOfWork) -> dict[str, dict[str, int]]:
        """Levels by agent id and skill id."""
        return await store.levels(uow)

    async def preview_skills(self, uow: UnitOfWork, changes: Sequence[LevelChange]) -> SkillsPreview:
        """What `changes` would do to each requirement set in use, and whom nobody could serve then."""
        return await self._matrix.preview(uow, changes)

    # Figures.

    async def board(self, uow: UnitOfWork) -> Board:
        """Queues (of those the access may see), agents and alarms right now."""
        return await board(uow)

    async def expected_wait(self, uow: UnitOfWork, queue_id: str) -> WaitRange | None:
        """For a contact that would enter now; None while nobody who could take it is here."""
        return await waits.expected_wait(uow, queue_id)

    async def position(self, uow: UnitOfWork, contact_id: str) -> Standing:
        """Where a contact stands."""
        return await waits.position(uow, contact_id)

    async def opening(self, uow: UnitOfWork, queue_id: str) -> OpenState:
        """Whether the queue's calendar is open now."""
        queue = (await store.routing_settings(uow)).queue(queue_id)
        return (await store.calendars(uow))[queue.calendar].open_state(uow.now)

    # Housekeeping.

    async def seed(self, uow: UnitOfWork) -> None:
        """Skills, queues, rules and word lists of a new workspace; repeating adds only what is missing."""
        await seed_routing(uow)

    async def rebuild(self, workspace_id: str) -> int:
        """Owns its transactions. Fill Redis from SQL under a new epoch; returns how many contacts it holds."""
        return await self._rebuild.run(workspace_id)

    async def run_timers(self) -> None:
        """Until cancelled: ticks, leases, wake dates, wrap-ups, left-over effects, orphans. Any number may run."""
        await self.timers.run()
