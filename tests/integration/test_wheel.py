"""What operators install: the wheel holds every file that the rooms need and works in a clean environment."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.support.tree import ROOT, project_files, rooms


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("axd-*.whl"))


@pytest.fixture(scope="module")
def clean_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with the wheel; what it depends on is borrowed, so that nothing is fetched."""
    uv = shutil.which("uv") or str(ROOT / ".cache/uv/bin/uv")
    folder = tmp_path_factory.mktemp("clean")
    python = folder / "bin/python"
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel], check=True)
    site = next((folder / "lib").glob("python3*/site-packages"))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return folder


def test_the_wheel_holds_every_file_of_the_rooms(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    needed = {str(path) for path in project_files() if path.parts[0] in rooms()}
    assert needed - held == set()


def test_the_wheel_holds_the_built_front_end(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    assert "desk/static/index.html" in held
    assert any(name.startswith("webchat/static/") and name.endswith(".js") for name in held)


def test_the_command_works_in_a_clean_environment(clean_environment: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [clean_environment / "bin/axd", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    for word in ("up", "web", "gateway", "worker", "doctor", "rebuild", "bench", "migrate"):
        assert word in run.stdout


def test_the_installed_package_can_make_its_database(clean_environment: Path, tmp_path: Path) -> None:
    """From another folder: nothing may be read from the source tree."""
    script = "import server, sys; print(server.__file__)"
    where = subprocess.run(
        [clean_environment / "bin/python", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert where.stdout.startswith(str(clean_environment))
    subprocess.run(
        [clean_environment / "bin/axd", "migrate"],
        cwd=tmp_path,
        env={"AXD_DATA_DIR": str(tmp_path / "data"), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "data/axd.db").exists()


def test_a_plug_in_is_installed_beside_it_and_found(clean_environment: Path, tmp_path: Path) -> None:
    source = ROOT / "plugins/wechat"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("axd_wechat-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    needed = {str(path.relative_to("plugins/wechat")) for path in project_files() if path.match("plugins/wechat/*/*")}
    assert needed - held == set()
    python = clean_environment / "bin/python"
    uv = shutil.which("uv") or str(ROOT / ".cache/uv/bin/uv")
    subprocess.run([uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel], check=True)
    script = "from channels.registry import installed; print(installed()['wechat'].load().__module__)"
    found = subprocess.run([python, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "axd_wechat"
