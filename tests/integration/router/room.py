"""A workspace with a few agents, and the words that direct tests of the routing functions are written in."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from kit.ids import new_id
from router.contact import ChannelClass
from router.effects import (
    AgentDescription,
    Capacity,
    ContactDescription,
    ContactTruth,
    Effect,
    Offered,
    Outcome,
    Plan,
    Preferred,
    RoutingPresence,
)
from router.functions.client import RoutingFunctions

START_MS = 1_764_000_000_000
CALL = Plan(queue_id="calls", channel_class=ChannelClass.VOICE, requirements={})
CHAT = Plan(queue_id="chats", channel_class=ChannelClass.CHAT, requirements={})
MAIL = Plan(queue_id="mails", channel_class=ChannelClass.MESSAGE, requirements={})


def agent(name: str, idle_s: int = 0, **skills: int) -> AgentDescription:
    """A ready agent who has been idle for `idle_s` when the test begins."""
    return AgentDescription(
        agent_id=name,
        skills=skills,
        capacity=Capacity(voice=1, chat=2, message=2),
        presence=RoutingPresence.READY,
        idle_since_ms=START_MS - idle_s * 1000,
    )


@dataclass
class Room:
    """Time stands still unless `after` moves it."""

    redis: Redis
    workspace: str = field(default_factory=new_id)
    now: int = START_MS
    epoch: int = 0

    def __post_init__(self) -> None:
        self.functions = RoutingFunctions(self.redis)

    async def open(self, *agents: AgentDescription, contacts: Iterable[ContactTruth] = ()) -> Outcome:
        self.epoch += 1
        return await self.functions.rebuild(
            self.workspace, epoch=self.epoch, agents=agents, contacts=_each(contacts), now_ms=self.now
        )

    def after(self, seconds: float) -> None:
        self.now += int(seconds * 1000)

    def contact(
        self,
        name: str,
        plan: Plan = CALL,
        *,
        score_s: float = 0,
        emergency: bool = False,
        preferred: Preferred | None = None,
    ) -> ContactDescription:
        """One that begins to wait now; `score_s` shifts its place."""
        return ContactDescription(
            contact_id=name,
            plan=plan,
            score_ms=self.now + int(score_s * 1000),
            queued_at_ms=self.now,
            emergency=emergency,
            preferred=preferred,
        )

    async def enqueue(self, name: str, plan: Plan = CALL, **more: Any) -> Outcome:
        return await self.functions.enqueue(self.workspace, self.contact(name, plan, **more), now_ms=self.now)

    async def offer(self, name: str, plan: Plan = CALL, **more: Any) -> Offered:
        """Enqueues a contact that somebody gets at once."""
        return offered(await self.enqueue(name, plan, **more))

    async def accept(self, offer: Offered) -> Outcome:
        return await self.functions.accept(self.workspace, *target(offer), now_ms=self.now)

    async def decline(self, offer: Offered) -> Outcome:
        return await self.functions.decline(self.workspace, *target(offer), now_ms=self.now)

    async def done(self, offer: Offered, *, wrap_up_blocks: bool = False) -> Outcome:
        return await self.functions.done(self.workspace, *target(offer), now_ms=self.now, wrap_up_blocks=wrap_up_blocks)

    async def answered(self, name: str, plan: Plan = CALL, **more: Any) -> Offered:
        offer = await self.offer(name, plan, **more)
        await self.accept(offer)
        return offer

    async def presence(self, name: str, presence: RoutingPresence) -> Outcome:
        return await self.functions.presence(self.workspace, name, presence, now_ms=self.now)

    async def tick(self, limit: int = 25) -> Outcome:
        return await self.functions.tick(self.workspace, now_ms=self.now, limit=limit)

    async def state(self, name: str) -> dict[str, Any]:
        return await self.functions.contact(self.workspace, name, now_ms=self.now) or {}

    async def load(self, name: str) -> dict[str, Any]:
        return await self.functions.agent_load(self.workspace, name, now_ms=self.now) or {}


def target(offer: Offered) -> tuple[str, str, int]:
    return offer.contact_id, offer.agent_id, offer.fence


def offered(outcome: Outcome) -> Offered:
    """The one offer among the effects."""
    (offer,) = [effect for effect in outcome.effects if isinstance(effect, Offered)]
    return offer


def pairs(outcome: Outcome) -> list[tuple[str, str]]:
    """(contact, agent) of each offer."""
    return [(effect.contact_id, effect.agent_id) for effect in outcome.effects if isinstance(effect, Offered)]


def kinds(outcome: Outcome) -> list[type[Effect]]:
    return [type(effect) for effect in outcome.effects]


async def _each(contacts: Iterable[ContactTruth]) -> AsyncIterator[ContactTruth]:
    for contact in contacts:
        yield contact
