"""Short commands: the whole text or none."""

import pytest

from channels.built_in_texts import KEYS
from channels.sms.answers import TEXTS
from channels.sms.commands import STATUS, WORDS, Command, recognise

NUMBER = "20261124000017"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("退订", "stop"),
        (" td ", "stop"),
        ("ＴＤ。", "stop"),
        ("stop", "stop"),
        ("恢复", "start"),
        ("帮助", "help"),
        ("？", "help"),
        ("查询", "help"),
        ("我想退订", None),
        ("T恤", None),
        ("帮助我一下", None),
        ("查询我的项目进度", None),
        ("20261124", None),
        (NUMBER, None),
        ("我的编号 20261124000017 123456", None),
    ],
)
def test_a_command_is_the_whole_text(text: str, name: str | None) -> None:
    command = recognise(text)
    assert (command.name if command else None) == name


@pytest.mark.parametrize(
    "text",
    [
        f"{NUMBER} 123456",
        f"查询 {NUMBER} 123456",
        f"查询{NUMBER}，123456。",
        f"cx{NUMBER}#123456",
        f"CX：{NUMBER} 123456",
        "2026 1124 0000 17 123456",
        "２０２６１１２４００００１７　１２３４５６",
    ],
)
def test_number_and_pin_ask_for_the_status(text: str) -> None:
    command = recognise(text)
    assert command is not None
    assert (command.name, command.number.replace(" ", ""), command.pin) == (STATUS, NUMBER, "123456")


def test_english_words_are_answered_in_english() -> None:
    assert recognise(f"Status {NUMBER} 123456") == Command(name=STATUS, language="en", number=NUMBER, pin="123456")


def test_every_command_has_an_answer_in_its_language() -> None:
    for name, language in WORDS.values():
        assert KEYS[TEXTS[name]].words["sms"][language].text.format(hotline="12345")
