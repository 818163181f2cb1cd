"""`axd migrate` on an empty database: nodes take turns, logins are made once, a crash leaves no unknown password."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.clock import SystemClock
from kit.database import make_engine
from kit.unit_of_work import Database
from server.credentials import read
from server.first_start import FirstLogin, seed
from server.settings import Settings
from tests.support.tree import ROOT


def migrate_command(folder: Path, url: str) -> subprocess.Popen[str]:
    chosen = {"AXD_DATA_DIR": str(folder), "AXD_DATABASE_URL": url, "AXD_LANGUAGE": "en"}
    return subprocess.Popen(
        [sys.executable, "-m", "server.prepare"],
        cwd=ROOT,
        env={**os.environ, **chosen},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_nodes_at_once_make_one_workspace(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    sqlite = f"sqlite+aiosqlite:///{tmp_path}/axd.db"
    url = sqlite if kind == "sqlite" else request.getfixturevalue("postgres_url")
    nodes = [migrate_command(tmp_path / name, url) for name in ("one", "two")]
    told = [node.communicate(timeout=100)[0] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], told
    files = [file for name in ("one", "two") if (file := tmp_path / name / "first-credentials.txt").exists()]
    assert len(files) == 1
    assert all(login.password in "".join(told) for login in read(files[0]))


async def test_accounts_exist_only_once_their_passwords_are_kept(sqlite_url: str) -> None:
    class DiskFull(Exception):
        pass

    def refuse(_logins: list[FirstLogin]) -> None:
        raise DiskFull

    engine = make_engine(sqlite_url)
    database = Database(engine, SystemClock())
    with pytest.raises(DiskFull):
        await seed(database, timezone=Settings().time_zone, keep=refuse)
    kept: list[FirstLogin] = []
    assert await seed(database, timezone=Settings().time_zone, keep=kept.extend) == kept
    assert len(kept) == 5
    await engine.dispose()
