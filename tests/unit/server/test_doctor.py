"""The doctor's checks that need nothing running, and what it makes of a check that fails or hangs."""

import asyncio
from pathlib import Path

import pytest

from server.doctor import machine, services
from server.doctor.__main__ import CHECKS, ask, main
from server.doctor.finding import Finding, Verdict
from server.settings import Settings
from server.speech import Say, speaker

SAY = speaker("en")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(data_dir=tmp_path / "data")
    settings.prepare_data_dir()
    return settings


async def test_a_key_that_others_may_read_is_wrong(settings: Settings) -> None:
    assert [finding.verdict for finding in await machine.secret_key(settings, SAY)] == [Verdict.GOOD]
    settings.secret_key_file.chmod(0o644)
    (finding,) = await machine.secret_key(settings, SAY)
    assert finding.verdict is Verdict.WRONG
    assert finding.mend == f"chmod 600 {settings.secret_key_file}"


async def test_a_missing_data_folder_is_wrong(tmp_path: Path) -> None:
    (finding,) = await machine.data_folder(Settings(data_dir=tmp_path / "nowhere"), SAY)
    assert finding.verdict is Verdict.WRONG
    assert "axd migrate" in finding.mend


async def test_an_empty_folder_has_no_database_and_none_is_made(settings: Settings) -> None:
    (finding,) = await services.database(settings, SAY)
    assert finding.verdict is Verdict.WRONG
    assert not settings.database_file.exists()


async def test_a_check_that_breaks_is_a_finding(settings: Settings) -> None:
    async def broken(_settings: Settings, _say: Say) -> list[Finding]:
        raise LookupError("nothing here")

    (finding,) = await ask(broken, settings, SAY)
    assert finding.verdict is Verdict.WRONG
    assert "LookupError: nothing here" in finding.what


async def test_a_check_that_hangs_is_a_finding(settings: Settings) -> None:
    async def silent(_settings: Settings, _say: Say) -> list[Finding]:
        await asyncio.Event().wait()
        return []

    (finding,) = await ask(silent, settings, SAY, timeout_s=0.01)
    assert finding.what == "the check took too long"


def test_only_known_checks_are_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    answer = capsys.readouterr().err
    assert [name for name in CHECKS if name not in answer] == []


def test_the_exit_code_and_the_language_follow(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AXD_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("AXD_LANGUAGE", "zh-CN")
    assert main(["python", "key"]) == 0
    assert "一切正常" in capsys.readouterr().out
    monkeypatch.setenv("AXD_LANGUAGE", "en")
    settings.secret_key_file.chmod(0o640)
    assert main(["key"]) == 1
    assert "something is wrong" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["channels", "work"])
async def test_no_check_makes_a_database_that_would_belong_to_whoever_asked(settings: Settings, name: str) -> None:
    (finding,) = await ask(CHECKS[name], settings, SAY)
    assert finding.what == "the database cannot be used"
    assert not settings.database_file.exists()
