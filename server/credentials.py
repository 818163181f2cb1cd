"""The logins of the first start, in a file that only the operator may read."""

import os
from collections.abc import Sequence
from pathlib import Path

from server.first_start import FirstLogin

HEAD = (
    "# 首次启动生成的账号；首次登录时须更改密码，改完后请删除本文件。",
    "# Logins made at the first start; each password must be changed at the first login. Delete this file then.",
)


def keep(path: Path, logins: Sequence[FirstLogin]) -> None:
    """Write the file (mode 0600) whole or not at all, and durably."""
    lines = [*HEAD, *("\t".join((item.login, item.password, *item.tells)) for item in logins)]
    draft = path.with_suffix(f".{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read(path: Path) -> list[FirstLogin]:
    """What `keep` wrote, in its order."""
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [FirstLogin(login=row[0], password=row[1], tells=(row[2], row[3])) for row in rows]
