"""`axd up`: the whole platform on one machine, under one supervisor."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence

import typer

from server.cli import PRIVATE
from server.embedded_redis import NoRedis, command, find_server, prepare
from server.settings import Settings, read_settings
from server.speech import Say, speaker
from server.supervisor import Part, StartFailed, Supervisor


def main() -> None:
    """Run until Ctrl-C or SIGTERM. Exit code 1 when the platform could not start."""
    os.umask(PRIVATE)
    raise SystemExit(asyncio.run(run(read_settings())))


async def run(settings: Settings) -> int:
    """Start everything, wait for the end, stop everything. Returns the exit code."""
    say = speaker(settings.language)
    supervisor = Supervisor(tell, say)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.request_stop)
    try:
        settings.prepare_data_dir()
        with _only_one(settings, say):
            return await _supervise(settings, supervisor, say)
    except (StartFailed, NoRedis, OSError) as error:
        typer.echo(say(f"错误：{error}", f"error: {error}"), err=True)
        return 1


def tell(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


async def _supervise(settings: Settings, supervisor: Supervisor, say: Say) -> int:
    try:
        _check_port(settings, say)
        if settings.uses_embedded_redis:
            await supervisor.start(_redis(settings, say))
        await _prepare_database(settings, supervisor, say)
        for part in _parts(settings):
            if not supervisor.stopping:
                await supervisor.start(part)
        if not supervisor.stopping:
            _announce(settings, say)
        await supervisor.wait()
        return 0
    finally:
        await supervisor.stop()
        tell(say("已全部停止", "everything has stopped"))


@contextlib.contextmanager
def _only_one(settings: Settings, say: Say) -> Iterator[None]:
    """Hold the data folder: two supervisors on one folder would start everything twice."""
    lock = os.open(settings.data_dir / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        where = settings.data_dir
        raise StartFailed(
            say(
                f"数据目录 {where} 已被另一个 axd up 使用；请先停止它，或用 AXD_DATA_DIR 另选目录",
                f"another axd up uses the data folder {where}; stop it, or choose another folder with AXD_DATA_DIR",
            )
        ) from error
    try:
        yield
    finally:
        os.close(lock)


def _check_port(settings: Settings, say: Say) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise StartFailed(
                say(
                    f"无法使用地址 {where}({error.strerror});请用 AXD_HOST、AXD_PORT 另选",
                    f"cannot listen on {where} ({error.strerror}); choose another with AXD_HOST and AXD_PORT",
                )
            ) from error


def _redis(settings: Settings, say: Say) -> Part:
    server = find_server()
    tell(say(f"内置 Redis 使用 {server.banner}", f"the embedded Redis is {server.banner}") + f" ({server.program})")
    lock = prepare(settings.redis_dir, settings.redis_socket, server)

    async def answers() -> bool:
        try:
            reader, writer = await asyncio.open_unix_connection(str(settings.redis_socket))
        except OSError:
            return False
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        return answer == b"+PONG\r\n"

    argv = command(server, settings.redis_dir, settings.redis_socket)
    return Part(name="redis", command=argv, ready=answers, inherit=(lock,), quiet=True)


def _parts(settings: Settings) -> Sequence[Part]:
    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection(settings.host, settings.port)
        except OSError:
            return False
        writer.close()
        return True

    stop_timeout_s = settings.graceful_shutdown_s + 4.0
    return (
        Part(name="web", command=_module("server.web"), ready=listens, stop_timeout_s=stop_timeout_s),
        Part(name="gateway", command=_module("server.gateway"), stop_timeout_s=stop_timeout_s),
        Part(name="worker", command=_module("server.worker"), stop_timeout_s=stop_timeout_s),
    )


def _module(name: str) -> Sequence[str]:
    return (sys.executable, "-m", name)


async def _prepare_database(settings: Settings, supervisor: Supervisor, say: Say) -> None:
    """Migrations and, on an empty database, the default workspace: a process of its own, which ends."""
    tell(say("正在准备数据库", "preparing the database"))
    if await supervisor.run_once(_module("server.prepare")) != 0 and not supervisor.stopping:
        raise StartFailed(
            say(
                "数据库未能就绪，原因见其输出；也可运行 axd doctor 检查",
                "the database is not ready; see its lines, or run: axd doctor",
            )
        )


def _announce(settings: Settings, say: Say) -> None:
    tell("")
    tell(say(f"  市民页面  {settings.origin}/", f"  citizens' page  {settings.origin}/"))
    tell(say(f"  坐席工作台 {settings.origin}/desk/", f"  desk            {settings.origin}/desk/"))
    if settings.credentials_file.exists():
        where = settings.credentials_file
        tell(say(f"  首次登录账号见 {where}", f"  first logins    {where}"))
    tell(say("  按 Ctrl-C 停止", "  Ctrl-C stops it"))


if __name__ == "__main__":
    main()
