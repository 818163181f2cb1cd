"""What citizens say stands in the database alone: not in the log, and not in files that others may read."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import StatementError

from kit.access import Access
from kit.database import make_engine, make_writer
from kit.unit_of_work import Database
from records.citizens.tables import CitizenRow
from server.settings import environment_with
from tests.support.clock import ManualClock


@pytest.mark.parametrize("has_writer", [False, True])
async def test_a_statement_that_fails_does_not_say_what_it_was_to_store(sqlite_url: str, has_writer: bool) -> None:
    writer = make_writer(sqlite_url) if has_writer else None
    database = Database(make_engine(sqlite_url), ManualClock(), writer=writer)
    with pytest.raises(StatementError) as failure:
        async with database.unit_of_work(Access.system("w")) as uow:
            uow.session.add(CitizenRow(name="张三 13800000001"))
    await database.close()
    assert "citizens" in str(failure.value)
    assert "13800000001" not in str(failure.value)


def test_the_files_of_the_platform_are_its_own_in_any_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    environment = environment_with(AXD_DATA_DIR=str(tmp_path))
    subprocess.run([sys.executable, "-m", "server.cli", "migrate"], env=environment, check=True, capture_output=True)
    files = [Path(folder) / name for folder, _, names in os.walk(tmp_path) for name in names]
    assert tmp_path / "axd.db" in files
    assert [file.name for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077] == []
