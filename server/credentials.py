"""The logins of the first start: kept in a file that only the operator may read, written before the accounts exist."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HEAD = (
    "# 首次启动生成的账号;首次登录时须更改密码,改完后请删除本文件。",
    "# Logins made at the first start; each password must be changed at the first login. Delete this file then.",
    "# role\tlogin\tpassword\tname",
)


@dataclass(frozen=True, kw_only=True)
class Credential:
    """One account. `role` is a role's name, `name` what colleagues call the person."""

    role: str
    login: str
    password: str
    name: str


def keep(path: Path, credentials: Sequence[Credential]) -> None:
    """Write the file (mode 0600) whole or not at all, durably: a crash after it must not lose the only passwords."""
    lines = [*HEAD, *("\t".join((item.role, item.login, item.password, item.name)) for item in credentials)]
    draft = path.with_suffix(f".{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read(path: Path) -> list[Credential]:
    """What `keep` wrote, in its order."""
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [Credential(role=row[0], login=row[1], password=row[2], name=row[3]) for row in rows]
