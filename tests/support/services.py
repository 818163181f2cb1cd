"""The real PostgreSQL and Redis that tests talk to: one of each for a test run, started here and ended here.

A service that is not installed fails the test: `scripts/install-test-peers` brings it.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from kit.ids import new_id
from server.embedded_redis import RedisServer, command, find_server, prepare
from tests.support.ports import accepts, free_port
from tests.support.waiting import wait_for

POSTGRES_ACCOUNT = "postgres"
# Kept apart from durability: a killed server still finds its data, only a dead machine would not.
FAST = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=200",
    "unix_socket_directories=",
)


@contextmanager
def running(
    argv: Sequence[str | Path], *, pass_fds: Sequence[int] = (), log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A server as a child process, interrupted at the end, and killed when it does not listen."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=pass_fds, start_new_session=True
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A cluster on the loopback address; anybody there is its superuser."""

    bin: Path
    port: int

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://{POSTGRES_ACCOUNT}@127.0.0.1:{self.port}/{database}"

    def psql(self, statement: str, database: str = "postgres") -> str:
        """Run SQL as an operator would, outside the product; returns unaligned rows."""
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", POSTGRES_ACCOUNT, "-d", database)
        argv: list[str] = [str(self.bin / "psql"), *where, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    @contextmanager
    def new_database(self, template: str = "template1") -> Iterator[str]:
        """A database of its own, dropped at the end. Yields its name."""
        name = f"t_{new_id().replace('-', '')}"
        self.psql(f'create database {name} template "{template}"')
        yield name
        self.psql(f"drop database {name} with (force)")


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        pytest.fail("PostgreSQL is not installed; run: scripts/install-test-peers")
    return found[-1].parent


def _as_postgres(*argv: str | Path) -> list[str]:
    """The server refuses to run as root: step down to the account that its package made."""
    step_down = ("runuser", "-u", POSTGRES_ACCOUNT, "--") if os.getuid() == 0 else ()
    return [*step_down, *map(str, argv)]


@contextmanager
def postgres_cluster() -> Iterator[Postgres]:
    """A fresh cluster in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="axd-pg-"))
    if os.getuid() == 0:
        account = pwd.getpwnam(POSTGRES_ACCOUNT)
        os.chown(folder, account.pw_uid, account.pw_gid)
    server = Postgres(bin=_postgres_bin(), port=free_port())
    data = folder / "data"
    initdb = _as_postgres(server.bin / "initdb", "-D", data, "-U", POSTGRES_ACCOUNT, "-A", "trust", "-E", "UTF8")
    subprocess.run([*initdb, "--no-sync", "--locale=C.UTF-8"], check=True, capture_output=True, cwd="/")
    options = [word for option in (*FAST, "listen_addresses=127.0.0.1") for word in ("-c", option)]
    argv = _as_postgres(server.bin / "postgres", "-D", data, "-p", str(server.port), *options)
    try:
        with running(argv, log=folder / "log"):
            wait_for(lambda: accepts(server.port), "PostgreSQL listens", timeout_s=30)
            wait_for(lambda: _answers(server), "PostgreSQL answers", timeout_s=30)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(server: Postgres) -> bool:
    try:
        return server.psql("select 1") == "1"
    except subprocess.CalledProcessError:
        return False


@contextmanager
def redis_in(folder: Path, server: RedisServer | None = None) -> Iterator[str]:
    """A Redis as `axd up` runs it. Yields its address."""
    socket = folder / "redis.sock"
    server = server or find_server()
    lock = prepare(folder, socket, server)
    try:
        with running(command(server, folder, socket), pass_fds=(lock,), log=folder / "log"):
            client = Redis(unix_socket_path=str(socket))
            wait_for(lambda: _pongs(client), "Redis answers")
            client.close()
            yield f"unix://{socket}"
    finally:
        os.close(lock)


def _pongs(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except OSError:
        return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_cluster() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database of the test's own."""
    with postgres.new_database() as name:
        yield postgres.url(name)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="axd-redis-"))
    try:
        with redis_in(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The run's Redis, emptied: functions, streams and all."""
    with Redis.from_url(redis_server) as client:
        client.flushall()
        client.function_flush()
    return redis_server
