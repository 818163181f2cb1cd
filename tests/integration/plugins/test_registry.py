"""Plug-ins in a process: mounted under their prefix, or the operator is told what is wrong."""

from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from channels.registry import BadPlugin, make_plugins
from server.app import create_app
from server.settings import Settings
from tests.support.channel_room import ChannelRoom
from tests.support.wechat_world import channel_parts

WECHAT = {"app_id": "wx1", "app_secret": "s", "token": "token"}


async def test_a_plug_in_with_settings_is_an_adapter_among_the_others(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, channels={"wechat": WECHAT}))
    assert app.state.services.adapters["wechat"].channel == "wechat"
    async with AsyncClient(transport=ASGITransport(app), base_url="http://axd") as client:
        assert (await client.get("/channels/wechat/callback")).status_code == 403
    await app.state.services.close()


def test_a_plug_in_without_settings_stays_off(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path))
    assert "wechat" not in app.state.services.adapters


def test_the_environment_gives_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXD_CHANNELS", '{"wechat": {"app_id": "wx1"}}')
    monkeypatch.setenv("AXD_TELEGRAM__API_URL", "http://127.0.0.1:8081")
    settings = Settings(data_dir=tmp_path)
    assert settings.channels == {"wechat": {"app_id": "wx1"}}
    assert settings.telegram.api_url == "http://127.0.0.1:8081"


@pytest.mark.parametrize(
    ("channel", "settings", "told"),
    [
        ("unheard-of", {}, "no plug-in of this name is installed; there are: wechat"),
        ("mail", {}, "of the platform's own"),
        ("a-name-that-is-too-long", {}, "16 characters"),
        ("wechat", {"app_id": "wx1"}, "app_secret: Field required"),
    ],
)
async def test_what_is_wrong_is_told_by_name(
    room: ChannelRoom, channel: str, settings: dict[str, str], told: str
) -> None:
    with pytest.raises(BadPlugin, match=told) as error:
        make_plugins({channel: settings}, lambda name, given: channel_parts(room, "http://axd", dict(given)))
    assert channel in str(error.value)


async def test_a_setting_that_cannot_be_is_told_without_its_value(room: ChannelRoom) -> None:
    settings = {**WECHAT, "token": "x" * 33}
    with pytest.raises(BadPlugin, match="token") as error:
        make_plugins({"wechat": settings}, lambda name, given: channel_parts(room, "http://axd", dict(given)))
    assert "xxx" not in str(error.value)


def test_a_process_does_not_start_with_a_bad_plug_in(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="AXD_CHANNELS: unheard-of"):
        create_app(Settings(data_dir=tmp_path, channels={"unheard-of": {}}))
