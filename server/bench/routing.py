"""How fast the routing functions decide, against no-op functions called by the same client in the same batches.

The world has two halves. In the busy half every agent has a contact and contacts wait, so a freed agent looks for a
contact; in the quiet half agents are idle, so a contact looks for an agent. One assignment is the whole cycle: enqueue,
offer, accept, done, and the acknowledgement of the effect.
"""

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from redis.asyncio import Redis

from router.contact import ChannelClass
from router.effects import (
    AgentDescription,
    ContactDescription,
    ContactTruth,
    Effect,
    Offered,
    Outcome,
    Plan,
    RoutingPresence,
    Strategy,
)
from router.functions.batching import Batcher
from router.functions.client import RoutingFunctions
from server.bench.redis_server import private_redis

WORKSPACE = "bench"
BATCH = 32
SKILLS = 12
SIGNATURES = 24
SEED = 7
NOOP = "#!lua name=axd_bench\nredis.register_function('axd_bench_noop', function() return { 1 } end)"


@dataclass
class Half:
    """The agents of one half and the plans that they, and only they, can serve."""

    name: str
    agents: list[AgentDescription]
    plans: list[Plan]
    active: deque[Offered] = field(default_factory=deque)


@dataclass
class Bench:
    functions: RoutingFunctions
    halves: list[Half]
    waiting: int
    random: random.Random
    enqueue_s: list[float] = field(default_factory=list)
    done_s: list[float] = field(default_factory=list)
    unacknowledged: list[Effect] = field(default_factory=list)
    assignments: int = 0
    contacts: int = 0

    async def prepare(self) -> None:
        """All agents of the busy half have a contact and `waiting` contacts wait; half of the quiet half is busy."""
        busy, quiet = self.halves
        agents = [*busy.agents, *quiet.agents]
        await self.functions.rebuild(WORKSPACE, epoch=1, agents=agents, contacts=_nothing(), now_ms=_now_ms())
        await self._fill(quiet, len(quiet.agents) // 2)
        await self._fill(busy, len(busy.agents) * 4)
        await self._fill(busy, self.waiting - await self._waiting())
        await self.acknowledge()

    async def cycle(self, half: Half) -> None:
        """One contact more and one less; the number waiting and the number active stay as they are."""
        started = time.perf_counter()
        outcome = await self._enqueue(half)
        self.enqueue_s.append(time.perf_counter() - started)
        await self._accept(half, outcome)
        if not half.active:
            return
        last = half.active.popleft()
        started = time.perf_counter()
        outcome = await self.functions.done(WORKSPACE, last.contact_id, last.agent_id, last.fence, now_ms=_now_ms())
        self.done_s.append(time.perf_counter() - started)
        await self._accept(half, outcome)

    async def _enqueue(self, half: Half) -> Outcome:
        self.contacts += 1
        now_ms = _now_ms()
        contact = ContactDescription(
            contact_id=f"contact-{self.contacts}",
            plan=self.random.choice(half.plans),
            score_ms=now_ms + self.contacts,
            queued_at_ms=now_ms,
        )
        return await self.functions.enqueue(WORKSPACE, contact, now_ms=now_ms)

    async def _accept(self, half: Half, outcome: Outcome) -> None:
        for effect in outcome.effects:
            if isinstance(effect, Offered):
                target = (effect.contact_id, effect.agent_id, effect.fence)
                await self.functions.accept(WORKSPACE, *target, now_ms=_now_ms())
                half.active.append(effect)
                self.assignments += 1
                self.unacknowledged.append(effect)
        if len(self.unacknowledged) >= BATCH:
            await self.acknowledge()

    async def acknowledge(self) -> None:
        """As the appliers do: the effects of several calls together."""
        effects, self.unacknowledged = self.unacknowledged, []
        await self.functions.ack(WORKSPACE, effects)

    async def _fill(self, half: Half, contacts: int) -> None:
        async def one() -> None:
            await self._accept(half, await self._enqueue(half))

        for start in range(0, contacts, BATCH):
            await asyncio.gather(*(one() for _ in range(start, min(start + BATCH, contacts))))

    async def _waiting(self) -> int:
        stats = await self.functions.stats(WORKSPACE, now_ms=_now_ms())
        return sum(queue["waiting"] for queue in stats["queues"].values())


async def measure(redis: Redis, *, agents: int, waiting: int, seconds: float) -> dict[str, Any]:
    """One line of figures, on an empty Redis that nothing else uses meanwhile."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable world
    half = max(1, agents // 2)
    halves = [_half("busy", half, chance), _half("quiet", half, chance)]
    bench = Bench(RoutingFunctions(redis), halves, waiting, chance)
    await bench.prepare()
    bench.assignments, bench.enqueue_s, bench.done_s = 0, [], []
    cpu, started = await _cpu_s(redis), time.perf_counter()
    # Never more at once than there are agents to be freed and agents to be found.
    workers = [partial(bench.cycle, halves[0])] * min(BATCH // 2, half)
    workers += [partial(bench.cycle, halves[1])] * min(BATCH // 2, max(1, half // 4))
    await _for_a_while(seconds, workers)
    elapsed, cpu = time.perf_counter() - started, await _cpu_s(redis) - cpu
    noop_per_s = await _noop_per_s(redis, min(seconds, 3.0), len(workers))
    assignments_per_s = bench.assignments / elapsed
    return {
        "agents": agents,
        "waiting": waiting,
        "assignments_per_s": round(assignments_per_s),
        "noop_per_s": round(noop_per_s),
        "ratio": round(assignments_per_s / noop_per_s, 4),
        "redis_cpu_us": round(cpu / bench.assignments * 1e6, 1),
        **_percentiles("enqueue", bench.enqueue_s),
        **_percentiles("done", bench.done_s),
    }


def run_routing(agents: int, waiting: int, seconds: float, redis_url: str | None = None) -> dict[str, Any]:
    """The figures for one size. Starts a Redis of its own unless `redis_url` names one, which is emptied."""

    async def run(url: str) -> dict[str, Any]:
        redis = Redis.from_url(url)
        try:
            await redis.flushall()
            return await measure(redis, agents=agents, waiting=waiting, seconds=seconds)
        finally:
            await redis.aclose()

    if redis_url:
        return asyncio.run(run(redis_url))
    with private_redis() as url:
        return asyncio.run(run(url))


def growth_exponent(lines: Sequence[dict[str, Any]]) -> float | None:
    """Least-squares slope of log CPU over log agents: 0 constant, 1 linear. None for fewer than two sizes."""
    points = [(math.log(line["agents"]), math.log(line["redis_cpu_us"])) for line in lines]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if not spread:
        return None
    return round(sum((x - mean_x) * (y - mean_y) for x, y in points) / spread, 4)


def _half(name: str, agents: int, chance: random.Random) -> Half:
    described = [
        AgentDescription(
            agent_id=f"{name}-{number}",
            skills={f"{name}-skill-{skill}": chance.randint(1, 10) for skill in chance.sample(range(SKILLS), 5)},
            presence=RoutingPresence.READY,
            idle_since_ms=number,
        )
        for number in range(agents)
    ]
    return Half(name, described, [_plan(name, chance.choice(described), chance) for _ in range(SIGNATURES)])


def _plan(queue_id: str, agent: AgentDescription, chance: random.Random) -> Plan:
    """One or two skills at a level that this agent has, so that somebody can serve it at any size of the world."""
    skills = chance.sample(sorted(agent.skills), chance.randint(1, 2))
    return Plan(
        queue_id=queue_id,
        channel_class=ChannelClass.VOICE,
        requirements={skill: chance.randint(1, agent.skills[skill]) for skill in skills},
        strategy=chance.choice(list(Strategy)),
        ring_timeout_s=60,
    )


async def _for_a_while(seconds: float, workers: Sequence[Callable[[], Awaitable[None]]]) -> None:
    ends = time.perf_counter() + seconds

    async def run(work: Callable[[], Awaitable[None]]) -> None:
        while time.perf_counter() < ends:
            await work()

    await asyncio.gather(*(run(work) for work in workers))


async def _noop_per_s(redis: Redis, seconds: float, workers: int) -> float:
    await redis.function_load(NOOP, replace=True)
    batcher, calls = Batcher(redis), 0

    async def call() -> None:
        nonlocal calls
        await batcher.send("FCALL", "axd_bench_noop", 1, "{w:bench}")
        calls += 1

    started = time.perf_counter()
    await _for_a_while(seconds, [call] * workers)
    return calls / (time.perf_counter() - started)


async def _cpu_s(redis: Redis) -> float:
    info: dict[str, Any] = await redis.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def _percentiles(name: str, seconds: list[float]) -> dict[str, int]:
    ordered = sorted(seconds)
    at = {share: ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] for share in (50, 99)}
    return {f"{name}_p{share}_us": round(value * 1e6) for share, value in at.items()}


async def _nothing() -> AsyncIterator[ContactTruth]:
    nothing: tuple[ContactTruth, ...] = ()
    for truth in nothing:
        yield truth


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
