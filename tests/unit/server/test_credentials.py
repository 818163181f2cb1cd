"""The file of the first logins."""

import stat
from pathlib import Path

from server.credentials import Credential, keep, read

LOGINS = [
    Credential(role="administrator", login="admin", password="hunter#2 hunter", name="系统管理员"),
    Credential(role="agent", login="1001", password="correct-horse", name="王敏"),
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
