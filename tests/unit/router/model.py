"""What the routing functions must do, written to be read: plain Python, no Redis, every decision by looking at all.

Ties are broken as the library does it in worlds of up to ten agents: by the order in which agents were introduced.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from router.contact import ChannelClass
from router.effects import (
    SQL_GRACE_MS,
    AgentDescription,
    AgentPaused,
    Capacity,
    ContactDescription,
    ContactTruth,
    Effect,
    Expired,
    Moved,
    MoveKind,
    Offered,
    Placement,
    Preferred,
    RoutingPresence,
    Strategy,
    Withdrawn,
)
from tests.unit.router.model_state import DIRECT_MS, EXCLUDED_MS, PREFERRED_MS, READY, Agent, Contact

HELD = {Placement.OFFERED: "o", Placement.ACTIVE: "a", Placement.WRAP_UP: "w"}


class Model:
    """One workspace. Each method is one function of the library and returns (applied, effects)."""

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.contacts: dict[str, Contact] = {}
        self.fence = 0
        self.now = 0
        self.effects: list[Effect] = []

    # Daily business

    def enqueue(self, described: ContactDescription) -> bool:
        if described.contact_id in self.contacts:
            return False
        self._place(self._new(described))
        return True

    def accept(self, contact_id: str, agent_id: str, fence: int) -> bool:
        contact = self._held(contact_id, agent_id, fence, "oa")
        if contact is None:
            return False
        if contact.state == "o":
            contact.state = "a"
            self.agents[agent_id].pending = None
            self._settle(agent_id)
        return True

    def decline(self, contact_id: str, agent_id: str, fence: int) -> bool:
        contact = self._held(contact_id, agent_id, fence, "o")
        if contact is None:
            return False
        self._release(contact)
        contact.excluded[agent_id] = self.now + EXCLUDED_MS
        self._place(contact)
        self._settle(agent_id)
        return True

    def done(
        self, contact_id: str, agent_id: str, fence: int, *, wrap_up_blocks: bool = False, states: str = "aw"
    ) -> bool:
        contact = self._held(contact_id, agent_id, fence, states)
        if contact is None:
            return False
        if wrap_up_blocks:
            contact.state = "w"
            return True
        del self.contacts[contact_id]
        self._release(contact)
        self.agents[agent_id].idle_ms = self.now
        self._settle(agent_id)
        return True

    def park(self, contact_id: str, agent_id: str, fence: int) -> bool:
        return self.done(contact_id, agent_id, fence, states="a")

    def cancel(self, contact_id: str) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None or contact.state not in "qro":
            return False
        del self.contacts[contact_id]
        if contact.state == "o":
            self._settle(self._withdraw(contact, "cancelled"))
        return True

    def transfer(self, described: ContactDescription, agent_id: str, fence: int) -> bool:
        old = self._held(described.contact_id, agent_id, fence, "aw")
        if old is None:
            return False
        self._release(old)
        self.agents[agent_id].idle_ms = self.now
        contact = self._new(described)
        if contact.preferred is None or contact.preferred.return_to != agent_id:
            contact.excluded[agent_id] = self.now + EXCLUDED_MS
        self._place(contact)
        self._settle(agent_id)
        return True

    def requeue(self, described: ContactDescription) -> bool:
        old = self.contacts.get(described.contact_id)
        if old is None or old.state not in "qro":
            return False
        freed = self._withdraw(old, "requeued") if old.state == "o" else None
        contact = self._new(described)
        contact.excluded = old.excluded
        self._place(contact)
        if freed:
            self._settle(freed)
        return True

    def occupy(self, agent_id: str, leg_id: str) -> bool:
        agent = self.agents[agent_id]
        if leg_id not in agent.legs and (agent.legs or agent.used[ChannelClass.VOICE]):
            return False
        agent.legs.add(leg_id)
        self._list(agent)
        return True

    def vacate(self, agent_id: str, leg_id: str) -> bool:
        agent = self.agents[agent_id]
        agent.legs.discard(leg_id)
        agent.idle_ms = self.now
        self._settle(agent_id)
        return True

    def presence(self, agent_id: str, presence: RoutingPresence) -> bool:
        agent = self.agents[agent_id]
        if presence == READY and agent.presence != READY:
            agent.idle_ms = self.now
        agent.presence = presence
        if agent.pending and presence in (RoutingPresence.OFFLINE, RoutingPresence.LOST):
            contact = self.contacts[agent.pending]
            self._withdraw(contact, str(presence))
            self._place(contact)
        self._settle(agent_id)
        return True

    def skills(self, agent_id: str, skills: Mapping[str, int], capacity: Capacity) -> bool:
        agent = self.agents[agent_id]
        agent.skills, agent.capacity = dict(skills), capacity
        self._settle(agent_id)
        return True

    # Upkeep

    def tick(self, limit: int) -> bool:
        """Whether more is due."""
        due = sorted(
            (moment, contact_id)
            for contact_id, contact in self.contacts.items()
            if (moment := contact.due_ms()) is not None and moment <= self.now
        )
        for _, contact_id in due[:limit]:
            contact = self.contacts[contact_id]
            if contact.state == "o":
                self._expire(contact)
            else:
                self._place(contact)
        return len(due) > limit

    def sync(self, truth: ContactTruth) -> bool:
        old = self.contacts.pop(truth.contact.contact_id, None)
        contact = self._new(truth.contact)
        if old:
            self._detach(old, truth)
            contact.excluded = old.excluded
        if truth.placement in HELD and truth.agent_id in self.agents:
            self._hold(contact, truth)
        elif truth.placement == Placement.GONE:
            del self.contacts[truth.contact.contact_id]
        else:
            self._place(contact)
        for agent_id in (old.agent_id if old else None, truth.agent_id):
            if agent_id in self.agents:
                self._settle(agent_id)
        return True

    def rebuild(self, epoch: int, agents: Iterable[AgentDescription], truths: Iterable[ContactTruth]) -> None:
        self.fence, self.agents, self.contacts = epoch << 32, {}, {}
        for described in agents:
            self.introduce(described)
        for truth in truths:
            contact = self._new(truth.contact)
            if truth.placement in HELD and truth.agent_id in self.agents:
                self._hold(contact, truth)
            else:
                self._wait(contact)
        for agent_id in self.agents:
            self._settle(agent_id)

    def introduce(self, described: AgentDescription) -> None:
        self.agents[described.agent_id] = Agent(
            agent_id=described.agent_id,
            number=len(self.agents),
            skills=dict(described.skills),
            capacity=described.capacity,
            presence=described.presence,
            idle_ms=described.idle_since_ms,
            legs=set(described.occupied_by),
        )

    # Decisions

    def agent_for(self, contact: Contact) -> tuple[Agent | None, int]:
        """The agent who should have the contact, and how many could."""
        free = [
            agent
            for agent in self.agents.values()
            if contact.channel_class in agent.findable
            and agent.free(contact.channel_class)
            and agent.meets(contact.requirements)
            and not contact.excludes(agent.agent_id, self.now)
        ]

        def rank(agent: Agent) -> tuple[int, int, int]:
            best = contact.described.plan.strategy == Strategy.BEST and contact.requirements
            level = min(agent.skills[skill] for skill in contact.requirements) if best else 0
            return (-level, agent.idle_ms, agent.number)

        return min(free, key=rank, default=None), len(free)

    def contact_for(self, agent: Agent) -> Contact | None:
        """The waiting contact with the lowest score that the agent may have."""
        takes = (contact for contact in self.contacts.values() if self.may_take(agent, contact))
        return min(takes, key=lambda contact: contact.score, default=None)

    def may_take(self, agent: Agent, contact: Contact) -> bool:
        if not agent.free(contact.channel_class) or contact.excludes(agent.agent_id, self.now):
            return False
        if contact.state == "r":
            return contact.preferred is not None and contact.preferred.agent_id == agent.agent_id
        return contact.state == "q" and agent.meets(contact.requirements)

    # Steps of the above

    def _new(self, described: ContactDescription) -> Contact:
        preferred = described.preferred
        if preferred:
            longest = DIRECT_MS if preferred.direct else PREFERRED_MS
            preferred = replace(preferred, until_ms=min(preferred.until_ms, self.now + longest))
        contact = Contact(described, min(described.step, len(described.plan.steps)), preferred)
        self.contacts[described.contact_id] = contact
        return contact

    def _held(self, contact_id: str, agent_id: str, fence: int, states: str) -> Contact | None:
        contact = self.contacts.get(contact_id)
        same = contact and contact.state in states and contact.agent_id == agent_id and contact.fence == fence
        return contact if same else None

    def _place(self, contact: Contact) -> None:
        contact.excluded = {agent: until for agent, until in contact.excluded.items() if until > self.now}
        self._apply_steps(contact)
        while contact.preferred:
            agent = self.agents.get(contact.preferred.agent_id)
            if agent and self._may_keep(contact, agent):
                if contact.channel_class in agent.findable:
                    self._offer(contact, agent, "contact", 1)
                else:
                    self._await(contact, "r")
                return
            self._drop_preferred(contact)
        found, free = self.agent_for(contact)
        if found:
            self._offer(contact, found, "contact", free)
        else:
            self._await(contact, "q")

    def _wait(self, contact: Contact) -> None:
        self._apply_steps(contact)
        agent = self.agents.get(contact.preferred.agent_id) if contact.preferred else None
        if agent and self._may_keep(contact, agent):
            self._await(contact, "r")
        else:
            contact.preferred = None
            self._await(contact, "q")

    def _await(self, contact: Contact, state: str) -> None:
        contact.state, contact.agent_id, contact.fence = state, None, 0

    def _may_keep(self, contact: Contact, agent: Agent) -> bool:
        preferred = contact.preferred
        return (
            preferred is not None
            and agent.presence == READY
            and agent.slots(contact.channel_class) > 0
            and preferred.until_ms > self.now
            and not contact.excludes(agent.agent_id, self.now)
            and (preferred.direct or agent.meets(contact.requirements))
        )

    def _drop_preferred(self, contact: Contact) -> None:
        preferred = contact.preferred
        if preferred and preferred.return_to:
            contact.preferred = Preferred(agent_id=preferred.return_to, until_ms=self.now + PREFERRED_MS, direct=True)
            self._moved(contact, MoveKind.RETURNED)
        else:
            if contact.state == "r" or (preferred and preferred.direct):
                self._moved(contact, MoveKind.PREFERRED_EXPIRED)
            contact.preferred = None

    def _apply_steps(self, contact: Contact) -> None:
        steps = contact.described.plan.steps
        while contact.step < len(steps):
            if contact.described.queued_at_ms + steps[contact.step].after_s * 1000 > self.now:
                return
            queue_id = contact.queue_id
            contact.step += 1
            self._moved(contact, MoveKind.RELAXED if contact.queue_id == queue_id else MoveKind.OVERFLOWED)

    def _moved(self, contact: Contact, kind: MoveKind) -> None:
        self._say(Moved, contact, kind=kind, step=contact.step, queue_id=contact.queue_id)

    def _say(self, effect: Callable[..., Effect], contact: Contact, **more: Any) -> None:
        self.effects.append(effect(event_id="", contact_id=contact.described.contact_id, **more))

    def _offer(self, contact: Contact, agent: Agent, found_by: str, free: int) -> None:
        self.fence += 1
        contact.state, contact.agent_id, contact.fence = "o", agent.agent_id, self.fence
        expires_ms = self.now + contact.described.plan.ring_timeout_s * 1000
        contact.offer_due_ms = expires_ms + SQL_GRACE_MS
        agent.used[contact.channel_class] += 1
        agent.pending, agent.idle_ms = contact.described.contact_id, self.now
        self._list(agent)
        self._say(
            Offered,
            contact,
            agent_id=agent.agent_id,
            fence=contact.fence,
            offered_at_ms=self.now,
            expires_at_ms=expires_ms,
            why={
                "eligible": sum(other.meets(contact.requirements) for other in self.agents.values()),
                "free": free,
                "found_by": found_by,
                **contact.why(agent, self.now),
            },
        )

    def _list(self, agent: Agent) -> None:
        agent.findable = {channel_class for channel_class in ChannelClass if agent.free(channel_class)}

    def _settle(self, agent_id: str) -> None:
        agent = self.agents[agent_id]
        contact = self.contact_for(agent)
        if contact:
            self._offer(contact, agent, "agent", 1)
        self._list(agent)

    def _release(self, contact: Contact) -> None:
        agent = self.agents[contact.agent_id or ""]
        agent.used[contact.channel_class] -= 1
        if agent.pending == contact.described.contact_id:
            agent.pending = None

    def _withdraw(self, contact: Contact, reason: str) -> str:
        self._release(contact)
        agent_id = contact.agent_id or ""
        self._say(Withdrawn, contact, agent_id=agent_id, fence=contact.fence, reason=reason)
        return agent_id

    def _expire(self, contact: Contact) -> None:
        agent = self.agents[contact.agent_id or ""]
        self._say(Expired, contact, agent_id=agent.agent_id, fence=contact.fence)
        self._release(contact)
        was_ready = agent.presence == READY
        if was_ready:
            agent.presence = RoutingPresence.NOT_READY
        contact.excluded[agent.agent_id] = self.now + EXCLUDED_MS
        self._place(contact)
        if was_ready:
            self.effects.append(AgentPaused(event_id="", agent_id=agent.agent_id, reason="no_answer", at_ms=self.now))

    def _detach(self, old: Contact, truth: ContactTruth) -> None:
        if old.state not in "oaw":
            return
        if old.state == "o" and (old.agent_id, old.fence) != (truth.agent_id, truth.fence):
            self._withdraw(old, "sync")
        else:
            self._release(old)

    def _hold(self, contact: Contact, truth: ContactTruth) -> None:
        agent = self.agents[truth.agent_id or ""]
        contact.state, contact.agent_id, contact.fence = HELD[truth.placement], truth.agent_id, truth.fence
        agent.used[contact.channel_class] += 1
        if contact.state == "o":
            agent.pending = agent.pending or contact.described.contact_id
            contact.offer_due_ms = truth.expires_at_ms + SQL_GRACE_MS
