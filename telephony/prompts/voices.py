"""Machines that speak. Each runs as a child that is killed when it takes too long."""

import asyncio
import re
import shlex
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field
from pypinyin import Style, lazy_pinyin

from kit.errors import AppError
from telephony.prompts.readings import ONES, digits, is_english, number

ESPEAK = "espeak-ng"
PINYIN_VOICE, ENGLISH_VOICE = "cmn-latn-pinyin", "en-gb"
LONGEST_CHARS = 4000
PUNCTUATION = str.maketrans(
    {"，": ", ", "、": ", ", "。": ". ", "；": "; ", "：": ": ", "！": "! ", "？": "? ", "（": ", ", "）": ", "}
)
_YEAR, _LONG = re.compile(r"(\d{4})(?=年)"), re.compile(r"\d{7,}")
_ARABIC = re.compile(r"\d+(?:\.\d+)?")


class SpeechFailed(AppError):
    status, code, title = 503, "speech_failed", "This could not be spoken"


class SpeechSettings(BaseModel):
    """`command`: a program of the operator's, with {language} and {output}; it reads the text and writes a WAV file."""

    model_config = ConfigDict(frozen=True)

    voice: str = Field(default="espeak", pattern="^(espeak|command|none)$")
    command: str = Field(
        default="", description="e.g. piper --model /srv/voices/{language}.onnx --output_file {output}"
    )
    words_per_minute: int = Field(default=165, ge=80, le=450)
    timeout_s: float = Field(default=10.0, gt=0)


class Voice(Protocol):
    """`name` stands for everything that changes the sound: what is cached goes by it."""

    name: str

    async def speak(self, text: str, language: str) -> bytes:
        """A WAV file. Raises `SpeechFailed`, also when it took too long."""
        ...


class EspeakVoice:
    """espeak-ng, Chinese by way of Pinyin: its own reading of characters needs a dictionary that Debian leaves out."""

    def __init__(self, settings: SpeechSettings) -> None:
        self._settings = settings
        self.name = f"espeak-{settings.words_per_minute}"

    async def speak(self, text: str, language: str) -> bytes:
        """See `Voice`."""
        english = is_english(language)
        words = text if english else pinyin(text)
        voice = ENGLISH_VOICE if english else PINYIN_VOICE
        with tempfile.TemporaryDirectory(prefix="axd-speech-") as folder:
            output = Path(folder) / "spoken.wav"
            speed = str(self._settings.words_per_minute)
            command = [ESPEAK, "-v", voice, "-s", speed, "-w", str(output), "--stdin"]
            return await run(command, words, output, self._settings.timeout_s)


class CommandVoice:
    """Any program that the operator supplies, such as Piper or sherpa-onnx with a voice of one's own."""

    def __init__(self, settings: SpeechSettings) -> None:
        self._settings = settings
        self.name = settings.command

    async def speak(self, text: str, language: str) -> bytes:
        """See `Voice`."""
        with tempfile.TemporaryDirectory(prefix="axd-speech-") as folder:
            output = Path(folder) / "spoken.wav"
            filled = [
                word.replace("{language}", language).replace("{output}", str(output))
                for word in shlex.split(self._settings.command)
            ]
            return await run(filled, text, output, self._settings.timeout_s)


def voice_of(settings: SpeechSettings) -> Voice | None:
    """The voice that the settings name; None where there is none, and only recorded prompts are heard."""
    if settings.voice == "command" and settings.command:
        return CommandVoice(settings)
    return EspeakVoice(settings) if settings.voice == "espeak" and shutil.which(ESPEAK) else None


def pinyin(text: str) -> str:
    """Chinese text as Pinyin with tone numbers. Years and long numbers are read digit by digit."""
    spoken = _YEAR.sub(lambda match: "".join(ONES[int(digit)] for digit in match.group()), text)
    spoken = _LONG.sub(lambda match: digits(match.group()), spoken)
    spoken = _ARABIC.sub(lambda match: number(match.group()), spoken)
    syllables = lazy_pinyin(spoken, style=Style.TONE3, neutral_tone_with_five=True)
    return " ".join(syllables).translate(PUNCTUATION)


async def run(command: Sequence[str], text: str, output: Path, timeout_s: float) -> bytes:
    """What `command` writes to `output` when it reads `text`. Raises `SpeechFailed`."""
    try:
        child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL)
    except OSError as error:
        raise SpeechFailed(f"{command[0]} cannot be started") from error
    try:
        async with asyncio.timeout(timeout_s):
            await child.communicate(text[:LONGEST_CHARS].encode())
    except TimeoutError:
        raise SpeechFailed(f"{command[0]} took longer than {timeout_s:g} s") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    try:
        spoken = await asyncio.to_thread(output.read_bytes)
    except FileNotFoundError:
        spoken = b""
    if child.returncode != 0 or not spoken:
        raise SpeechFailed(f"{command[0]} ended with {child.returncode}")
    return spoken
