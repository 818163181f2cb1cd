"""A real Asterisk for tests: started once for a run, and telephones around an engine that it carries."""

import asyncio
import atexit
import functools
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from server.bench.asterisk_server import AsteriskServer, NoAsterisk, find_program
from telephony.asterisk.engine import AsteriskEngine
from telephony.asterisk.settings import AsteriskSettings
from telephony.calls import CallLeg
from telephony.guard import FloodGuard, GuardSettings
from telephony.lines.book import Book, Phone, PhoneKind, Trunk
from telephony.web_pass import WebPasses
from tests.support.ports import free_port
from tests.support.sip_phone import SipCall, SipPhone
from tests.support.waiting import wait_for, wait_until

PASSWORD = "asterisk-of-the-tests"
NETWORK = "127.0.0.2"  # whence the telephone network calls; phones of the house are at 127.0.0.1
FAR = "127.0.0.5"  # of a second Asterisk, as other people's fax machines are reached
HOTLINE = "12396"
AGENT, AGENT_SECRET = "a1", "secret-of-a1"
PASSES = WebPasses(b"of the tests")


def settings_in(folder: Path) -> AsteriskSettings:
    """Everything on free ports of the loopback address."""
    rtp = 20000 + free_port() % 200 * 100
    ari = free_port()
    return AsteriskSettings(
        shared_dir=folder / "shared",
        ari_port=ari,
        websocket_url=f"ws://127.0.0.1:{ari}/ws",
        sip_port=free_port(),
        rtp_from=rtp,
        rtp_to=rtp + 1000,
    )


def start(folder: Path, settings: AsteriskSettings | None = None, **extra: str) -> AsteriskServer:
    """Returns once it answers. `extra`: text to add to files of its configuration, by name without `.conf`."""
    try:
        program = find_program()
    except NoAsterisk as error:
        pytest.fail(str(error))
    server = AsteriskServer(
        folder=folder,
        settings=settings or settings_in(folder),
        password=PASSWORD,
        program=program,
        extra={f"{name}.conf": text for name, text in extra.items()},
    )
    server.start()
    answers(server)
    return server


def answers(server: AsteriskServer) -> None:
    """Its port accepts seconds before the parts behind it are loaded, on a busy machine."""
    settings = server.settings
    about = f"http://{settings.ari_host}:{settings.ari_port}/ari/asterisk/info?only=status"

    def ready() -> bool:
        with suppress(httpx.HTTPError):
            login = (settings.ari_user, server.password)
            return httpx.get(about, auth=login, timeout=5, trust_env=False).is_success
        return False

    wait_for(ready, f"Asterisk answers, see {server.folder}/log", timeout_s=60)


@functools.cache
def shared_server() -> AsteriskServer:
    """The run's Asterisk; whoever kills it starts it again."""
    folder = Path(tempfile.mkdtemp(prefix="axd-asterisk-"))
    server = start(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.kill)
    return server


@dataclass
class AsteriskRoom:
    """An `EngineRoom`: the telephone network on a trunk, and an agent's registered phone."""

    server: AsteriskServer
    engine: AsteriskEngine
    network: SipPhone
    agent: SipPhone
    folder: Path
    lines: list[Book]
    came: "asyncio.Queue[CallLeg]" = field(default_factory=asyncio.Queue)
    target: str = f"agent:{AGENT}"
    nobody: str = "extension:999"

    async def call(self, caller: str = "13800138000", number: str = HOTLINE) -> tuple[CallLeg, SipCall]:
        phone = await self.network.call(number, caller=caller)
        return await asyncio.wait_for(self.came.get(), 30), phone

    @property
    def book(self) -> Book:
        return self.lines[-1]

    def lend(self, *trunks: Trunk) -> None:
        """These trunks from the next `hand_over` on."""
        self.lines.append(Book(trunks=trunks, phones=self.book.phones))

    async def network_call_of(self, caller: str) -> tuple[CallLeg, SipCall]:
        """The leg of this caller, whoever else came before."""
        phone = await self.network.call(HOTLINE, caller=caller)
        while True:
            leg = await asyncio.wait_for(self.came.get(), 30)
            if leg.caller.endswith(caller):
                return leg, phone

    async def rings(self) -> SipCall:
        return await self.agent.rings()

    def another_engine(self) -> AsteriskEngine:
        """As another process would make it."""
        return engine_for(self.server, self.lines)


def engine_for(server: AsteriskServer, lines: list[Book], flood: GuardSettings | None = None) -> AsteriskEngine:
    """Its lines are the newest of `lines`."""

    async def read() -> Book:
        return lines[-1]

    plenty = GuardSettings(source_calls=1000, calls_per_second=1000)
    return AsteriskEngine(server.settings, server.password, read, FloodGuard(flood or plenty), PASSES)


@asynccontextmanager
async def asterisk_room(folder: Path, flood: GuardSettings | None = None) -> AsyncIterator[AsteriskRoom]:
    """The engine does not run yet: `call_rooms.running` lets it."""
    server = shared_server()
    server.start()
    answers(server)
    network = SipPhone(NETWORK, server.settings.sip_port, "network")
    agent = SipPhone("127.0.0.1", server.settings.sip_port, "phone-p1", AGENT_SECRET)
    await network.open()
    await agent.open()
    trunk = Trunk(
        id="t1",
        name="Network",
        host=NETWORK,
        port=network.port,
        caller_id=HOTLINE,
        prefixes=("",),
        flows={HOTLINE: "f"},
    )
    phone = Phone(id="p1", number="8001", name="A", kind=PhoneKind.SIP, secret=AGENT_SECRET, account_id=AGENT)
    lines = [Book(trunks=(trunk,), phones=(phone,))]
    room = AsteriskRoom(server, engine_for(server, lines, flood), network, agent, folder, lines)
    try:
        yield room
    finally:
        with suppress(TimeoutError):
            await agent.register(0)
        await network.close()
        await agent.close()


async def registered(room: AsteriskRoom) -> None:
    """The agent's phone is there, and Asterisk knows."""

    async def ready() -> bool:
        return await room.engine.lines.is_reachable(AGENT)

    async def accepted() -> bool:
        return await room.agent.register() == 200

    await wait_until(accepted, "the phone may register")
    await wait_until(ready, "Asterisk reaches the agent's phone")
