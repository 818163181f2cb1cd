"""`python -m tests.chaos.kill_audit --kills 200`: kill -9 at random, all processes, Redis and the supervisor included.

Citizens and agents go on throughout. At the end their journal is compared with the database: nothing acknowledged may
be lost, nothing doubled, nothing assigned twice, and every contact must come to its end.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from server.bench.trial import Trial
from tests.chaos.clients import Agent, citizen
from tests.chaos.journal import Journal
from tests.chaos.verdict import unfinished, violations

AGENTS = 3
CITIZENS = 8
CALM_S = (0.2, 2.5)
SETTLE_S = 180.0
KINDS = ("server.web", "server.gateway", "server.worker", "redis")


async def audit(kills: int, seed: int) -> dict[str, Any]:
    """One audit; `violations` in the answer is empty when all is well."""
    dice, journal, began = random.Random(seed), Journal(), time.monotonic()
    async with Trial.started(agents=AGENTS, chats_per_agent=6) as trial:
        agents = [Agent(trial.base, login, password, journal) for login, password in trial.agents]
        staff = [asyncio.create_task(agent.run()) for agent in agents]
        public = [asyncio.create_task(citizen(trial.base, journal, random.Random(n))) for n in range(CITIZENS)]
        await _kill_at_random(trial, kills, journal, dice)
        journal.stopping = True
        await asyncio.wait_for(asyncio.gather(*public), SETTLE_S)
        database = trial.data_dir / "axd.db"
        await _settle(database)
        for task in staff:
            task.cancel()
        await asyncio.gather(*staff, return_exceptions=True)
        found = violations(database, journal)
        if found:
            sys.stderr.write((trial.data_dir / "platform.log").read_text(errors="replace")[-20_000:])
    return {
        "kills": sum(journal.kills.values()),
        "killed": dict(journal.kills),
        "citizens_messages_acknowledged": len(journal.said),
        "replies_acknowledged": len(journal.replied),
        "offers_accepted": len(journal.accepted),
        "seconds": round(time.monotonic() - began),
        "violations": found,
    }


async def _kill_at_random(trial: Trial, kills: int, journal: Journal, dice: random.Random) -> None:
    while sum(journal.kills.values()) < kills:
        await asyncio.sleep(dice.uniform(*CALM_S))
        kind = dice.choice((*KINDS, *KINDS, *KINDS, "supervisor"))
        if kind == "supervisor":
            await _kill_supervisor(trial, journal)
        elif (pid := _pid_of(trial, kind)) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                journal.kills[kind] += 1


async def _kill_supervisor(trial: Trial, journal: Journal) -> None:
    if trial.process is not None and trial.process.returncode is None:
        trial.process.kill()
        await trial.process.wait()
        journal.kills["supervisor"] += 1
        await trial.start()


def _pid_of(trial: Trial, kind: str) -> int | None:
    """A process of this platform whose command line names `kind`; only children of ours are ever looked at."""
    if trial.process is None:
        return None
    for pid in _children(trial.process.pid):
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if kind in command or (kind == "redis" and "valkey" in command):
                return pid
    return None


def _children(parent: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{parent}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


async def _settle(database: Path) -> None:
    deadline = time.monotonic() + SETTLE_S
    while unfinished(database) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    result = asyncio.run(audit(arguments.kills, arguments.seed))
    sys.stdout.write(json.dumps({"seed": arguments.seed, **result}, ensure_ascii=False, indent=1) + "\n")
    sys.exit(1 if result["violations"] else 0)


if __name__ == "__main__":
    main()
