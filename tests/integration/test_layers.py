"""`make check` notices an import that goes upwards: one is planted in a copy of the tree."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.tree import ROOT, python_files, rooms

FORBIDDEN = {
    "kit/planted.py": ("import records.staff", "Rooms import downwards only"),
    "records/citizens/planted.py": ("import records.staff", "Records import downwards only"),
    "channels/chat/planted.py": ("import channels.mail", "Channels do not know each other"),
    "router/contact.py": ("import sqlalchemy", "The core of the router is pure"),
    "webchat/planted.py": ("import tests.support", "Nothing of the product imports the tests"),
}


def test_a_planted_forbidden_import_is_seen(tmp_path: Path) -> None:
    for path in [*python_files(*rooms(), "tests"), Path("pyproject.toml")]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    clean = lint_imports(tmp_path)
    assert clean.returncode == 0, clean.stdout
    for place, (line, _) in FORBIDDEN.items():
        with (tmp_path / place).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    planted = lint_imports(tmp_path)
    assert planted.returncode == 1
    assert [broken for _, broken in FORBIDDEN.values() if f"{broken} BROKEN" not in planted.stdout] == []


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
