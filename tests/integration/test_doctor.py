"""The doctor's checks of what may not be reachable."""

from pathlib import Path

import pytest

from server.doctor import services
from server.doctor.finding import Verdict
from server.settings import Settings
from server.speech import speaker
from tests.support.ports import free_port

SAY = speaker("en")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(data_dir=tmp_path / "data")
    settings.prepare_data_dir()
    return settings


async def test_without_redis_the_cure_is_named(settings: Settings) -> None:
    (finding,) = await services.redis(settings, SAY)
    assert finding.verdict is Verdict.WRONG
    assert "axd up" in finding.mend
    other = settings.model_copy(update={"redis_url": f"unix://{settings.data_dir}/none.sock"})
    (finding,) = await services.redis(other, SAY)
    assert "AXD_REDIS_URL" in finding.mend


async def test_without_a_worker_it_says_how_to_start_one(settings: Settings, redis_url: str) -> None:
    (finding,) = await services.worker(settings.model_copy(update={"redis_url": redis_url}), SAY)
    assert finding.verdict is Verdict.WRONG
    assert "axd worker" in finding.mend


async def test_redis_without_the_functions_is_a_warning(settings: Settings, redis_url: str) -> None:
    (finding,) = await services.redis(settings.model_copy(update={"redis_url": redis_url}), SAY)
    assert finding.verdict is Verdict.WARNING
    assert "axd rebuild" in finding.mend


async def test_an_empty_postgres_needs_migration(settings: Settings, postgres_url: str) -> None:
    (finding,) = await services.database(settings.model_copy(update={"database_url": postgres_url}), SAY)
    assert finding.verdict is Verdict.WRONG
    assert finding.mend == "axd migrate"


async def test_a_postgres_that_is_not_there_is_wrong(settings: Settings) -> None:
    url = f"postgresql+asyncpg://axd@127.0.0.1:{free_port()}/axd"
    (finding,) = await services.database(settings.model_copy(update={"database_url": url}), SAY)
    assert finding.verdict is Verdict.WRONG
    assert "AXD_DATABASE_URL" in finding.mend
