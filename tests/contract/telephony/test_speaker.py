"""Recorded prompts and spoken texts, as calls hear them."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.access import Access
from kit.blobs import BlobStore
from kit.unit_of_work import Database
from telephony.ivr.nodes import Part
from telephony.prompts import store
from telephony.prompts.sound import Edits
from telephony.prompts.speaker import PromptSpeaker
from telephony.prompts.store import Place, Prompts
from telephony.prompts.voices import CommandVoice, EspeakVoice, SpeechFailed, SpeechSettings, Voice
from tests.support.tones import read_wav, tone, tones_in, write_wav

HELLO = (Part(text={"zh-CN": "您好，{n}位", "en": "Hello, {n}"}),)
Make = Callable[[Voice | None], PromptSpeaker]


class Humming:
    """Says every text as a tone."""

    name = "humming"

    def __init__(self, folder: Path, *, fails: bool = False) -> None:
        self.folder, self.fails = folder, fails
        self.said: list[tuple[str, str]] = []

    async def speak(self, text: str, language: str) -> bytes:
        self.said.append((text, language))
        await asyncio.sleep(0)
        if self.fails:
            raise SpeechFailed
        return write_wav(self.folder / "hum.wav", tone(575, 0.5)).read_bytes()


@pytest.fixture
def access() -> Access:
    return Access.system("w1")


@pytest.fixture
def make(database: Database, access: Access, tmp_path: Path) -> Make:
    def made(voice: Voice | None) -> PromptSpeaker:
        return PromptSpeaker(
            database=database,
            access=access,
            blobs=BlobStore(tmp_path / "blobs"),
            voice=voice,
            folder=tmp_path / "speech",
        )

    return made


async def test_a_text_is_spoken_once_however_often_and_however_many_want_it(make: Make, tmp_path: Path) -> None:
    voice = Humming(tmp_path)
    speaker = make(voice)
    found = await asyncio.gather(*(speaker.sounds(HELLO, "zh-CN", {"n": "3"}) for _ in range(5)))
    assert voice.said == [("您好，3位", "zh-CN")]
    assert len({media[0].path for media in found}) == 1
    (side,), rate = read_wav(found[0][0].path)
    assert tones_in(side, rate) == {575}
    again = Humming(tmp_path)
    await make(again).sounds(HELLO, "zh-CN", {"n": "3"})
    assert again.said == []


async def test_the_callers_language_is_spoken_and_chinese_where_it_is_lacking(make: Make, tmp_path: Path) -> None:
    voice = Humming(tmp_path)
    speaker = make(voice)
    await speaker.sounds(HELLO, "en", {"n": "3"})
    await speaker.sounds(HELLO, "fr", {"n": "3"})
    assert voice.said == [("Hello, 3", "en"), ("您好，3位", "zh-CN")]


async def test_a_voice_that_fails_costs_silence_and_is_not_asked_again_at_once(make: Make, tmp_path: Path) -> None:
    voice = Humming(tmp_path, fails=True)
    speaker = make(voice)
    for _ in range(3):
        assert await speaker.sounds(HELLO, "zh-CN", {"n": "3"}) == []
    assert len(voice.said) == 1
    assert await make(None).sounds(HELLO, "zh-CN", {}) == []


async def test_a_recorded_prompt_is_heard_and_its_edit_on_the_next_call(
    make: Make, database: Database, access: Access, tmp_path: Path
) -> None:
    prompts, speaker = Prompts(database, BlobStore(tmp_path / "blobs")), make(None)
    data = write_wav(tmp_path / "own.wav", tone(400, 2.0)).read_bytes()
    row = await prompts.upload(access, Place(key="welcome", language="zh-CN", name="欢迎词"), data, Edits())
    say = (Part(prompt="welcome"),)
    (media,) = await speaker.sounds(say, "en", {})
    assert media.duration_s == pytest.approx(2.0)
    await prompts.edit(access, row.id, Edits(trim_end_s=1.0))
    (media,) = await speaker.sounds(say, "en", {})
    assert media.duration_s == pytest.approx(1.0)
    (side,), rate = read_wav(media.path)
    assert tones_in(side, rate) == {400}
    assert await speaker.sounds((Part(prompt="nothing"),), "en", {}) == []


async def test_of_many_who_write_one_prompt_at_once_the_first_is_heard_and_the_others_are_told(
    database: Database, access: Access, tmp_path: Path
) -> None:
    prompts = Prompts(database, BlobStore(tmp_path / "blobs"))
    data = write_wav(tmp_path / "own.wav", tone(400, 0.5)).read_bytes()
    row = await prompts.upload(access, Place(key="welcome", language="zh-CN", name="欢迎词"), data, Edits())

    async def write(text: str) -> None:
        async with database.unit_of_work(access) as uow:
            await store.write_text(uow, row.id, text, row.version, says_it=False)

    said = await asyncio.gather(*(write(f"{n}") for n in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in said if one) == ["Conflict"] * 3


async def test_a_program_that_hangs_is_killed() -> None:
    command = f"{sys.executable} -c 'import time; time.sleep(600)'"
    voice = CommandVoice(SpeechSettings(voice="command", command=command, timeout_s=0.5))
    with pytest.raises(SpeechFailed):
        await asyncio.wait_for(voice.speak("您好", "zh-CN"), 30)


@pytest.mark.parametrize("command", ["/no/such/program", f"{sys.executable} -c pass", f"{sys.executable} -c 'exit(3)'"])
async def test_a_program_that_says_nothing_is_told(command: str) -> None:
    voice = CommandVoice(SpeechSettings(voice="command", command=command))
    with pytest.raises(SpeechFailed):
        await voice.speak("您好", "zh-CN")


async def test_a_program_of_the_operators_speaks(tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "given.wav", tone(575, 0.2))
    script = f"import shutil,sys; assert sys.stdin.read() == '您好'; shutil.copy({str(sound)!r}, sys.argv[1])"
    voice = CommandVoice(SpeechSettings(voice="command", command=f'{sys.executable} -c "{script}" {{output}}'))
    assert await voice.speak("您好", "zh-CN") == sound.read_bytes()


async def test_the_machines_own_voice_speaks_chinese_and_english(make: Make) -> None:
    speaker = make(EspeakVoice(SpeechSettings()))
    (chinese,) = await speaker.sounds(HELLO, "zh-CN", {"n": "3"})
    (english,) = await speaker.sounds(HELLO, "en", {"n": "3"})
    assert 0.5 < chinese.duration_s < 4
    assert 0.3 < english.duration_s < 4
