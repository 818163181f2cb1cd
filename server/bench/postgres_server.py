"""A PostgreSQL of the measurement's own, with everything that makes a commit durable left on."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

ACCOUNT = "postgres"
START_TIMEOUT_S = 30.0


class NoPostgres(Exception):
    """PostgreSQL is not installed on this machine."""


@asynccontextmanager
async def private_postgres() -> AsyncIterator[str]:
    """The address of an empty database on a free port of the loopback address; gone with the block."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="axd-bench-pg-"))
    if os.getuid() == 0:
        account = pwd.getpwnam(ACCOUNT)
        os.chown(folder, account.pw_uid, account.pw_gid)
    port = _free_port()
    data = str(folder / "data")
    try:
        await _run(programs / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        server = await _start(
            programs / "postgres",
            *("-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
        )
        try:
            await _answers(port)
            yield f"postgresql+asyncpg://{ACCOUNT}@127.0.0.1:{port}/postgres"
        finally:
            # The whole group: who steps down to another account does not pass an interruption on.
            os.killpg(server.pid, signal.SIGINT)
            await server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parts[-2]))
    if not found:
        raise NoPostgres("PostgreSQL is not installed; run: scripts/install-test-peers")
    return found[-1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _as_account(*argv: str | Path) -> list[str]:
    # The server refuses to run as root: step down to the account that its package made.
    step_down = ("runuser", "-u", ACCOUNT, "--") if os.getuid() == 0 else ()
    return [*step_down, *map(str, argv)]


async def _start(*argv: str | Path) -> asyncio.subprocess.Process:
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        *_as_account(*argv), stdout=quiet, stderr=quiet, cwd="/", start_new_session=True
    )


async def _run(*argv: str | Path) -> None:
    process = await _start(*argv)
    if await process.wait() != 0:
        raise NoPostgres(f"{Path(argv[0]).name} failed; try it by hand to see why")


async def _answers(port: int) -> None:
    async with asyncio.timeout(START_TIMEOUT_S):
        while True:
            try:
                connection = await asyncpg.connect(f"postgresql://{ACCOUNT}@127.0.0.1:{port}/postgres")
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.1)
                continue
            await connection.close()
            return
