"""Databases that stop working under way: the disk full, the file not writable, the server gone."""

import asyncio
import itertools
import os
import resource
import subprocess
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.ports import accepts
from tests.support.services import FAST, POSTGRES_ACCOUNT, Postgres
from tests.support.waiting import wait_until


class Outage(Protocol):
    async def begin(self) -> None: ...

    async def end(self) -> None:
        """Harmless when it works already."""
        ...


class DiskFull:
    """No file of this process can grow: what a write hears then is what a full disk says."""

    def __init__(self) -> None:
        self._allowed = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def begin(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, self._allowed[1]))

    async def end(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._allowed)


class NotWritable:
    """SQLite's file without write permission, which does not stop root."""

    def __init__(self, *engines: AsyncEngine) -> None:
        self._refuses = "OFF"
        self._times = itertools.count()
        for engine in engines:
            event.listen(engine.sync_engine, "checkout", self._at_checkout)

    def _at_checkout(self, connection: DBAPIConnection, *_: object) -> None:
        cursor = connection.cursor()
        # This pragma works as it is compiled: the driver must not find the same words among its statements.
        cursor.execute(f"PRAGMA query_only={self._refuses} -- {next(self._times)}")
        cursor.close()

    async def begin(self) -> None:
        self._refuses = "ON"

    async def end(self) -> None:
        self._refuses = "OFF"


@dataclass(frozen=True, kw_only=True)
class PostgresOutage:
    """Stops and starts a server of the test's own."""

    server: Postgres
    data: str

    @classmethod
    def of(cls, server: Postgres) -> "PostgresOutage":
        return cls(server=server, data=server.psql("show data_directory"))

    async def begin(self) -> None:
        await asyncio.to_thread(self._control, "stop", "-m", "fast")
        await wait_until(lambda: not accepts(self.server.port), "PostgreSQL is gone")

    async def end(self) -> None:
        if accepts(self.server.port):
            return
        options = " ".join(f"-c {option}" for option in (*FAST, "listen_addresses=127.0.0.1"))
        log = f"{self.data}/restarted.log"
        await asyncio.to_thread(self._control, "start", "-w", "-l", log, "-o", f"-p {self.server.port} {options}")

    def _control(self, *order: str) -> None:
        step_down = ("runuser", "-u", POSTGRES_ACCOUNT, "--") if os.getuid() == 0 else ()
        argv = [*step_down, str(self.server.bin / "pg_ctl"), "-D", self.data, "-s", *order]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/")
