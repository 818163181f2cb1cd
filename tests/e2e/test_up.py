"""`axd up` as a whole: it announces itself, repairs itself, refuses a second one and stops without a trace."""

import stat
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.ports import accepts
from tests.support.running import Platform, is_alive, platform
from tests.support.waiting import wait_for

pytestmark = pytest.mark.e2e

PARTS = ("redis", "web", "gateway", "worker")


def test_it_announces_page_and_desk(axd: Platform, page: Page) -> None:
    assert f"{axd.url}/" in axd.output
    assert f"{axd.url}/desk/" in axd.output
    for path in ("/", "/desk/"):
        answer = page.goto(axd.url + path)
        assert answer is not None
        assert answer.ok


def test_the_first_logins_are_for_the_operator_alone(axd: Platform) -> None:
    file = axd.data_dir / "first-credentials.txt"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    tasks = sorted(item.tells[1].split()[0].strip(",") for item in axd.credentials())
    assert tasks == ["administrator", "agent", "agent", "agent", "supervisor"]
    assert all(item.password in axd.output for item in axd.credentials())


def test_the_doctor_finds_it_well(axd: Platform) -> None:
    report = axd.axd("doctor")
    assert report.returncode == 0, report.stdout
    assert "all is well" in report.stdout


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back(axd: Platform, part: str) -> None:
    before = axd.children()[part]
    axd.kill(part)
    wait_for(lambda: axd.children().get(part, before) != before, f"{part} runs again", timeout_s=30)
    wait_for(lambda: accepts(axd.port), "web listens", timeout_s=30)
    with urllib.request.urlopen(axd.url + "/") as answer:
        assert answer.status == 200


def test_a_second_one_on_the_same_folder_is_refused(axd: Platform) -> None:
    second = axd.axd("up")
    assert second.returncode == 1
    assert "another axd up uses the data folder" in second.stderr


def test_a_taken_port_is_named(axd: Platform, tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match=f"cannot listen on 127.0.0.1:{axd.port}"),
        platform(tmp_path / "data", PORT=str(axd.port)),
    ):
        pass


def test_it_stops_without_a_trace_and_starts_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with platform(folder) as first:
        logins = first.credentials()
        children = first.children()
        assert set(children) == set(PARTS)
        assert first.stop() == 0
    assert "unexpectedly" not in first.output
    assert [name for name, pid in children.items() if is_alive(pid)] == []
    with platform(folder) as second:
        assert second.credentials() == logins
        assert logins[0].password not in second.output


def test_a_killed_supervisor_leaves_the_way_free(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with platform(folder) as first:
        children = first.children()
        first.process.kill()
        first.process.wait()
    wait_for(lambda: not any(map(is_alive, children.values())), "its children are gone")
    with platform(folder, PORT=str(first.port)) as second:
        assert set(second.children()) == set(PARTS)
