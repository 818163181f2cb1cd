"""Checks of the machine and the installation: nothing has to run for them."""

import asyncio
import os
import platform
import shlex
import shutil
import stat
import sys
from importlib.resources import files
from pathlib import Path

from server.doctor.finding import Finding, good, warning, wrong
from server.settings import Settings
from server.speech import Say
from telephony.prompts.voices import ESPEAK

OLDEST_PYTHON = (3, 11)
LITTLE_DISK_BYTES = 2 * 1024**3
TOO_LITTLE_DISK_BYTES = 200 * 1024**2
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
CHINESE_FONTS = ("cjk", "wqy", "wenquanyi", "simsun", "simhei", "sourcehan", "notosanssc", "uming", "ukai")


async def python(_settings: Settings, say: Say) -> list[Finding]:
    version = platform.python_version()
    if sys.version_info[:2] < OLDEST_PYTHON:
        return [wrong(f"Python {version}", say("需要 3.11 或更新版本", "version 3.11 or newer is needed"))]
    return [good(f"Python {version}")]


async def data_folder(settings: Settings, say: Say) -> list[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        return [
            wrong(
                say(f"数据目录 {folder} 不存在", f"the data folder {folder} does not exist"),
                say("运行 axd migrate 建立，或用 AXD_DATA_DIR 指定", "make it with axd migrate, or set AXD_DATA_DIR"),
            )
        ]
    if not os.access(folder, os.W_OK | os.X_OK):
        return [
            wrong(
                say(f"数据目录 {folder} 不可写", f"the data folder {folder} cannot be written"),
                f"chown -R $(id -un) {folder}",
            )
        ]
    return [good(say(f"数据目录 {folder} 可写", f"the data folder {folder} can be written")), _disk(folder, say)]


def _disk(folder: Path, say: Say) -> Finding:
    free = shutil.disk_usage(folder).free
    what = say(f"剩余磁盘 {free / 1024**3:.1f} GiB", f"{free / 1024**3:.1f} GiB of disk are free")
    if free >= LITTLE_DISK_BYTES:
        return good(what)
    mend = say("清理磁盘，或把数据目录移到更大的磁盘", "free some space, or move the data folder to a larger disk")
    return warning(what, mend) if free >= TOO_LITTLE_DISK_BYTES else wrong(what, mend)


async def secret_key(settings: Settings, say: Say) -> list[Finding]:
    if settings.secret_key.get_secret_value():
        return [good(say("密钥由 AXD_SECRET_KEY 给出", "the key is given by AXD_SECRET_KEY"))]
    file = settings.secret_key_file
    if not file.exists():
        mend = say("首次运行 axd up 或 axd migrate 时生成", "the first axd up or axd migrate makes it")
        return [wrong(say(f"没有密钥文件 {file}", f"there is no key file {file}"), mend)]
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        what = say(f"密钥文件 {file} 可被他人读取（{mode:o}）", f"others may read the key file {file} ({mode:o})")
        return [wrong(what, f"chmod 600 {file}")]
    return [good(say("密钥文件只有本人可读", "only its owner may read the key file"))]


async def front_end(_settings: Settings, say: Say) -> list[Finding]:
    missing = [
        name
        for name, there in (
            ("desk/static", files("desk").joinpath("static/index.html").is_file()),
            ("webchat/static", files("webchat").joinpath("static").is_dir()),
        )
        if not there
    ]
    if missing:
        what = say(f"前端未构建：{'、'.join(missing)}", f"the front end is not built: {', '.join(missing)}")
        return [wrong(what, "scripts/frontend build")]
    return [good(say("前端已构建", "the front end is built"))]


async def fonts(_settings: Settings, say: Say) -> list[Finding]:
    found = await asyncio.to_thread(_chinese_font)
    if found:
        return [good(say(f"中文字体 {found}", f"a Chinese font: {found}"))]
    what = say("没有中文字体，预览与打印会缺字", "no Chinese font: previews and prints will lack characters")
    return [warning(what, "apt-get install fonts-noto-cjk")]


async def voice(settings: Settings, say: Say) -> list[Finding]:
    """What reads texts on the telephone."""
    speech = settings.speech
    if speech.voice == "none":
        return [good(say("电话只播放录音提示", "calls hear recorded prompts only, as set"))]
    program = shlex.split(speech.command)[0] if speech.voice == "command" and speech.command else ESPEAK
    if shutil.which(program):
        return [good(say(f"语音合成 {program}", f"a voice for the telephone: {program}"))]
    what = say(f"没有语音合成 {program}，电话只能播放录音提示", f"no voice {program}: calls hear recorded prompts only")
    return [warning(what, "apt-get install espeak-ng" if program == ESPEAK else "AXD_SPEECH__COMMAND")]


def _chinese_font() -> str | None:
    names = (path.name for folder in FONT_FOLDERS for path in Path(folder).rglob("*.*"))
    return next((name for name in names if any(mark in name.lower().replace("-", "") for mark in CHINESE_FONTS)), None)
