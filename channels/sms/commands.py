"""The short commands that citizens send, as data: their words, and what is answered."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

STOP, START, HELP, STATUS = "stop", "start", "help", "status"
ENDS = "。.!！ "


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`number` and `pin` are those of a receipt, for `STATUS` only."""

    name: str
    language: str
    number: str = ""
    pin: str = ""


WORDS: Mapping[str, tuple[str, str]] = {
    "退订": (STOP, "zh-CN"),
    "TD": (STOP, "zh-CN"),
    "T": (STOP, "zh-CN"),
    "STOP": (STOP, "en"),
    "UNSUBSCRIBE": (STOP, "en"),
    "恢复": (START, "zh-CN"),
    "HF": (START, "zh-CN"),
    "START": (START, "en"),
    "帮助": (HELP, "zh-CN"),
    "BZ": (HELP, "zh-CN"),
    "?": (HELP, "zh-CN"),
    "查询": (HELP, "zh-CN"),
    "CX": (HELP, "zh-CN"),
    "HELP": (HELP, "en"),
    "STATUS": (HELP, "en"),
}
"""What the whole text must be. A text that only contains such a word is one for an agent."""

STATUS_WORDS = {"查询": "zh-CN", "CX": "zh-CN", "": "zh-CN", "STATUS": "en"}
STATUS_TEXT = re.compile(r"([^\W\d]*)[\s:]*((?:\d[ -]?){13}\d)[\s,、/#]+(\d{6})")

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {
        STOP: "您已退订，本号码不再收到我局短信。回复“恢复”可重新接收。",
        START: "已恢复，本号码可以收到我局短信。回复“TD”可退订。",
        HELP: "查进度请发：编号 空格 查询密码。退订请发：TD。有事请直接把内容发来，或拨打{hotline}。",
    },
    "en": {
        STOP: "You will get no more text messages from us on this number. Send START to get them again.",
        START: "You can get text messages from us again. Send STOP to end them.",
        HELP: "To follow a matter send: number, space, PIN. To get no more texts: STOP. "
        "Anything else: just write to us, or call {hotline}.",
    },
}


def recognise(text: str) -> Command | None:
    """The command that `text` is as a whole, however it is written (full width, lower case, a full stop)."""
    plain = unicodedata.normalize("NFKC", text).strip(ENDS + "\n\r\t").upper()
    known = WORDS.get(plain)
    if known is not None:
        return Command(name=known[0], language=known[1])
    asked = STATUS_TEXT.fullmatch(plain)
    if asked is None or asked[1] not in STATUS_WORDS:
        return None
    return Command(name=STATUS, language=STATUS_WORDS[asked[1]], number=asked[2], pin=asked[3])
