"""The platform of `axd bench voice`: its own Asterisk, menus with recorded prompts, agents with SIP telephones."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import select

from records.staff.tables import AccountRow
from server.bench.asterisk_server import AsteriskServer
from server.bench.callers import HOST
from server.bench.trial import Trial
from server.settings import Settings
from server.wiring import Services, build
from telephony.asterisk.configuration import FROM_TRUNK
from telephony.asterisk.prompts import keep_forms
from telephony.asterisk.settings import AsteriskSettings
from telephony.ivr.flow import Flow
from telephony.ivr.nodes import Answer, AnyNode, Digits, HangUp, Part, Play, Queue
from telephony.lines import service as lines
from telephony.lines.schemas import PhoneSettings, TrunkSettings
from telephony.prompts.sound import Edits
from telephony.prompts.store import Place, Prompts
from telephony.switchboard import flows
from telephony.tables import CallRow
from telephony.waveform import RATE_HZ, Samples, write_wav

IVR, PLAIN, DIGITS, RING = "12396", "12397", "12398", "12399"
MENUS = {IVR: "bench_ivr", DIGITS: "bench_digits", RING: "bench_ring"}
PROMPT, PROMPT_S, LANGUAGE = "bench", 10, "zh-CN"
PASSWORD = "bench"  # noqa: S105 - of an Asterisk that only this machine reaches, for minutes
DIGITS_EACH = 40
FIRST_PHONE = 2001
START_TIMEOUT_S, LOOK_S = 60.0, 0.1


@dataclass(frozen=True, kw_only=True)
class VoiceHouse:
    """`phones`: user and secret of the agents' telephones. `local_port`: whence the network calls."""

    trial: Trial
    services: Services
    server: AsteriskServer
    local_port: int
    phones: Sequence[tuple[str, str]]

    async def calls(self, dialled: str, since: datetime) -> list[CallRow]:
        """What is written down of calls to this number that began since then."""
        query = select(CallRow).where(CallRow.dialled == dialled, CallRow.started_at >= since)
        async with self.services.database.unit_of_work(self.services.access, read_only=True) as uow:
            return list(await uow.session.scalars(query))


@asynccontextmanager
async def voice_house(folder: Path, agents: int, prompts_s: float) -> AsyncIterator[VoiceHouse]:
    """`prompts_s`: so long the menu speaks without a pause."""
    settings = AsteriskSettings(
        shared_dir=folder / "shared", ari_port=_free_port("127.0.0.1"), sip_port=_free_port("127.0.0.1")
    )
    tone = _tone()
    server = _asterisk(folder, settings, tone)
    server.start()
    try:
        async with Trial.started(agents=agents, chats_per_agent=1, more=_environment(settings)) as trial:
            services = build(Settings(data_dir=trial.data_dir, asterisk=settings))
            try:
                local_port = _free_port(HOST)
                phones = await _furnish(services, folder, tone, local_port, prompts_s)
                await until(lambda: _has_lines(server))
                yield VoiceHouse(trial=trial, services=services, server=server, local_port=local_port, phones=phones)
            finally:
                await services.close()
    finally:
        server.kill()


def _environment(settings: AsteriskSettings) -> dict[str, str]:
    return {
        "AXD_ASTERISK__SHARED_DIR": str(settings.shared_dir),
        "AXD_ASTERISK__ARI_PORT": str(settings.ari_port),
        "AXD_ASTERISK__ARI_PASSWORD": PASSWORD,
        "AXD_ASTERISK__SIP_PORT": str(settings.sip_port),
        "AXD_GUARD__SOURCE_CALLS": "1000000",
        "AXD_GUARD__CALLS_PER_SECOND": "1000000",
        "AXD_SWITCHBOARD__REDIAL_S": "0",
        "AXD_SPEECH__VOICE": "none",
    }


def _asterisk(folder: Path, settings: AsteriskSettings, tone: Samples) -> AsteriskServer:
    """With a plain dial plan beside ours that plays the same prompt."""
    keep_forms(folder / "plain", tone)
    plain = (
        f"[{FROM_TRUNK}](+)\nexten => {PLAIN},1,Answer(,i)\n same => n(again),Playback({folder}/plain)\n"
        " same => n,Goto(again)\n"
    )
    return AsteriskServer(folder=folder, settings=settings, password=PASSWORD, extra={"extensions.conf": plain})


def _tone() -> Samples:
    """What is said does not matter, that it comes without a gap does."""
    time_s = np.arange(PROMPT_S * RATE_HZ) / RATE_HZ
    return (4000 * np.sin(2 * np.pi * 440 * time_s)).astype(np.int16)


async def _furnish(
    services: Services, folder: Path, tone: Samples, local_port: int, prompts_s: float
) -> list[tuple[str, str]]:
    """Menus, the prompt, the trunk, and a telephone for each agent; as an operator would."""
    database, access = services.database, services.access
    path = folder / "prompt.wav"
    write_wav(path, tone)
    place = Place(key=PROMPT, language=LANGUAGE, name=PROMPT)
    await Prompts(database, services.blobs).upload(access, place, path.read_bytes(), Edits())
    async with database.unit_of_work(access) as uow:
        for dialled, flow in _menus(prompts_s).items():
            await flows.save_draft(uow, MENUS[dialled], MENUS[dialled], flow.model_dump(mode="json"), 0)
            await flows.publish(uow, MENUS[dialled])
        trunk = TrunkSettings(name="Bench", host=HOST, port=local_port, prefixes=("",), flows=MENUS, detects_fax=False)
        await lines.create_trunk(uow, services.secret_box, services.waker, trunk)
        phones = []
        accounts = await uow.session.scalars(select(AccountRow).where(AccountRow.login.startswith("bench")))
        for number, account in enumerate(accounts, start=FIRST_PHONE):
            settings = PhoneSettings(number=str(number), name=account.login, account_id=account.id)
            row, secret = await lines.create_phone(uow, services.secret_box, services.waker, settings)
            phones.append((lines.user_of(row.id), secret))
    return phones


def _menus(prompts_s: float) -> dict[str, Flow]:
    say = (Part(prompt=PROMPT),)
    prompts = [f"prompt_{number}" for number in range(1, int(prompts_s / PROMPT_S) + 2)]
    spoken: dict[str, AnyNode] = {
        key: Play(say=say, next=following) for key, following in zip(prompts, [*prompts[1:], "bye"], strict=True)
    }
    asked = Digits(
        say=say, variable="keys", limit=DIGITS_EACH, timeout_s=20, next="bye", on_silence="bye", on_invalid="bye"
    )
    bye: dict[str, AnyNode] = {"bye": HangUp()}
    return {
        IVR: Flow(start="answer", nodes={"answer": Answer(next=prompts[0]), **spoken, **bye}),
        DIGITS: Flow(start="answer", nodes={"answer": Answer(next="keys"), "keys": asked, **bye}),
        RING: Flow(start="answer", nodes={"answer": Answer(next="line"), "line": Queue(queue="phone")}),
    }


async def _has_lines(server: AsteriskServer) -> bool:
    known = await asyncio.to_thread(server.command, "pjsip show identifies")
    return HOST in known


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = START_TIMEOUT_S) -> None:
    """Raises `TimeoutError`."""
    async with asyncio.timeout(timeout_s):
        while not await condition():
            await asyncio.sleep(LOOK_S)


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
