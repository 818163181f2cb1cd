"""The short commands that citizens send, as data; what is answered is in `channels.built_in_texts`."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from channels.status_answers import ENDS, find_query

STOP, START, HELP, STATUS = "stop", "start", "help", "status"


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


def recognise(text: str) -> Command | None:
    """The command that `text` is as a whole, however it is written (full width, lower case, a full stop)."""
    plain = unicodedata.normalize("NFKC", text).strip(ENDS).upper()
    known = WORDS.get(plain)
    if known is not None:
        return Command(name=known[0], language=known[1])
    asked = find_query(text)
    if asked is None:
        return None
    return Command(name=STATUS, language=asked.language, number=asked.number, pin=asked.pin)
