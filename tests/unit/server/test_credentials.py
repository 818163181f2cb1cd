"""The file of the first logins."""

import stat
from pathlib import Path

from server.credentials import keep, read
from server.first_start import FirstLogin

LOGINS = [
    FirstLogin(login="admin", password="hunter#2 hunter", tells=("管理员", "administrator")),
    FirstLogin(login="sumin", password="correct-horse", tells=("坐席", "agent")),
]


def test_only_the_operator_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "first-credentials.txt"
    keep(path, LOGINS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(path) == LOGINS
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_an_interrupted_first_start_writes_it_again(tmp_path: Path) -> None:
    path = tmp_path / "first-credentials.txt"
    keep(path, LOGINS)
    keep(path, LOGINS[:1])
    assert read(path) == LOGINS[:1]
