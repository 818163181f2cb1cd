"""The project's own tree, as the guards see it: what git tracks or would track, nothing that was built."""

import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@cache
def project_files() -> tuple[Path, ...]:
    """Every file of the project that is there, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(sorted({Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()}))


@cache
def rooms() -> tuple[str, ...]:
    """The top-level packages of the product."""
    return tuple(
        path.parts[0]
        for path in project_files()
        if len(path.parts) == 2 and path.name == "__init__.py" and path.parts[0] != "tests"
    )


@cache
def plugin_packages() -> tuple[str, ...]:
    """The packages of the sample plug-ins, each in a distribution of its own under `plugins/`."""
    return tuple(path.parts[2] for path in project_files() if path.match("plugins/*/*/__init__.py"))


def python_files(*folders: str) -> list[Path]:
    """The Python files under the top-level `folders`; of all rooms when none is named."""
    wanted = folders or rooms()
    return [path for path in project_files() if path.suffix == ".py" and path.parts[0] in wanted]


@cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
