"""Random worlds: every act is done to the library and to the model, and both must answer the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Any

from redis.asyncio import Redis

from kit.ids import new_id
from router.contact import ChannelClass
from router.effects import (
    SQL_GRACE_MS,
    AgentDescription,
    Capacity,
    ContactDescription,
    ContactTruth,
    Offered,
    Outcome,
    Placement,
    Plan,
    Preferred,
    RoutingPresence,
    Step,
    Strategy,
)
from router.functions.client import RoutingFunctions
from tests.unit.router.model import Model
from tests.unit.router.model_state import Agent, Contact

START_MS = 1_764_000_000_000
AGENTS = tuple(f"agent-{number}" for number in range(6))
SKILLS = ("advice", "english", "permits")
PLACEMENTS = {
    "q": Placement.QUEUED,
    "r": Placement.QUEUED,
    "o": Placement.OFFERED,
    "a": Placement.ACTIVE,
    "w": Placement.WRAP_UP,
}
Act = Callable[[], Awaitable[None]]


class World:
    """A workspace of the library and its model, side by side."""

    def __init__(self, redis: Redis, random: Random) -> None:
        self.redis, self.random = redis, random
        self.functions = RoutingFunctions(redis)
        self.workspace = new_id()
        self.model = Model()
        self.epoch, self.number, self.last_fence = 0, 0, 0
        self.parked: list[ContactDescription] = []
        self.offers = 0

    async def begin(self) -> None:
        self.model.now = START_MS
        agents = [
            AgentDescription(
                agent_id=agent_id,
                skills=self.some_levels(3, 10),
                capacity=Capacity(voice=1, chat=2, message=2),
                presence=self.random.choice((RoutingPresence.READY, RoutingPresence.OFFLINE)),
                idle_since_ms=START_MS - 100 + number,
            )
            for number, agent_id in enumerate(AGENTS)
        ]
        await self.load(agents, [])

    async def act(self) -> None:
        """One thing happens, a moment later; then everything is checked."""
        self.model.now += self.random.randint(1, 2000)
        acts = self.possible_acts()
        await self.random.choices([act for act, _ in acts], [weight for _, weight in acts])[0]()
        await self.check()

    def possible_acts(self) -> list[tuple[Act, int]]:
        acts: list[tuple[Act, int]] = [
            (self.arrive, 60),
            (self.presence, 25),
            (self.tick, 35),
            (self.leg, 10),
            (self.skills, 8),
            (self.rebuild, 2),
        ]
        by_state: list[tuple[str, list[tuple[Act, int]]]] = [
            ("o", [(self.accept, 60), (self.decline, 20)]),
            ("a", [(self.park, 8)]),
            ("aw", [(self.done, 40), (self.transfer, 15)]),
            ("qro", [(self.cancel, 6), (self.requeue, 8)]),
            ("qroaw", [(self.sync, 10), (self.arrive_again, 3)]),
        ]
        for states, more in by_state:
            acts += more if self.any_in(states) else []
        return acts + ([(self.wake, 15)] if self.parked else [])

    # What happens

    async def arrive(self) -> None:
        self.number += 1
        now = self.model.now
        contact = ContactDescription(
            contact_id=f"contact-{self.number:04}",
            plan=self.some_plan(),
            score_ms=now - self.random.randint(0, 60) * 1000 + self.number,
            queued_at_ms=now,
            emergency=self.random.random() < 0.05,
            preferred=self.some_preferred(now),
        )
        await self.same(self.functions.enqueue(self.workspace, contact, now_ms=now), self.model.enqueue(contact))

    async def arrive_again(self) -> None:
        contact = self.pick("qroaw").described
        call = self.functions.enqueue(self.workspace, contact, now_ms=self.model.now)
        await self.same(call, self.model.enqueue(contact))

    async def accept(self) -> None:
        target = self.target("oa")
        call = self.functions.accept(self.workspace, *target, now_ms=self.model.now)
        await self.same(call, self.model.accept(*target))

    async def decline(self) -> None:
        target = self.target("o")
        call = self.functions.decline(self.workspace, *target, now_ms=self.model.now)
        await self.same(call, self.model.decline(*target))

    async def done(self) -> None:
        target, blocks = self.target("aw"), self.random.random() < 0.3
        call = self.functions.done(self.workspace, *target, now_ms=self.model.now, wrap_up_blocks=blocks)
        await self.same(call, self.model.done(*target, wrap_up_blocks=blocks))

    async def park(self) -> None:
        contact = self.pick("a")
        target = (contact.described.contact_id, contact.agent_id or "", contact.fence)
        self.parked.append(contact.described)
        call = self.functions.park(self.workspace, *target, now_ms=self.model.now)
        await self.same(call, self.model.park(*target))

    async def wake(self) -> None:
        preferred = Preferred(agent_id=self.random.choice(AGENTS), until_ms=self.model.now + 60_000)
        contact = replace(self.parked.pop(), preferred=preferred)
        call = self.functions.wake(self.workspace, contact, now_ms=self.model.now)
        await self.same(call, self.model.enqueue(contact))

    async def cancel(self) -> None:
        contact_id = self.pick("qro").described.contact_id
        call = self.functions.cancel(self.workspace, contact_id, now_ms=self.model.now)
        await self.same(call, self.model.cancel(contact_id))

    async def transfer(self) -> None:
        contact = self.pick("aw")
        source = contact.agent_id or ""
        preferred = None
        if self.random.random() < 0.6:
            preferred = Preferred(
                agent_id=self.random.choice(AGENTS),
                until_ms=self.model.now + 20_000,
                direct=True,
                return_to=self.random.choice((None, source)),
            )
        described = replace(contact.described, plan=self.some_plan(), preferred=preferred)
        call = self.functions.transfer(self.workspace, described, source, contact.fence, now_ms=self.model.now)
        await self.same(call, self.model.transfer(described, source, contact.fence))

    async def requeue(self) -> None:
        described = replace(self.pick("qro").described, plan=self.some_plan(), preferred=None)
        call = self.functions.requeue(self.workspace, described, now_ms=self.model.now)
        await self.same(call, self.model.requeue(described))

    async def leg(self) -> None:
        agent_id, leg_id = self.random.choice(AGENTS), self.random.choice(("dial", "consult"))
        now = self.model.now
        if self.random.random() < 0.4:
            granted = await self.functions.occupy(self.workspace, agent_id, leg_id, now_ms=now)
            assert granted is self.model.occupy(agent_id, leg_id)
        else:
            call = self.functions.vacate(self.workspace, agent_id, leg_id, now_ms=now)
            await self.same(call, self.model.vacate(agent_id, leg_id))

    async def presence(self) -> None:
        agent_id = self.random.choice(AGENTS)
        presence = self.random.choices(list(RoutingPresence), (10, 2, 1, 1))[0]
        call = self.functions.presence(self.workspace, agent_id, presence, now_ms=self.model.now)
        await self.same(call, self.model.presence(agent_id, presence))

    async def skills(self) -> None:
        agent = self.model.agents[self.random.choice(AGENTS)]
        # Never less than what is in use: that is allowed, but would hide an offer beyond the capacity.
        slots = {name: max(self.random.randint(0, 2), agent.used[name]) for name in ChannelClass}
        capacity, skills = Capacity(**slots), self.some_levels(3, 10)
        call = self.functions.skills(self.workspace, agent.agent_id, skills, capacity, now_ms=self.model.now)
        await self.same(call, self.model.skills(agent.agent_id, skills, capacity))

    async def tick(self) -> None:
        self.model.now += self.random.choice((0, 3000, 11_000))
        limit = self.random.choice((1, 2, 25))
        more = self.model.tick(limit)

        async def call() -> Outcome:
            outcome = await self.functions.tick(self.workspace, now_ms=self.model.now, limit=limit)
            assert outcome.more is more
            return outcome

        # Within one tick a contact that is relaxed later may have had a better claim.
        await self.same(call(), True, ordered=limit == 1)

    async def sync(self) -> None:
        contact, agent_id = self.pick("qroaw"), self.random.choice(AGENTS)
        if not self.model.agents[agent_id].free(contact.channel_class):
            agent_id = contact.agent_id or "nobody"
        truth = ContactTruth(
            contact=replace(contact.described, step=contact.step, preferred=None),
            placement=self.random.choice(list(Placement)),
            agent_id=agent_id,
            fence=max(contact.fence, 1),
            expires_at_ms=self.model.now + 5000,
        )
        call = self.functions.sync(self.workspace, truth, now_ms=self.model.now)
        await self.same(call, self.model.sync(truth))

    async def rebuild(self) -> None:
        before = self.waiting()
        agents = [_described(agent) for agent in self.model.agents.values()]
        await self.load(agents, [_truth(contact) for contact in self.model.contacts.values()])
        after = self.waiting()
        assert [contact_id for contact_id in before if contact_id in after] == after

    async def load(self, agents: list[AgentDescription], truths: list[ContactTruth]) -> None:
        self.epoch += 1
        self.model.rebuild(self.epoch, agents, truths)
        call = self.functions.rebuild(
            self.workspace, epoch=self.epoch, agents=agents, contacts=_each(truths), now_ms=self.model.now
        )
        await self.same(call, True, ordered=False)

    # What is checked

    async def same(self, call: Awaitable[Outcome], expected: bool, *, ordered: bool = True) -> None:
        outcome = await call
        effects, self.model.effects = self.model.effects, []
        assert outcome.applied is expected
        assert list(outcome.effects) == effects
        for effect, other in zip(outcome.effects, effects, strict=True):
            if isinstance(effect, Offered) and isinstance(other, Offered):
                assert effect.why == other.why
                self.check_offer(effect, ordered=ordered)

    def check_offer(self, offered: Offered, *, ordered: bool) -> None:
        """The fence grows, and nobody who waits with a lower score could have had this agent instead."""
        assert offered.fence > self.last_fence
        self.last_fence = offered.fence
        self.offers += 1
        agent = self.model.agents[offered.agent_id]
        contact = self.model.contacts[offered.contact_id]
        before = replace(agent, used=dict(agent.used), pending=None)
        before.used[contact.channel_class] -= 1
        passed_over = [other for other in self.claims(before) if other.score < contact.score]
        assert passed_over == [] or not ordered

    async def check(self) -> None:
        loads, places = await asyncio.gather(self.loads(), self.places())
        for agent, load in zip(self.model.agents.values(), loads, strict=True):
            assert {name: load[name] for name in ChannelClass} == agent.used
            assert all(load[name] <= agent.slots(name) for name in ChannelClass)
            held = [contact for contact in self.any_in("oaw") if contact.agent_id == agent.agent_id]
            assert sum(agent.used.values()) == len(held)
            assert self.claims(agent) == [], "somebody waits while the agent for it is free"
        assert sorted(places) == sorted(self.waiting()), "every waiting contact is in one place"

    def claims(self, agent: Agent) -> list[Contact]:
        """Who could be given to the agent; not those whose deadline passed and who wait for the next tick."""
        due = [contact for contact in self.any_in("qr") if (contact.due_ms() or self.model.now + 1) <= self.model.now]
        return [contact for contact in self.any_in("qr") if self.model.may_take(agent, contact) and contact not in due]

    async def loads(self) -> list[dict[str, Any]]:
        now = self.model.now
        calls = (self.functions.agent_load(self.workspace, agent_id, now_ms=now) for agent_id in AGENTS)
        return [load or {} for load in await asyncio.gather(*calls)]

    async def places(self) -> list[str]:
        """The members of every sorted set that contacts wait in."""
        found: list[str] = []
        for kind in ("q", "kept"):
            for key in await self.redis.keys(f"{{w:{self.workspace}}}:{kind}:*"):
                members: Any = await self.redis.zrange(key, 0, -1)
                found += [member.decode() for member in members]
        return found

    # Chance

    def any_in(self, states: str) -> list[Contact]:
        return [contact for contact in self.model.contacts.values() if contact.state in states]

    def pick(self, states: str) -> Contact:
        return self.random.choice(self.any_in(states))

    def waiting(self) -> list[str]:
        found = sorted(self.any_in("qr"), key=lambda contact: contact.score)
        return [contact.described.contact_id for contact in found]

    def target(self, states: str) -> tuple[str, str, int]:
        """A contact with its agent and fence; sometimes with an older fence, which must never win."""
        contact = self.pick(states)
        return contact.described.contact_id, contact.agent_id or "", contact.fence - (self.random.random() < 0.1)

    def some_levels(self, most: int, highest: int) -> dict[str, int]:
        skills = self.random.sample(SKILLS, self.random.randint(0, most))
        return {skill: self.random.randint(1, highest) for skill in skills}

    def some_plan(self) -> Plan:
        moments = sorted(self.random.sample((5, 15, 40), self.random.randint(0, 2)))
        steps = [
            Step(
                after_s=after_s,
                requirements=self.some_levels(1, 5),
                queue_id=self.random.choice((None, "overflow")),
            )
            for after_s in moments
        ]
        return Plan(
            queue_id=self.random.choice(("calls", "desk")),
            channel_class=self.random.choice(list(ChannelClass)),
            requirements=self.some_levels(2, 8),
            strategy=self.random.choice(list(Strategy)),
            steps=tuple(steps),
        )

    def some_preferred(self, now: int) -> Preferred | None:
        if self.random.random() < 0.7:
            return None
        return Preferred(agent_id=self.random.choice(AGENTS), until_ms=now + 6000)


async def _each(truths: Iterable[ContactTruth]) -> AsyncIterator[ContactTruth]:
    for truth in truths:
        yield truth


def _described(agent: Agent) -> AgentDescription:
    return AgentDescription(
        agent_id=agent.agent_id,
        skills=agent.skills,
        capacity=agent.capacity,
        presence=agent.presence,
        idle_since_ms=agent.idle_ms,
        occupied_by=tuple(sorted(agent.legs)),
    )


def _truth(contact: Contact) -> ContactTruth:
    return ContactTruth(
        contact=replace(contact.described, step=contact.step, preferred=contact.preferred),
        placement=PLACEMENTS[contact.state],
        agent_id=contact.agent_id,
        fence=contact.fence,
        expires_at_ms=contact.offer_due_ms - SQL_GRACE_MS,
    )
