"""What Asterisk is configured with: addresses, who may speak, and nothing that could become a second line."""

from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from telephony.asterisk.ari import Ari
from telephony.asterisk.causes import cause_of, number_of
from telephony.asterisk.configuration import Places, files, write
from telephony.asterisk.lines import Lines
from telephony.asterisk.settings import AsteriskSettings
from telephony.calls import HangUpCause
from telephony.lines.book import Book, Phone, PhoneKind, Trunk


def settings_in(folder: Path, **values: object) -> AsteriskSettings:
    return AsteriskSettings.model_validate({"shared_dir": folder / "shared", **values})


def section(text: str, name: str) -> dict[str, str]:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.read_string(text)
    return dict(parser[name])


def made(folder: Path, **values: object) -> dict[str, str]:
    places = Places(configuration=folder / "etc", state=folder / "state")
    return files(settings_in(folder, **values), "secret", places)


def test_everything_is_bound_to_the_addresses_that_were_given(tmp_path: Path) -> None:
    texts = made(tmp_path, ari_host="10.0.0.5", ari_port=18088, sip_address="10.0.0.6", sip_port=5070)
    assert section(texts["http.conf"], "general")["bindaddr"] == "10.0.0.5"
    assert section(texts["pjsip.conf"], "udp")["bind"] == "10.0.0.6:5070"
    assert section(made(tmp_path, sip_address="::1")["pjsip.conf"], "udp")["bind"] == "[::1]:5060"


def test_behind_nat_the_public_address_is_told(tmp_path: Path) -> None:
    texts = made(tmp_path, external_address="203.0.113.9", local_networks=("10.0.0.0/8",))
    udp = section(texts["pjsip.conf"], "udp")
    assert (udp["external_media_address"], udp["local_net"]) == ("203.0.113.9", "10.0.0.0/8")


def test_behind_nat_browsers_are_told_the_public_address_too(tmp_path: Path) -> None:
    outside = {"sip_address": "10.0.0.6", "external_address": "203.0.113.9"}
    assert "10.0.0.6 => 203.0.113.9" in made(tmp_path, **outside)["rtp.conf"]
    assert "ice_host_candidates" not in made(tmp_path, **outside | {"sip_address": "0.0.0.0"})["rtp.conf"]


def test_pages_of_citizens_reach_our_application_alone_and_only_with_something_like_a_pass(tmp_path: Path) -> None:
    plan = made(tmp_path)["extensions.conf"]
    door = plan.partition("[axd-web]\n")[2].partition("\n[")[0]
    assert "Stasis" not in door
    assert door.count("Hangup(21)") == 2
    inside = plan.partition("[axd-web-known]\n")[2].partition("\n[")[0]
    assert "Dial" not in plan
    assert {line.split(",")[0] for line in inside.splitlines() if line.startswith("exten")} == {
        "exten => hotline",
        "exten => back",
    }


def test_nothing_is_loaded_that_is_not_listed_and_no_phone_can_transfer_past_us(tmp_path: Path) -> None:
    texts = made(tmp_path)
    assert section(texts["modules.conf"], "modules")["autoload"] == "no"
    assert "res_pjsip_refer" not in texts["modules.conf"]
    assert "endpoint_identifier_anonymous" not in texts["modules.conf"]


async def test_every_line_that_is_handed_over_refuses_transfers_the_citizens_one_too(tmp_path: Path) -> None:
    asterisk = Receiving()

    async def book() -> Book:
        phones = (Phone(id="p", number="8001", name="A", kind=kind, secret="s") for kind in PhoneKind)
        return Book(trunks=(Trunk(id="t", name="T", host="10.0.0.9"),), phones=tuple(phones))

    await Lines(settings_in(tmp_path, websocket_url="wss://x/ws"), cast(Ari, asterisk), book).hand_over()
    endpoints = {path: given for path, given in asterisk.given.items() if "/endpoint/" in path}
    assert any(path.endswith("/web") for path in endpoints)
    assert {given["allow_transfer"] for given in endpoints.values()} == {"no"}


class Receiving:
    """An Asterisk that takes whatever it is given."""

    def __init__(self) -> None:
        self.given: dict[str, dict[str, str]] = {}

    async def request(
        self, method: str, path: str, query: Mapping[str, str | int] | None = None, body: Any = None
    ) -> Any:
        if method == "PUT":
            self.given[path] = {field["attribute"]: field["value"] for field in body["fields"]}
        return {"status": {"startup_time": "now"}}


def test_the_password_stands_in_one_file_that_its_owner_alone_may_read(tmp_path: Path) -> None:
    write(settings_in(tmp_path), "secret-word", Places(configuration=tmp_path / "etc", state=tmp_path / "state"))
    holders = [path for path in (tmp_path / "etc").iterdir() if "secret-word" in path.read_text()]
    assert [path.name for path in holders] == ["ari.conf"]
    assert holders[0].stat().st_mode & 0o077 == 0
    assert (tmp_path / "shared" / "music" / "waiting.ulaw").stat().st_size > 0
    assert (tmp_path / "shared" / "spool" / "recording").is_dir()


def test_the_operators_own_music_is_left_alone(tmp_path: Path) -> None:
    music = tmp_path / "shared" / "music"
    music.mkdir(parents=True)
    (music / "ours.wav").write_bytes(b"")
    write(settings_in(tmp_path), "x", Places(configuration=tmp_path / "etc", state=tmp_path / "state"))
    assert [path.name for path in music.iterdir()] == ["ours.wav"]


@pytest.mark.parametrize(
    "values",
    [
        {"application": "axd]\n[x"},
        {"ari_user": "a b"},
        {"sip_address": "127.0.0.1\nbind=0.0.0.0"},
        {"fax_station": "A\nexten => x"},
        {"external_address": "x;y"},
    ],
)
def test_a_value_that_could_begin_another_line_is_refused(tmp_path: Path, values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings_in(tmp_path, **values)


def test_causes_there_and_back() -> None:
    for cause in HangUpCause:
        assert cause_of(number_of(cause), was_up=True) is cause
    assert cause_of(0, was_up=True) is HangUpCause.NORMAL
    assert cause_of(0, was_up=False) is HangUpCause.NO_ANSWER
    assert cause_of(26, was_up=False) is HangUpCause.NORMAL
    assert cause_of(58, was_up=True) is HangUpCause.FAILED
