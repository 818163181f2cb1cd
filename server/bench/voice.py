"""How many calls Asterisk carries under our engine, beside a plain dial plan on the same Asterisk in the same run.

The callers are a process of their own. `ring` is from the order to call an agent to the INVITE at his phone, with 50
phones; what the router needs before is measured by `axd bench routing`.
"""

import asyncio
import json
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np

from kit.tasks import stop
from server.bench.asterisk_server import AsteriskServer
from server.bench.callers import HOST, Load
from server.bench.message import percentile
from telephony.asterisk.configuration import FROM_TRUNK
from telephony.asterisk.engine import AsteriskEngine
from telephony.asterisk.prompts import keep_forms
from telephony.asterisk.settings import AsteriskSettings
from telephony.calls import Adopted, CallFailed, CallLeg, Dial, LegEnded, Media
from telephony.guard import FloodGuard, GuardSettings
from telephony.lines.book import Book, Trunk
from telephony.waveform import RATE_HZ, write_wav
from telephony.web_pass import WebPasses

IVR, PLAIN, DIGITS = "12396", "12397", "12398"
PROMPT_S = 10
PER_SECOND = 20.0
PHONES, RINGS = 50, 200
RING_EVERY_S = 0.05
DIGITS_EACH, DIGIT_CALLS = 50, 20
PACES = {"digits_right": 5, "digits_right_60ms": 3}
START_TIMEOUT_S = 30.0
PLENTY = GuardSettings(source_calls=1_000_000, calls_per_second=1_000_000)


def run_voice(channels: int, seconds: float) -> dict[str, Any]:
    """Blocks for about four times `seconds` and a minute. Raises `NoAsterisk`."""
    with tempfile.TemporaryDirectory(prefix="axd-bench-voice-") as folder:
        return asyncio.run(_run(Path(folder), channels, seconds))


async def _run(folder: Path, channels: int, seconds: float) -> dict[str, Any]:
    prompt = _prompt(folder)
    async with _asterisk(folder, prompt) as server:
        local_port = _free_port(HOST)
        desk = Desk(prompt)
        async with _engine(server, desk, local_port) as engine:
            load = Load(server_port=server.settings.sip_port, local_port=local_port, per_second=PER_SECOND)
            many = replace(load, calls=channels, seconds=channels / PER_SECOND + seconds)
            ours = await _callers(replace(many, number=IVR))
            plain = await _callers(replace(many, number=PLAIN))
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
                "first_audio_p99_ms": _ms(ours["first_sound_ns"], 99),
            }
            line |= await _ring(engine, load)
            for name, ticks in PACES.items():
                line[name] = await _digits(desk, load, ticks)
            return line


class Desk:
    """What happens to the calls of the measurement."""

    def __init__(self, prompt: Media) -> None:
        self._prompt = prompt
        self.pressed: list[str] = []

    async def incoming(self, leg: CallLeg) -> None:
        try:
            await leg.answer()
            if leg.dialled == DIGITS:
                self.pressed.append(await leg.collect_digits(2 * DIGITS_EACH, 20, terminator="", gap_s=2))
            while True:
                await leg.play(self._prompt, stop_on_digit=True)
        except LegEnded:
            return

    async def adopted(self, _adopted: Adopted) -> None:
        return None


async def _ring(engine: AsteriskEngine, load: Load) -> dict[str, Any]:
    """Agents are rung one after the other, as a queue does that always has someone waiting."""
    ordered: dict[str, list[int]] = {}
    listening = asyncio.create_task(_callers(replace(load, seconds=RINGS * RING_EVERY_S + 3)))
    await asyncio.sleep(1)
    for number in range(RINGS):
        phone = f"+8610{number % PHONES:08}"
        ordered.setdefault(phone, []).append(time.time_ns())
        try:
            await engine.originate(Dial(to=phone, caller=IVR, timeout_s=5))
        except CallFailed:
            ordered[phone].pop()
        await asyncio.sleep(RING_EVERY_S)
    waits: list[int] = []
    came: dict[str, list[int]] = {}
    for phone, at_ns in (await listening)["rung"]:
        came.setdefault(phone, []).append(at_ns)
    for phone, moments in ordered.items():
        waits += [at - order for order, at in zip(moments, came.get(phone, []), strict=False)]
    return {"ring_p50_ms": _ms(waits, 50), "ring_p99_ms": _ms(waits, 99), "rung": len(waits), "rings": RINGS}


async def _digits(desk: Desk, load: Load, ticks: int) -> int:
    """Keys that came right of 1,000."""
    keys = "".join(secrets.choice("0123456789") for _ in range(DIGITS_EACH))
    seconds = 2 * ticks * 0.02 * DIGITS_EACH + 6
    desk.pressed.clear()
    await _callers(replace(load, number=DIGITS, calls=DIGIT_CALLS, seconds=seconds, keys=keys, key_ticks=ticks))
    return sum(_right(keys, got) for got in desk.pressed)


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


@asynccontextmanager
async def _asterisk(folder: Path, prompt: Media) -> AsyncIterator[AsteriskServer]:
    settings = AsteriskSettings(
        shared_dir=folder / "shared", ari_port=_free_port("127.0.0.1"), sip_port=_free_port("127.0.0.1")
    )
    keep_forms(folder / "plain", np.frombuffer(prompt.path.read_bytes()[44:], dtype=np.int16))
    plain = (
        f"[{FROM_TRUNK}](+)\nexten => {PLAIN},1,Answer(,i)\n same => n(again),Playback({folder}/plain)\n"
        " same => n,Goto(again)\n"
    )
    server = AsteriskServer(folder=folder, settings=settings, password="bench", extra={"extensions.conf": plain})  # noqa: S106
    server.start()
    try:
        yield server
    finally:
        server.kill()


@asynccontextmanager
async def _engine(server: AsteriskServer, desk: Desk, local_port: int) -> AsyncIterator[AsteriskEngine]:
    trunk = Trunk(id="bench", name="Bench", host=HOST, port=local_port, prefixes=("",))

    async def book() -> Book:
        return Book(trunks=(trunk,))

    engine = AsteriskEngine(server.settings, server.password, book, FloodGuard(PLENTY), WebPasses(b""))
    running = asyncio.create_task(engine.run(desk.incoming, desk.adopted))

    async def ready() -> bool:
        return (await engine.check()).ok

    try:
        await _until(ready)
        yield engine
    finally:
        await stop([running])


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(START_TIMEOUT_S):
        while not await condition():
            await asyncio.sleep(0.1)


def _prompt(folder: Path) -> Media:
    """Ten seconds of a tone: what is said does not matter, that it comes without a gap does."""
    time_s = np.arange(PROMPT_S * RATE_HZ) / RATE_HZ
    path = folder / "prompt.wav"
    write_wav(path, (4000 * np.sin(2 * np.pi * 440 * time_s)).astype(np.int16))
    return Media(path=path, duration_s=PROMPT_S)


def _ms(nanoseconds: list[int], percent: int) -> float | None:
    return percentile([one / 1e9 for one in nanoseconds], percent)


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
