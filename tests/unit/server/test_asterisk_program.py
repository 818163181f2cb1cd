"""`axd asterisk FOLDER`: whose modules the configuration names."""

from pathlib import Path

import pytest

from server import asterisk
from server.bench import asterisk_server


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As scripts/install-asterisk leaves it."""
    home = tmp_path / "fetched"
    modules = home / "prefix/usr/lib/x86_64-linux-gnu/asterisk/modules"
    modules.mkdir(parents=True)
    (home / "installed").touch()
    monkeypatch.setattr(asterisk_server, "PREFIX", home)
    monkeypatch.setenv("AXD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AXD_ASTERISK__SHARED_DIR", str(tmp_path / "shared"))
    return modules


def written(folder: Path, *options: str) -> str:
    asterisk.main([str(folder), *options])
    return (folder / "etc/asterisk.conf").read_text("utf-8")


def test_only_a_trial_uses_the_modules_that_were_fetched(fetched: Path, tmp_path: Path) -> None:
    assert f"astmoddir={fetched}\n" in written(tmp_path / "trial", "--trial")
    assert "astmoddir" not in written(tmp_path / "production")
