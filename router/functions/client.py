"""The routing functions as methods.

SQL first: a caller commits, calls, applies the effects to SQL at once and then `ack`s them; effects that were not acked
are found again by `leftovers`. Every call is idempotent by contact and fence, so a repeated one answers `applied=False`
(`accept`: True) and changes nothing. `now_ms` is the caller's clock: Unix milliseconds, UTC.

Errors: `RebuildNeeded` (Redis is empty, restarted, or being rebuilt: leave the work to the rebuild, which reads SQL),
`UnknownAgent` (introduce it by `agent`), and those of the redis client, after which the sweeper heals.
"""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from router.effects import (
    AgentDescription,
    Capacity,
    ContactDescription,
    ContactTruth,
    Effect,
    Outcome,
    RoutingPresence,
    requirements_text,
)
from router.functions import wire
from router.functions.batching import Argument, Batcher
from router.functions.library import NAME

LOAD_BATCH = 200
PAGE, SCAN_COUNT = 200, 1000
OPEN_BATCH = 100
FENCE_BITS = 32


class RebuildNeeded(Exception):
    """Redis does not hold this workspace, or not for certain: rebuild it from SQL."""


class UnknownAgent(Exception):
    """The agent was never introduced by `agent` or by a rebuild."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A contact as Redis has it. `state`: q waiting, r kept for the preferred agent, o offered, a active, w wrap-up."""

    contact_id: str
    state: str
    agent_id: str | None
    fence: int


