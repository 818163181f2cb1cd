"""The services that the other tests stand on are the real ones, and fresh for each test."""

from pathlib import Path

import pytest
from redis import Redis

from kit.database import make_engine
from server.embedded_redis import find_server
from server.migrate import current_revision, newest_revision
from tests.support.services import Postgres, redis_in


def test_postgres_finds_chinese_by_trigram(postgres: Postgres) -> None:
    with postgres.new_database() as name:
        postgres.psql("create extension pg_trgm", name)
        assert postgres.psql("select '高新技术企业认定' like '%技术企%'", name) == "t"


def test_each_database_is_dropped(postgres: Postgres) -> None:
    with postgres.new_database() as name:
        assert postgres.psql("select current_database()", name) == name
    assert postgres.psql(f"select count(*) from pg_database where datname = '{name}'") == "0"


def test_redis_has_functions_and_is_emptied(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.function_load("#!lua name=probe\nredis.register_function('probe_1', function() return 7 end)")
        assert client.fcall("probe_1", 0) == 7


def test_redis_starts_under_a_locale_that_the_machine_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "xx_XX.UTF-8")
    bundled = find_server(lambda _name: None)
    with redis_in(tmp_path, bundled) as url, Redis.from_url(url) as client:
        assert client.ping()


async def test_each_kind_of_database_is_at_the_newest_schema(database_url: str) -> None:
    engine = make_engine(database_url)
    assert await current_revision(engine) == newest_revision()
    await engine.dispose()
