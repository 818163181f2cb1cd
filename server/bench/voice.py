"""How many calls are carried in the menu through this system's gateway, beside a plain dial plan on the same Asterisk.

Everything is real but the callers, who are a process of their own: `axd up`, its gateway, the interpreter with recorded
prompts, the router with 50 agents, whose telephones ring. A gap is a pause of more than 60 ms in what a caller hears.
`ring`: from the moment the call is in the queue to the INVITE at the agent's telephone.
"""

import asyncio
import json
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from kit.tasks import stop
from server.bench.callers import Load
from server.bench.clients import DeskClient
from server.bench.message import percentile
from server.bench.voice_house import DIGITS, DIGITS_EACH, IVR, PLAIN, RING, VoiceHouse, until, voice_house

PER_SECOND = 10.0
AGENTS, RINGS, RINGS_PER_SECOND = 50, 100, 4.0
DIGIT_CALLS = 25
PACES = {"digits_right": 5, "digits_right_60ms": 3}
NUMBER_DIGITS = 11
BATCH = 10_000


def run_voice(channels: int, seconds: float) -> dict[str, Any]:
    """Blocks for about three times `seconds` and two minutes. Raises `NoAsterisk`."""
    with tempfile.TemporaryDirectory(prefix="axd-bench-voice-") as folder:
        return asyncio.run(_run(Path(folder), channels, seconds))


async def _run(folder: Path, channels: int, seconds: float) -> dict[str, Any]:
    all_s = channels / PER_SECOND + seconds
    async with voice_house(folder, AGENTS, all_s) as house:
        load = Load(
            server_port=house.server.settings.sip_port,
            local_port=house.local_port,
            per_second=PER_SECOND,
            calls=channels,
            seconds=all_s,
        )
        ours = await _callers(replace(load, number=IVR))
        plain = await _callers(replace(load, number=PLAIN, first=BATCH))
        line = {
            "channels": channels,
            "seconds": seconds,
            "gaps_over_60ms": ours["gaps"],
            "plain_gaps_over_60ms": plain["gaps"],
            "refused": ours["refused"],
            "silent": ours["silent"],
            "invite_200_p50_ms": _ms(ours["invite_200_ns"], 50),
            "invite_200_p99_ms": _ms(ours["invite_200_ns"], 99),
            "plain_invite_200_p99_ms": _ms(plain["invite_200_ns"], 99),
            "first_audio_p50_ms": _ms(ours["first_sound_ns"], 50),
            "first_audio_p99_ms": _ms(ours["first_sound_ns"], 99),
        }
        for number, (name, ticks) in enumerate(PACES.items(), start=2):
            line[name] = await _digits(house, replace(load, first=number * BATCH), ticks)
        return line | await _ring(house, replace(load, first=5 * BATCH))


async def _ring(house: VoiceHouse, load: Load) -> dict[str, Any]:
    """Callers go straight to the queue, and leave when the agent's telephone rings: it is somebody else's turn then."""
    since = house.services.database.clock.now()
    seconds = RINGS / RINGS_PER_SECOND + 5
    load = replace(load, number=RING, calls=RINGS, per_second=RINGS_PER_SECOND, seconds=seconds, phones=house.phones)
    async with _agents(house):
        heard = await _callers(load)
    queued = {
        row.caller[-NUMBER_DIGITS:]: row.queued_at.timestamp() * 1e9
        for row in await house.calls(RING, since)
        if row.queued_at is not None
    }
    waits = [at_ns - queued[caller[-NUMBER_DIGITS:]] for caller, at_ns in heard["rung"]]
    return {"ring_p50_ms": _ms(waits, 50), "ring_p99_ms": _ms(waits, 99), "rung": len(waits), "rings": RINGS}


@asynccontextmanager
async def _agents(house: VoiceHouse) -> AsyncIterator[None]:
    """All of them at their pages, ready."""
    desks = [DeskClient(house.trial.base) for _ in house.trial.agents]
    pages: list[asyncio.Task[None]] = []
    try:
        for desk, (login, password) in zip(desks, house.trial.agents, strict=True):
            await desk.sign_in(login, password)
            pages.append(asyncio.create_task(_stay(desk, (await desk.get("snapshot"))["cursor"])))

            async def ready(desk: DeskClient = desk) -> bool:
                return bool((await desk.post("presence", {"presence": "ready"}))["state"] == "ready")

            await until(ready)
        yield
    finally:
        await stop(pages)
        await asyncio.gather(*(desk.close() for desk in desks))


async def _stay(desk: DeskClient, cursor: str) -> None:
    async for _ in desk.events(cursor):
        continue


async def _digits(house: VoiceHouse, load: Load, ticks: int) -> int:
    """Keys that are kept as they were pressed, of 1,000."""
    keys = "".join(secrets.choice("0123456789") for _ in range(DIGITS_EACH))
    since = house.services.database.clock.now()
    seconds = DIGIT_CALLS / PER_SECOND + 2 * ticks * 0.02 * DIGITS_EACH + 5
    await _callers(replace(load, number=DIGITS, calls=DIGIT_CALLS, seconds=seconds, keys=keys, key_ticks=ticks))

    async def written() -> bool:
        return all(row.ended_at for row in await house.calls(DIGITS, since))

    await until(written)
    rows = await house.calls(DIGITS, since)
    return sum(_right(keys, "".join(step["keys"] for step in row.path)) for row in rows)


def _right(keys: str, got: str) -> int:
    """How many keys came, in order; each that came besides takes one away."""
    blocks = SequenceMatcher(None, keys, got, autojunk=False).get_matching_blocks()
    return max(0, sum(block.size for block in blocks) - max(0, len(got) - len(keys)))


async def _callers(load: Load) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.bench.callers", json.dumps(asdict(load))), stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError("the callers failed; see their message above")
    heard: dict[str, Any] = json.loads(answer)
    return heard


def _ms(nanoseconds: list[float], percent: int) -> float | None:
    return percentile([one / 1e9 for one in nanoseconds], percent)
