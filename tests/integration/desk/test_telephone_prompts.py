"""Prompts at the desk: recorded, spoken, cut, gone back on; what flows lack of them."""

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from httpx import AsyncClient
from sqlalchemy import select

from records.staff.tables import AuditRow
from telephony.prompts.sound import SPOKEN, prompt_of
from telephony.prompts.voices import SpeechFailed
from telephony.switchboard import flows
from tests.support.inbox import Inbox
from tests.support.tones import mp3, tone, tones_in, write_wav

WELCOME = {"key": "welcome", "language": "zh-CN", "name": "欢迎"}


class Hummer:
    """A voice that says everything as a tone, the longer the text the longer."""

    def __init__(self, folder: Path, name: str = "hummer") -> None:
        self.name, self._folder = name, folder
        self.said: list[str] = []

    async def speak(self, text: str, language: str) -> bytes:
        self.said.append(text)
        if "!" in text:
            raise SpeechFailed
        return write_wav(self._folder / "hum.wav", tone(400, 0.1 * len(text))).read_bytes()


@pytest.fixture
def voice(office: Inbox, tmp_path: Path) -> Hummer:
    made = Hummer(tmp_path)
    office.desk.services.speech = made
    return made


@pytest.fixture
async def keeper(office: Inbox, voice: Hummer) -> AsyncClient:
    async with office.desk.work() as uow:
        await flows.seed(uow)
    return await office.desk.signed_in("administrator")


def wav(folder: Path, seconds: float) -> bytes:
    return write_wav(folder / "own.wav", tone(400, seconds)).read_bytes()


async def book(keeper: AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await keeper.get("telephone/prompts")).json()
    return found


async def test_a_recording_is_cut_gone_back_on_and_never_written_over_unseen(
    office: Inbox, keeper: AsyncClient, tmp_path: Path
) -> None:
    made = await keeper.post("telephone/prompts", params=WELCOME, content=wav(tmp_path, 2.0))
    assert (made.status_code, made.json()["duration_ms"]) == (201, 2000)
    place = f"telephone/prompts/{made.json()['id']}"
    edited = await keeper.patch(place, json={"trim_end_s": 1.5, "based_on": 1})
    assert (edited.json()["duration_ms"], edited.json()["version"]) == (500, 2)
    assert (await keeper.patch(place, json={"trim_end_s": 1.0, "based_on": 1})).json()["code"] == "prompt_changed"
    late = await keeper.post("telephone/prompts", params=WELCOME | {"based_on": 1}, content=wav(tmp_path, 1.0))
    assert (late.status_code, late.json()["code"]) == (409, "prompt_changed")
    (was,) = (await keeper.get(f"{place}/versions")).json()
    assert (was["number"], was["duration_ms"]) == (1, 2000)
    back = await keeper.post(f"{place}/versions/1/restore", json={"based_on": 2})
    assert (back.json()["duration_ms"], back.json()["version"]) == (2000, 3)
    cut, whole = [await keeper.get(f"{place}/sound", params=query) for query in ({"number": 2}, {"original": True})]
    assert len(cut.content) < len(whole.content) == len(wav(tmp_path, 2.0))
    assert (await keeper.post(f"{place}/versions/9/restore", json={"based_on": 3})).status_code == 404
    refused = await keeper.post("telephone/prompts", params=WELCOME, content=b"MP3")
    assert refused.json()["code"] == "not_a_wav"
    async with office.desk.work() as uow:
        done = await uow.session.scalars(select(AuditRow.action).where(AuditRow.entity == "prompt"))
        assert sorted(done) == ["prompt.edited", "prompt.recorded", "prompt.restored"]


