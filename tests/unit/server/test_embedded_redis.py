"""Which server the embedded Redis is, and how its folder is kept private and unshared."""

import os
import stat
from pathlib import Path

import pytest

from server.embedded_redis import NoRedis, RedisServer, command, find_server, prepare, version_of

SERVER = RedisServer(program=Path("/usr/bin/redis-server"), banner="Redis 7.0.15")


def program(folder: Path, name: str, banner: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{banner}'\n", "ascii")
    path.chmod(0o755)
    return path


def test_a_program_on_path_of_version_7_wins(tmp_path: Path) -> None:
    path = program(tmp_path, "redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc bits=64")
    found = find_server(lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None)
    assert found == RedisServer(program=path, banner="Redis 7.0.15")


def test_an_old_redis_gives_way_to_valkey_on_path(tmp_path: Path) -> None:
    program(tmp_path, "redis-server", "Redis server v=6.0.16 sha=00000000:0")
    path = program(tmp_path, "valkey-server", "Valkey server v=8.1.1 sha=00000000:0")
    found = find_server(lambda name: str(tmp_path / name))
    assert found == RedisServer(program=path, banner="Valkey 8.1.1")


def test_without_one_on_path_the_wheel_supplies_it() -> None:
    found = find_server(lambda _name: None)
    assert found.banner.startswith("Valkey 8.")


@pytest.mark.parametrize("banner", ["Redis server v=6.2.14 sha=0", "something else", ""])
def test_unsuitable_programs_have_no_version(tmp_path: Path, banner: str) -> None:
    assert version_of(program(tmp_path, "redis-server", banner)) is None


def test_a_missing_program_has_no_version(tmp_path: Path) -> None:
    assert version_of(tmp_path / "nothing") is None


def test_the_folder_is_private_and_belongs_to_one(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    lock = prepare(folder, folder / "redis.sock", SERVER)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(NoRedis, match="another Redis still uses"):
        prepare(folder, folder / "redis.sock", SERVER)
    os.close(lock)
    os.close(prepare(folder, folder / "redis.sock", SERVER))


def test_what_another_server_wrote_is_dropped(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    os.close(prepare(folder, folder / "redis.sock", SERVER))
    written = folder / "appendonlydir" / "appendonly.aof.1.base.rdb"
    written.parent.mkdir()
    written.write_bytes(b"REDIS0010")
    os.close(prepare(folder, folder / "redis.sock", SERVER))
    assert written.exists()
    os.close(prepare(folder, folder / "redis.sock", RedisServer(program=SERVER.program, banner="Valkey 8.1.8")))
    assert not written.exists()


def test_the_server_listens_on_no_port(tmp_path: Path) -> None:
    words = list(command(SERVER, tmp_path, tmp_path / "redis.sock"))
    assert words[words.index("--port") + 1] == "0"
    assert words[words.index("--unixsocketperm") + 1] == "700"
    assert words[words.index("--appendfsync") + 1] == "everysec"
