"""The routing functions in virtual time against queueing systems whose figures are known exactly.

Independent replications run side by side in workspaces of their own, so that their calls share round trips. Results are
compared inside 99 % confidence intervals; one figure in a hundred may lie outside by chance.
"""

import asyncio
import heapq
import math
import statistics
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from redis.asyncio import Redis

from router.contact import ChannelClass
from router.effects import (
    AgentDescription,
    Capacity,
    ContactDescription,
    ContactTruth,
    Effect,
    Offered,
    Plan,
    RoutingPresence,
    Strategy,
)
from router.functions.client import RoutingFunctions
from server.bench.birth_death import figures_of
from server.bench.redis_server import private_redis

START_MS = 1_764_000_000_000
SERVICE_LEVEL_S = 20
REPLICATIONS = 16
T_99 = 2.947  # Student's t for 16 replications, two-sided 99 %
WARM_UP = 0.25
SEED = 20_261_124


@dataclass(frozen=True, kw_only=True)
class System:
    """`erlang`: offered load of all types together. `room`: places to wait, None for any number. `skills_each`: how
    many of the types an agent can serve, the first best. `known`: figures that no formula here gives."""

    name: str
    agents: int
    erlang: float
    handle_s: float
    patience_s: float | None = None
    room: int | None = None
    types: int = 1
    skills_each: int = 1
    known: Mapping[str, float] = field(default_factory=dict)

    def expected(self) -> dict[str, float]:
        """Exact where every agent serves every type; else what is known."""
        if self.skills_each < self.types:
            return dict(self.known)
        exact = figures_of(self.agents, self.erlang, self.handle_s, patience_s=self.patience_s, room=self.room)
        return {**exact, **self.known}


SYSTEMS = (
    System(name="Erlang-B 10", agents=10, erlang=5, handle_s=180, room=0),
    System(name="Erlang-B 30", agents=30, erlang=25, handle_s=180, room=0),
    System(name="Erlang-B 100", agents=100, erlang=84, handle_s=180, room=0),
    System(name="Erlang-C 10", agents=10, erlang=8, handle_s=180),
    System(name="Erlang-C 30", agents=30, erlang=26, handle_s=240),
    System(name="Erlang-C 100", agents=100, erlang=94, handle_s=300),
    System(name="Erlang-A 10", agents=10, erlang=12, handle_s=180, patience_s=120, known={"served_in_20_s": 0.4438}),
    System(name="Erlang-A 50", agents=50, erlang=52, handle_s=300, patience_s=180, known={"served_in_20_s": 0.6497}),
    System(name="Pooling, 6 skills", agents=90, erlang=83.85, handle_s=600, room=30, types=6, skills_each=6),
    System(
        name="Pooling, 1 skill",
        agents=90,
        erlang=83.85,
        handle_s=600,
        room=30,
        types=6,
        skills_each=1,
        known={"blocked": 0.04136, "p_wait": 0.573, "mean_wait_s": 183.4},
    ),
)