async def test_a_prompt_is_out_of_date_when_its_text_or_the_voice_is_another(
    keeper: AsyncClient, voice: Hummer, tmp_path: Path
) -> None:
    made = await keeper.post("telephone/prompts/speak", json=WELCOME | {"text": "您好您好您好", "based_on": 0})
    assert (made.json()["spoken"], made.json()["out_of_date"], made.json()["duration_ms"]) == (True, False, 600)
    place = f"telephone/prompts/{made.json()['id']}"
    wanted = await keeper.put(f"{place}/text", json={"text": "您好，欢迎", "based_on": 1})
    assert wanted.json()["out_of_date"]
    cut: dict[str, str | float] = {**WELCOME, "trim_start_s": 0.25, "text": "您好，欢迎"}
    again = await keeper.post("telephone/prompts", params=cut, content=wav(tmp_path, 1.0))
    assert again.json()["duration_ms"] == 750
    assert (again.json()["text"], again.json()["spoken"], again.json()["out_of_date"]) == ("您好，欢迎", False, False)
    await keeper.post("telephone/prompts/speak", json=WELCOME | {"text": "您好", "based_on": 3})
    voice.name = "another"
    (shown,) = (await book(keeper))["prompts"]
    assert shown["out_of_date"]
    failed = await keeper.post("telephone/prompts/speak", json=WELCOME | {"text": "!"})
    assert (failed.status_code, failed.json()["code"]) == (503, "speech_failed")


async def test_a_text_is_tried_out_with_samples_and_nothing_is_kept(
    office: Inbox, keeper: AsyncClient, voice: Hummer
) -> None:
    heard = await keeper.post("telephone/speech", json={"text": "{name}，编号{number:digits}", "language": "zh-CN"})
    assert (heard.status_code, heard.headers["content-type"]) == (200, "audio/wav")
    assert voice.said[0].startswith("云州市科学技术局，编号二零")
    assert heard.content == prompt_of(heard.content, SPOKEN)[0]
    broken = await keeper.post("telephone/speech", json={"text": "{name", "language": "zh-CN"})
    assert (broken.status_code, broken.json()["code"]) == (422, "bad_text")
    office.desk.services.speech = None
    dumb = await keeper.post("telephone/speech", json={"text": "您好", "language": "zh-CN"})
    assert (dumb.status_code, dumb.json()["code"]) == (503, "no_voice")
    assert (await book(keeper))["prompts"] == []


async def test_the_book_says_where_prompts_are_played_and_what_is_missing(keeper: AsyncClient) -> None:
    read = (await keeper.get("telephone/flows/main")).json()
    draft = read["draft"]
    draft["nodes"]["bye"] = {"kind": "hang_up", "say": [{"prompt": "goodbye"}, {"text": {"zh-CN": "再见"}}]}
    draft["nodes"]["odd"] = {"kind": "play", "say": "no list"}
    await keeper.put("telephone/flows/main", json={"name": "主", "draft": draft, "based_on": read["version"]})
    found = await book(keeper)
    assert found["has_voice"]
    use = {"key": "goodbye", "flow": "main", "flow_name": "主", "node": "bye", "heard": False}
    assert found["uses"] == [use]
    gap = {"flow": "main", "flow_name": "主", "node": "bye", "language": "en", "heard": False}
    assert found["gaps"] == [gap]


async def test_prompts_are_the_keepers(office: Inbox, keeper: AsyncClient) -> None:
    other = await office.desk.signed_in("supervisor")
    assert (await other.get("telephone/prompts")).status_code == 403
    assert (await other.post("telephone/speech", json={"text": "您好", "language": "en"})).status_code == 403


async def test_an_mp3_becomes_a_prompt_that_plays_and_what_is_no_sound_is_refused(keeper: AsyncClient) -> None:
    original = mp3(tone(575, 1.5, 44_100))
    made = await keeper.post("telephone/prompts", params=WELCOME, content=original)
    assert made.status_code == 201
    assert made.json()["duration_ms"] == pytest.approx(1500, abs=60)
    place = f"telephone/prompts/{made.json()['id']}"
    heard, uploaded = [await keeper.get(f"{place}/sound", params=query) for query in ({}, {"original": True})]
    with wave.open(io.BytesIO(heard.content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        played = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
    assert tones_in(played[2000:10_000]) == {575}
    assert (uploaded.content, uploaded.headers["content-type"]) == (original, "audio/mpeg")
    cut = await keeper.patch(place, json={"trim_end_s": 1.0, "based_on": 1})
    assert cut.json()["duration_ms"] == pytest.approx(500, abs=60)
    for broken in (original[:30], b"ID3" + b"\0" * 4000, b"\xff\xfb" + b"no sound" * 500, b"%PDF-1.7", b""):
        refused = await keeper.post("telephone/prompts", params=WELCOME | {"based_on": 2}, content=broken)
        assert (refused.status_code, refused.json()["code"]) == (422, "not_a_wav")
