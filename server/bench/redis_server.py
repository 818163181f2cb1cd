"""A Redis of its own for a measurement: as `axd up` runs it, in a temporary folder."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from server.embedded_redis import NoRedis, command, find_server, prepare

START_TIMEOUT_S = 10.0


@contextmanager
def private_redis() -> Iterator[str]:
    """Yields the address of an empty server that ends with the block. Raises `NoRedis`."""
    with tempfile.TemporaryDirectory(prefix="axd-bench-") as name:
        folder, server = Path(name), find_server()
        socket = folder / "redis.sock"
        lock = prepare(folder, socket, server)
        process = subprocess.Popen(  # noqa: S603 - our own embedded server
            command(server, folder, socket), pass_fds=(lock,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            _wait(socket, process)
            yield f"unix://{socket}"
        finally:
            process.terminate()
            process.wait(timeout=START_TIMEOUT_S)
            os.close(lock)


def _wait(socket: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    with Redis(unix_socket_path=str(socket)) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
            except RedisConnectionError:
                time.sleep(0.02)
            else:
                return
    raise NoRedis("the Redis of the measurement does not start")
