"""A whole platform for a measurement: its own data folder, port and processes, ended with the block."""

import asyncio
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self

import httpx
from sqlalchemy import select

from kit.access import Access
from kit.clock import SystemClock
from kit.database import make_engine
from kit.unit_of_work import Database
from records.staff import passwords
from records.staff.service import NewAccount, create_account
from router.contact import ChannelClass, Presence
from router.tables import AgentRow, AgentSkillRow, SkillRow
from server.default_workspace import WORKSPACE_ID
from server.settings import Settings, environment_with

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(kw_only=True)
class Trial:
    """`base`: its address. `agents`: login and password of each. `process`: `axd up`, whose children are the rest."""

    base: str
    data_dir: Path
    agents: list[tuple[str, str]]
    environment: dict[str, str]
    process: asyncio.subprocess.Process | None = None

    @classmethod
    @asynccontextmanager
    async def started(
        cls, *, agents: int, chats_per_agent: int, database_url: str | None = None, more: Mapping[str, str] = NOTHING
    ) -> AsyncIterator[Self]:
        """Start on a free port of the loopback address; `database_url` must name an empty database.

        `more`: of the environment, for what is measured.
        """
        with tempfile.TemporaryDirectory(prefix="axd-bench-") as folder:
            environment = {**_environment(Path(folder), database_url), **more}
            settings = Settings(
                data_dir=Path(folder), port=int(environment["AXD_PORT"]), database_url=database_url or ""
            )
            await _run_once(environment, "server.prepare")
            logins = await _add_agents(settings, agents, chats_per_agent)
            trial = cls(base=settings.origin, data_dir=Path(folder), agents=logins, environment=environment)
            try:
                await trial.start()
                yield trial
            finally:
                await trial.stop()

    async def start(self) -> None:
        """Start `axd up` and wait until it answers; its output goes to `platform.log` in the data folder."""
        with (self.data_dir / "platform.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server.cli", "up", env=self.environment, stdout=log, stderr=log
            )
        await self.answers()

    async def answers(self) -> None:
        """Wait until the platform is healthy."""
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(START_TIMEOUT_S):
            while not await self._is_healthy(http):
                await asyncio.sleep(0.2)

    async def _is_healthy(self, http: httpx.AsyncClient) -> bool:
        if self.process is not None and self.process.returncode is not None:
            raise RuntimeError("the platform ended while it was starting")
        try:
            return (await http.get(f"{self.base}/healthz")).is_success
        except httpx.HTTPError:
            return False

    async def stop(self) -> None:
        """End it as an operator does, by force when it does not go."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


def _environment(folder: Path, database_url: str | None) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return environment_with(
        AXD_DATA_DIR=str(folder),
        AXD_PORT=str(port),
        AXD_DATABASE_URL=database_url or "",
        AXD_LOG_LEVEL="warning",
        AXD_CITIZENS__CHAT__SESSIONS_PER_HOUR="1000000",
        AXD_CITIZENS__CHAT__IDLE_WARN_S="7200",
        AXD_CITIZENS__CHAT__IDLE_CLOSE_S="14400",
    )


async def _run_once(environment: dict[str, str], module: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait() != 0:
        raise RuntimeError(f"{module} failed; see its message above")


async def _add_agents(settings: Settings, count: int, chats: int) -> list[tuple[str, str]]:
    database = Database(make_engine(settings.database), SystemClock())
    password = secrets.token_urlsafe(12)
    password_hash = await passwords.hash_password(password)
    logins = [f"bench{number:03}" for number in range(count)]
    async with database.unit_of_work(Access.system(WORKSPACE_ID)) as uow:
        skills = list(await uow.session.scalars(select(SkillRow.id).where(SkillRow.confidential.is_(False))))
        for number, login in enumerate(logins):
            account = await create_account(
                uow,
                NewAccount(
                    login=login,
                    display_name=f"Bench {number}",
                    staff_number=f"B{number:03}",
                    language="zh-CN",
                    department_id=None,
                    roles=("registrar",),
                    password_hash=password_hash,
                ),
            )
            account.must_change_password = False
            uow.session.add(
                AgentRow(
                    id=account.id,
                    presence=Presence.OFFLINE,
                    capacity={ChannelClass.VOICE: 1, ChannelClass.CHAT: chats, ChannelClass.MESSAGE: chats},
                    presence_since=uow.now,
                )
            )
            await uow.session.flush()
            uow.session.add_all(AgentSkillRow(agent_id=account.id, skill_id=skill, level=8) for skill in skills)
    await database.engine.dispose()
    return [(login, password) for login in logins]