class RoutingFunctions:
    """One for each process and event loop. Calls of one turn of the loop share one round trip."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._batcher = Batcher(redis)

    async def load(self) -> None:
        """Loads the library if this version is missing or differs. Called by itself when a function is not found."""
        await self._batcher.load()

    # Daily business

    async def enqueue(self, workspace_id: str, contact: ContactDescription, *, now_ms: int) -> Outcome:
        """A contact begins to wait. `applied=False`: Redis has it already, in whatever state."""
        return await self._outcome("enqueue", workspace_id, now_ms, *wire.contact_arguments(contact))

    async def wake(self, workspace_id: str, contact: ContactDescription, *, now_ms: int) -> Outcome:
        """A parked contact comes back: to `contact.preferred` if ready within its time, else to the queue."""
        return await self._outcome("wake", workspace_id, now_ms, *wire.contact_arguments(contact))

    async def accept(self, workspace_id: str, contact_id: str, agent_id: str, fence: int, *, now_ms: int) -> Outcome:
        """After SQL granted it. `applied=False`: Redis went on without it, call `sync` with what SQL says."""
        return await self._outcome("accept", workspace_id, now_ms, contact_id, agent_id, fence)

    async def decline(self, workspace_id: str, contact_id: str, agent_id: str, fence: int, *, now_ms: int) -> Outcome:
        """The contact keeps its place; this agent is not asked for it again for 30 s and stays ready."""
        return await self._outcome("decline", workspace_id, now_ms, contact_id, agent_id, fence)

    async def done(
        self,
        workspace_id: str,
        contact_id: str,
        agent_id: str,
        fence: int,
        *,
        now_ms: int,
        wrap_up_blocks: bool = False,
    ) -> Outcome:
        """The end of handling. With `wrap_up_blocks` the slot stays taken until `done` comes again without it."""
        blocks = int(wrap_up_blocks)
        return await self._outcome("done", workspace_id, now_ms, contact_id, agent_id, fence, blocks)

    async def park(self, workspace_id: str, contact_id: str, agent_id: str, fence: int, *, now_ms: int) -> Outcome:
        """Frees the slot. Redis forgets the contact until `wake`."""
        return await self._outcome("park", workspace_id, now_ms, contact_id, agent_id, fence)

    async def cancel(self, workspace_id: str, contact_id: str, *, now_ms: int) -> Outcome:
        """A waiting or offered contact goes away (abandoned, spam); a pending offer is withdrawn."""
        return await self._outcome("cancel", workspace_id, now_ms, contact_id)

    async def transfer(
        self, workspace_id: str, contact: ContactDescription, agent_id: str, fence: int, *, now_ms: int
    ) -> Outcome:
        """An active contact leaves `agent_id` and waits by its new description: other queue, skills, or an agent
        (`preferred` with `direct` and `return_to`). Give the old score and `queued_at_ms` to keep its place. Unless
        it returns to them, the agent who gave it away is not asked for 30 s."""
        return await self._outcome("transfer", workspace_id, now_ms, agent_id, fence, *wire.contact_arguments(contact))

    async def requeue(self, workspace_id: str, contact: ContactDescription, *, now_ms: int) -> Outcome:
        """A contact that waits or is offered waits on by a new description (priority, queue, skills)."""
        return await self._outcome("requeue", workspace_id, now_ms, *wire.contact_arguments(contact))

    async def occupy(self, workspace_id: str, agent_id: str, leg_id: str, *, now_ms: int) -> bool:
        """Marks the agent busy for a dial-out or consult leg. False: on a call, being called, or on another leg."""
        return (await self._outcome("occupy", workspace_id, now_ms, agent_id, leg_id)).applied

    async def vacate(self, workspace_id: str, agent_id: str, leg_id: str, *, now_ms: int) -> Outcome:
        """Ends `occupy`; harmless when it has ended."""
        return await self._outcome("vacate", workspace_id, now_ms, agent_id, leg_id)

    async def agent(self, workspace_id: str, agent: AgentDescription, *, now_ms: int) -> Outcome:
        """Introduces an agent or brings skills, capacity and presence up to date; slots in use stay in use."""
        return await self._outcome("agent", workspace_id, now_ms, *wire.agent_arguments(agent))

    async def presence(self, workspace_id: str, agent_id: str, presence: RoutingPresence, *, now_ms: int) -> Outcome:
        """OFFLINE and LOST withdraw a pending offer, NOT_READY lets it ring out; active contacts stay as they are."""
        return await self._outcome("presence", workspace_id, now_ms, agent_id, presence)

    async def skills(
        self, workspace_id: str, agent_id: str, skills: Mapping[str, int], capacity: Capacity, *, now_ms: int
    ) -> Outcome:
        """Replaces all skills {skill id: 1..10} and the capacity."""
        slots = (capacity.voice, capacity.chat, capacity.message)
        return await self._outcome("skills", workspace_id, now_ms, agent_id, requirements_text(skills), *slots)

    # Upkeep

    async def tick(self, workspace_id: str, *, now_ms: int, limit: int = 25) -> Outcome:
        """Deals with up to `limit` deadlines: unanswered offers, relaxation, overflow, ended reservations and
        exclusions. Any node may call it, several at once too. `more`: call again."""
        return await self._outcome("tick", workspace_id, now_ms, limit)

    async def sync(self, workspace_id: str, truth: ContactTruth, *, now_ms: int) -> Outcome:
        """Puts one contact to what SQL says, whatever Redis thought; withdraws an offer that SQL does not know."""
        return await self._outcome("sync", workspace_id, now_ms, *wire.truth_arguments(truth))

    async def rebuild(
        self,
        workspace_id: str,
        *,
        epoch: int,
        agents: Iterable[AgentDescription],
        contacts: AsyncIterable[ContactTruth],
        now_ms: int,
    ) -> Outcome:
        """Empties the workspace and loads it from SQL. `epoch` comes from SQL and grows with each rebuild: fences begin
        at epoch << 32. Other calls get `RebuildNeeded` meanwhile. Raises it itself if another rebuild took over."""
        await self._empty(workspace_id, now_ms)
        await self._call("begin", workspace_id, now_ms, epoch, epoch << FENCE_BITS)
        for batch in _batches([wire.agent_arguments(agent) for agent in agents], LOAD_BATCH):
            await self._load("load_agents", workspace_id, now_ms, epoch, batch)
        effects: list[Effect] = []
        waiting: list[tuple[Argument, ...]] = []
        async for truth in contacts:
            waiting.append(wire.truth_arguments(truth))
            if len(waiting) == LOAD_BATCH:
                effects += await self._load("load_contacts", workspace_id, now_ms, epoch, waiting)
                waiting = []
        effects += await self._load("load_contacts", workspace_id, now_ms, epoch, waiting)
        effects += await self._open(workspace_id, epoch, now_ms)
        return Outcome(applied=True, effects=tuple(effects))

    async def ack(self, workspace_id: str, effects: Iterable[Effect]) -> None:
        """SQL has these effects: they are removed from the stream."""
        if ids := [effect.event_id for effect in effects]:
            await self._batcher.remove(f"{_tag(workspace_id)}:ev", ids)

    async def leftovers(self, workspace_id: str, *, older_than_ms: int = 1000, limit: int = 100) -> list[Effect]:
        """Effects that nobody acked for `older_than_ms` of the Redis clock, oldest first."""
        seconds, micros = await self._redis.time()
        latest = int(seconds) * 1000 + int(micros) // 1000 - older_than_ms
        entries: Any = await self._redis.xrange(f"{_tag(workspace_id)}:ev", "-", latest, count=limit)
        return wire.effects_of(entries)

    # Views

    async def stats(self, workspace_id: str, *, now_ms: int) -> dict[str, Any]:
        """`queues` {id: waiting, kept, head_since_ms}, `idle` {class: agents}, `agents`, `deadlines`,
        `unread_effects`, `epoch`."""
        found: dict[str, Any] = await self._view("stats", workspace_id, now_ms)
        return found

    async def position(self, workspace_id: str, contact_id: str, *, now_ms: int) -> dict[str, Any] | None:
        """`queue_id`, `ahead` (contacts of the queue with a lower score), `step`, `since_ms`; None: does not wait."""
        return await self._view("position", workspace_id, now_ms, contact_id) or None

    async def contact(self, workspace_id: str, contact_id: str, *, now_ms: int) -> dict[str, Any] | None:
        """`state` (see `Held`), `agent_id`, `fence`, `step`, `preferred`, `queue_id`, `score_ms`."""
        found = await self._view("contact", workspace_id, now_ms, contact_id)
        return {**found, "fence": int(found["fence"])} if found else None

    async def agent_load(self, workspace_id: str, agent_id: str, *, now_ms: int) -> dict[str, Any] | None:
        """`presence`, slots in use by class, `pending` contact, `legs`, `free` by class, `idle_since_ms`."""
        return await self._view("load", workspace_id, now_ms, agent_id) or None

    async def eligible(
        self, workspace_id: str, requirements: Mapping[str, int], *, now_ms: int, limit: int = 1000
    ) -> list[str]:
        """Ids of the agents with these skills, whatever their presence."""
        return list(await self._view("eligible", workspace_id, now_ms, requirements_text(requirements), limit))

    async def signatures(self, workspace_id: str, *, now_ms: int) -> list[dict[str, Any]]:
        """Requirement sets with somebody waiting: `id`, `queue_id`, `class`, `requirements` {skill: level}, `waiting`,
        `eligible` (agents)."""
        found = list(await self._view("signatures", workspace_id, now_ms))
        return [{**item, "requirements": wire.levels_of(item["requirements"])} for item in found]

    async def waiting(self, workspace_id: str, signature_id: str, *, now_ms: int, limit: int = 100) -> list[str]:
        """Contacts that wait with this signature, in their order."""
        return list(await self._view("waiting", workspace_id, now_ms, signature_id, limit))

    async def held(self, workspace_id: str, *, now_ms: int) -> AsyncIterable[Held]:
        """Every contact that Redis has, in no order, for an audit against SQL. Reads in small steps."""
        start = f"{_tag(workspace_id)}:c:"
        async for keys in self._pages(f"{start}*"):
            ids = [wire.text_of(key)[len(start) :] for key in keys]
            found = await asyncio.gather(*(self.contact(workspace_id, item, now_ms=now_ms) for item in ids))
            for contact_id, contact in zip(ids, found, strict=True):
                if contact is not None:
                    yield Held(
                        contact_id=contact_id,
                        state=contact["state"],
                        agent_id=contact.get("agent_id"),
                        fence=contact["fence"],
                    )

    async def is_open(self, workspace_id: str, *, now_ms: int) -> bool:
        """Whether Redis holds the workspace for certain; False asks for a rebuild."""
        try:
            await self._call("stats", workspace_id, now_ms)
        except RebuildNeeded:
            return False
        return True

    async def _empty(self, workspace_id: str, now_ms: int) -> None:
        await self._call("close", workspace_id, now_ms)
        async for keys in self._pages(f"{_tag(workspace_id)}:*"):
            await self._redis.unlink(*keys)

    async def _pages(self, pattern: str) -> AsyncIterator[list[Any]]:
        """Keys in pages, so that neither Redis nor the event loop is held up."""
        page: list[Any] = []
        async for key in self._redis.scan_iter(match=pattern, count=SCAN_COUNT):
            page.append(key)
            if len(page) == PAGE:
                yield page
                page = []
        if page:
            yield page

    async def _load(
        self, name: str, workspace_id: str, now_ms: int, epoch: int, batch: Sequence[tuple[Argument, ...]]
    ) -> tuple[Effect, ...]:
        if not batch:
            return ()
        return (
            await self._outcome(name, workspace_id, now_ms, epoch, *(item for row in batch for item in row))
        ).effects

    async def _open(self, workspace_id: str, epoch: int, now_ms: int) -> list[Effect]:
        effects: list[Effect] = []
        more = True
        while more:
            outcome = await self._outcome("open", workspace_id, now_ms, epoch, OPEN_BATCH)
            effects += outcome.effects
            more = outcome.more
        return effects

    async def _outcome(self, name: str, workspace_id: str, *arguments: Argument) -> Outcome:
        return wire.outcome_of(await self._call(name, workspace_id, *arguments))

    async def _view(self, name: str, workspace_id: str, *arguments: Argument) -> Any:
        return json.loads((await self._call(name, workspace_id, *arguments))[1])

    async def _call(self, name: str, workspace_id: str, *arguments: Argument) -> list[Any]:
        try:
            reply: list[Any] = await self._batcher.send(
                "FCALL", f"{NAME}_{name}", 1, _tag(workspace_id), wire.packed(arguments)
            )
        except ResponseError as error:
            raise _translated(error) from error
        return reply


def _tag(workspace_id: str) -> str:
    """All keys of a workspace share this hash tag: it is the shard key of a Redis Cluster."""
    return "{w:" + workspace_id + "}"


def _translated(error: ResponseError) -> Exception:
    text = str(error)
    if "AXDREBUILD" in text:
        return RebuildNeeded(text)
    return UnknownAgent(text) if "AXDAGENT" in text else error


def _batches(rows: list[tuple[Argument, ...]], size: int) -> Iterable[list[tuple[Argument, ...]]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))
