"""`make bench`: every measurement, and the page that tells of it together with the machine it ran on."""

import asyncio
import os
import platform
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from server.bench.asterisk_server import NoAsterisk
from server.bench.ingest import Amount, run_ingest
from server.bench.ingest_feeds import FEEDS
from server.bench.message import run_message
from server.bench.postgres_server import private_postgres
from server.bench.routing import growth_exponent, run_routing
from server.bench.voice import run_voice

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
LOOK_S = 5.0
BUSY_SHARE = 0.15
SIZES = (10, 100, 1000, 10_000)
WAITING = 1000
ROUTING_S = 10.0
CHATS, RATE, MESSAGE_S = 1000, 300.0, 30.0
INGEST_S = 10.0
NO_ASTERISK = "Not measured: there is no Asterisk here; run `scripts/install-asterisk`."
CALLS, CALLS_S = 300, 30.0

ROUTING_COLUMNS = (
    *("agents", "assignments_per_s", "noop_per_s", "ratio", "redis_cpu_us"),
    *("enqueue_p50_us", "enqueue_p99_us", "done_p50_us", "done_p99_us"),
)
MESSAGE_COLUMNS = (
    *("database", "chats", "rate", "p50_ms", "p99_ms", "acknowledged_p50_ms", "acknowledged_p99_ms"),
    *("sent", "acknowledged", "received"),
)
INGEST_COLUMNS = ("channel", "items_per_s", "p50_ms", "p99_ms", "rss_mb", "opened", "continued")
VOICE_COLUMNS = (
    *("channels", "gaps_over_60ms", "plain_gaps_over_60ms", "invite_200_p50_ms", "invite_200_p99_ms"),
    *("plain_invite_200_p99_ms", "first_audio_p50_ms", "first_audio_p99_ms", "ring_p50_ms", "ring_p99_ms"),
    *("digits_right", "digits_right_60ms"),
)
TEMPLATE = """# Performance

Written by `make bench`. Absolute figures belong to the machine below; take ratios to another one. Longer runs are in
[long-runs.md](long-runs.md).

{void}- When: {now:%Y-%m-%d %H:%M} UTC
- Machine: {machine.cores} cores, {machine.processor}, {machine.memory_gib} GiB
- Used by others just before: {machine.busy:.1%} of all cores
- Python {python}, {system}

## Routing

`axd bench routing`: whole cycles of enqueue, accept and done with {waiting} contacts waiting. `ratio` is assignments
against no-op function calls of the same client in the same batches.

{routing}

Growth exponent of Redis CPU from {smallest} to {largest} agents: {exponent} (goal: at most 0.12). Goal of the ratio at
1,000 agents and 1,000 waiting: at least 0.10.

## Messages

`axd bench message`: a citizen's message in an open chat, parsed, permitted, committed durably and on the agent's page.
The clients run on the same machine and share its cores. Goal: p99 of 25 ms at 300 messages a second and 1,000 chats.

{message}

## Ingest

`axd bench ingest`: stored, parsed, routed and enqueued, in one process. What is `opened` began a contact, what is
`continued` went into an open one; to open is what costs.

{ingest}

## Calls

`axd bench voice`: channels in the menu of the whole product on Asterisk, beside the same prompts by a plain dial plan.
`ring`: from the queue to the INVITE at the agent's telephone, with 50 agents; `digits_right` of 1,000 keys. Goals: no
gap over 60 ms with 300 channels, ring p99 below 50 ms.

{voice}
"""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """`busy`: the share of all cores that others used while nothing was measured yet."""

    cores: int
    processor: str
    memory_gib: float
    busy: float

    @property
    def is_calm(self) -> bool:
        return self.busy <= BUSY_SHARE


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What was measured, a row each. `voice` is None where there is no Asterisk."""

    routing: Sequence[dict[str, Any]]
    exponent: float | None
    message: Sequence[dict[str, Any]]
    ingest: Sequence[dict[str, Any]]
    voice: dict[str, Any] | None


def run_all(show: Callable[[dict[str, Any]], None]) -> None:
    """Measure everything, show each line as it comes, write docs/performance.md."""
    machine = look_at_machine()
    routing = []
    for agents in SIZES:
        routing.append(_apart(run_routing, agents, WAITING, ROUTING_S, None))
        show(routing[-1])
    exponent = growth_exponent(routing)
    show({"cpu_growth_exponent": exponent, "agents": list(SIZES)})
    message = [_apart(run_message, CHATS, RATE, MESSAGE_S, None)]
    show(message[0])
    message.append(asyncio.run(_on_postgres()))
    show(message[1])
    ingest = []
    for channel in FEEDS:
        ingest.append(_apart(run_ingest, channel, Amount(seconds=INGEST_S)))
        show(ingest[-1])
    voice = _calls()
    show(voice or {"voice": NO_ASTERISK})
    tables = Tables(routing=routing, exponent=exponent, message=message, ingest=ingest, voice=voice)
    PAGE.write_text(page(machine, tables), "utf-8")


def _apart(measure: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """In a process of its own: what one measurement leaves in memory must not slow down the next."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, *arguments).result()


def _calls() -> dict[str, Any] | None:
    try:
        return _apart(run_voice, CALLS, CALLS_S)
    except NoAsterisk:
        return None


async def _on_postgres() -> dict[str, Any]:
    async with private_postgres() as url:
        return await asyncio.to_thread(_apart, run_message, CHATS, RATE, MESSAGE_S, url)


def look_at_machine() -> Machine:
    """Watch the machine for some seconds before it is measured on."""
    before, began = _cpu_times(), time.monotonic()
    while time.monotonic() - began < LOOK_S:
        time.sleep(0.5)
    after = _cpu_times()
    total, idle = after[0] - before[0], after[1] - before[1]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Machine(
        cores=os.cpu_count() or 1,
        processor=_processor(),
        memory_gib=round(memory, 1),
        busy=round(1 - idle / total, 3) if total else 0.0,
    )


def _cpu_times() -> tuple[int, int]:
    """Jiffies of all cores since boot: all, and idle or waiting for the disk (proc(5), /proc/stat)."""
    words = [int(word) for word in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:]]
    return sum(words[:8]), words[3] + words[4]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def page(machine: Machine, tables: Tables) -> str:
    """The whole of docs/performance.md."""
    return TEMPLATE.format(
        void=_void(machine),
        now=datetime.now(UTC),
        machine=machine,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()}",
        waiting=WAITING,
        routing=_table(tables.routing, ROUTING_COLUMNS),
        exponent=tables.exponent,
        smallest=SIZES[0],
        largest=SIZES[-1],
        message=_table([{**line, **line["hops"]} for line in tables.message], MESSAGE_COLUMNS),
        ingest=_table(tables.ingest, INGEST_COLUMNS),
        voice=_table([tables.voice], VOICE_COLUMNS) if tables.voice else NO_ASTERISK,
    )


def _void(machine: Machine) -> str:
    if machine.is_calm:
        return ""
    return f"**Void: others used {machine.busy:.0%} of the machine. Repeat it on an idle one.**\n\n"


def _table(lines: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    head = ["| " + " | ".join(columns) + " |", "|" + " ---: |" * len(columns)]
    rows = ["| " + " | ".join(str(line.get(column)) for column in columns) + " |" for line in lines]
    return "\n".join(head + rows)