class Replication:
    """One system in one workspace. Time is that of the next event; agents accept at once."""

    def __init__(self, functions: RoutingFunctions, system: System, workspace: str, arrivals: int, chance: Random):
        self.functions, self.system, self.workspace, self.chance = functions, system, workspace, chance
        self.arrivals, self.warm_up = arrivals, int(arrivals * WARM_UP)
        self.events: list[tuple[float, int, str, Any]] = []
        self.number = self.waiting = self.blocked = self.abandoned = 0
        self.arrived: dict[str, tuple[int, float]] = {}
        self.waits: list[float] = []
        self.plans = [self._plan(kind) for kind in range(system.types)]

    async def run(self) -> dict[str, float]:
        """The figures of this replication."""
        agents = [self._agent(number) for number in range(self.system.agents)]
        await self.functions.rebuild(self.workspace, epoch=1, agents=agents, contacts=_nothing(), now_ms=START_MS)
        self._later(0.0, "arrive", None)
        while self.number < self.arrivals:
            now, _, kind, subject = heapq.heappop(self.events)
            await getattr(self, f"_{kind}")(now, subject)
        return self._figures()

    async def _arrive(self, now: float, _subject: None) -> None:
        self._later(now + self.chance.expovariate(self.system.erlang / self.system.handle_s), "arrive", None)
        self.number += 1
        if self.system.room is not None and self.system.room > 0 and self.waiting >= self.system.room:
            self.blocked += self.number > self.warm_up
            return
        name = f"contact-{self.number}"
        self.arrived[name] = (self.number, now)
        self.waiting += 1
        contact = ContactDescription(
            contact_id=name,
            plan=self.chance.choice(self.plans),
            score_ms=_ms(now),
            queued_at_ms=_ms(now),
        )
        outcome = await self.functions.enqueue(self.workspace, contact, now_ms=_ms(now))
        await self._follow(now, outcome.effects)
        if name in self.arrived:
            await self._wait(now, name)

    async def _wait(self, now: float, name: str) -> None:
        if self.system.room == 0:
            self.blocked += self.arrived[name][0] > self.warm_up
            await self._leave(now, name)
        elif self.system.patience_s:
            self._later(now + self.chance.expovariate(1 / self.system.patience_s), "abandon", name)

    async def _abandon(self, now: float, name: str) -> None:
        if name in self.arrived:
            self.abandoned += self.arrived[name][0] > self.warm_up
            await self._leave(now, name)

    async def _leave(self, now: float, name: str) -> None:
        del self.arrived[name]
        self.waiting -= 1
        await self.functions.cancel(self.workspace, name, now_ms=_ms(now))

    async def _finish(self, now: float, offer: Offered) -> None:
        outcome = await self.functions.done(
            self.workspace, offer.contact_id, offer.agent_id, offer.fence, now_ms=_ms(now)
        )
        await self._follow(now, outcome.effects)

    async def _follow(self, now: float, effects: Iterable[Effect]) -> None:
        for offer in effects:
            if not isinstance(offer, Offered):
                continue
            number, since = self.arrived.pop(offer.contact_id)
            self.waiting -= 1
            if number > self.warm_up:
                self.waits.append(now - since)
            target = (self.workspace, offer.contact_id, offer.agent_id, offer.fence)
            await asyncio.gather(
                self.functions.accept(*target, now_ms=_ms(now)), self.functions.ack(self.workspace, [offer])
            )
            self._later(now + self.chance.expovariate(1 / self.system.handle_s), "finish", offer)

    def _later(self, moment: float, kind: str, subject: Any) -> None:
        heapq.heappush(self.events, (moment, len(self.events) + self.number * 1000, kind, subject))

    def _figures(self) -> dict[str, float]:
        counted = self.arrivals - self.warm_up
        delayed = sum(wait > 0 for wait in self.waits)
        return {
            "blocked": self.blocked / counted,
            "p_wait": (delayed + self.abandoned) / (counted - self.blocked),
            "abandoned": self.abandoned / counted,
            "mean_wait_s": statistics.fmean(self.waits),
            "served_in_20_s": sum(wait <= SERVICE_LEVEL_S for wait in self.waits) / counted,
        }

    def _agent(self, number: int) -> AgentDescription:
        first = number * self.system.types // self.system.agents
        skills = {f"skill-{(first + rank) % self.system.types}": 10 - rank for rank in range(self.system.skills_each)}
        return AgentDescription(
            agent_id=f"agent-{number}",
            skills=skills,
            capacity=Capacity(voice=1, chat=0, message=0),
            presence=RoutingPresence.READY,
            idle_since_ms=START_MS + number,
        )

    def _plan(self, kind: int) -> Plan:
        return Plan(
            queue_id=f"queue-{kind}",
            channel_class=ChannelClass.VOICE,
            requirements={f"skill-{kind}": 1},
            strategy=Strategy.BEST,
        )


async def simulate(redis: Redis, system: System, arrivals: int) -> list[dict[str, Any]]:
    """One line for each known figure of the system."""
    functions = RoutingFunctions(redis)
    await redis.flushall()
    runs = [
        Replication(functions, system, f"replication-{number}", arrivals // REPLICATIONS, Random(SEED + number))  # noqa: S311
        for number in range(REPLICATIONS)
    ]
    results = await asyncio.gather(*(run.run() for run in runs))
    return [_line(system.name, figure, value, results) for figure, value in system.expected().items()]


def run_oracles(arrivals: int, name: str = "", systems: Sequence[System] = SYSTEMS) -> list[dict[str, Any]]:
    """The system `name`, or all whose name begins so, on a Redis of their own."""

    async def run(url: str) -> list[dict[str, Any]]:
        async with Redis.from_url(url) as redis:
            exact = [system for system in systems if system.name == name]
            chosen = exact or [system for system in systems if system.name.startswith(name)]
            return [line for system in chosen for line in await simulate(redis, system, arrivals)]

    with private_redis() as url:
        return asyncio.run(run(url))


def _line(name: str, figure: str, expected: float, results: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    values = [result[figure] for result in results]
    mean = statistics.fmean(values)
    half_width = T_99 * statistics.stdev(values) / math.sqrt(len(values))
    return {
        "oracle": name,
        "figure": figure,
        "expected": round(expected, 5),
        "measured": round(mean, 5),
        "half_width_99": round(half_width, 5),
        "inside": abs(mean - expected) <= half_width,
    }


async def _nothing() -> AsyncIterator[ContactTruth]:
    nothing: tuple[ContactTruth, ...] = ()
    for truth in nothing:
        yield truth


def _ms(moment: float) -> int:
    return START_MS + round(moment * 1000)
