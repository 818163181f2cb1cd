"""Defaults, the environment's prefix and the key file."""

import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import LONGEST_SOCKET_PATH, Settings, read_settings
from tests.support.tree import ROOT


def test_defaults_live_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path}/axd.db"
    assert settings.uses_embedded_redis
    assert settings.redis.startswith("unix:///")
    assert settings.jobs_redis == settings.redis
    assert settings.origin == "http://127.0.0.1:8000"


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "AXD_DATA_DIR": str(tmp_path),
        "AXD_REDIS_URL": "redis://127.0.0.1:6379/0",
        "AXD_JOBS_REDIS_URL": "redis://127.0.0.1:6380/0",
        "AXD_PUBLIC_URL": "https://hotline.example/",
        "AXD_PORT": "",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert not settings.uses_embedded_redis
    assert (settings.redis, settings.jobs_redis) == ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6380/0")
    assert settings.origin == "https://hotline.example"
    assert settings.port == 8000


@pytest.mark.parametrize(
    ("host", "origin"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000"), ("10.1.2.3", "http://10.1.2.3:8000")],
)
def test_the_announced_address_can_be_opened(host: str, origin: str) -> None:
    assert Settings(host=host).origin == origin


def test_a_port_out_of_range_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(port=70000)


def test_a_long_data_folder_still_has_a_usable_socket(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / ("d" * 90))
    assert len(os.fsencode(settings.redis_socket)) <= LONGEST_SOCKET_PATH
    assert settings.redis_socket != Settings(data_dir=tmp_path / ("e" * 90)).redis_socket


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    settings.prepare_data_dir()
    key = settings.secret()
    assert len(key) >= 32
    assert Settings(data_dir=tmp_path / "data").secret() == key
    assert stat.S_IMODE(settings.secret_key_file.stat().st_mode) == 0o600
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret.key"]


def test_a_given_key_needs_no_file(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key="correct horse battery staple")
    assert settings.secret() == b"correct horse battery staple"
    assert not settings.secret_key_file.exists()


@pytest.mark.parametrize(
    ("spoken", "language"), [("en_GB.UTF-8", "en"), ("zh_CN.UTF-8", "zh-CN"), ("C.UTF-8", "zh-CN")]
)
def test_commands_speak_the_terminals_language(monkeypatch: pytest.MonkeyPatch, spoken: str, language: str) -> None:
    monkeypatch.setenv("LC_ALL", spoken)
    assert Settings().language == language


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("AXD_PORT", "eighty", "AXD_PORT: Input should be a valid integer"), ("AXD_MAILBOXES", "{", "mailboxes")],
)
def test_a_value_that_cannot_be_ends_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=told):
        read_settings()


def test_the_manual_names_every_setting() -> None:
    manual = (ROOT / "docs/operators.md").read_text("utf-8")
    assert [name for name in Settings.model_fields if f"`AXD_{name.upper()}`" not in manual] == []
