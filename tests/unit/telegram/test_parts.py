"""Splitting long answers, telling commands from messages, naming files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.adapter import MalformedInbound
from channels.telegram.commands import Asked, find
from channels.telegram.files import files_of
from channels.telegram.model import Message, read_update
from channels.telegram.sequence import LONGEST_GAP, filled
from channels.telegram.settings import BotSettings
from channels.telegram.splitting import MAX_UNITS, split
from channels.telegram.words import COMMANDS, WORDS

FILE = {"file_id": "f"}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.text(alphabet="字。 \n😀a", max_size=300), st.integers(min_value=2, max_value=50))
def test_pieces_fit_and_leave_nothing_out(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < units(piece) <= limit for piece in pieces)
    assert "".join("".join(piece.split()) for piece in pieces) == "".join(text.split())


def test_a_text_that_fits_stays_whole() -> None:
    assert split("字" * MAX_UNITS) == ["字" * MAX_UNITS]
    assert len(split("😀" * MAX_UNITS)) == 2


def test_a_piece_ends_where_a_reader_pauses() -> None:
    assert split("第一句话说完了。第二句", 10) == ["第一句话说完了。", "第二句"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("/start", Asked(name="start", rest="")),
        ("/HELP@axd_bot", Asked(name="help", rest="")),
        (" /status 2026 123456 ", Asked(name="status", rest="2026 123456")),
        ("/language\nen", Asked(name="language", rest="en")),
        ("/foo", None),
        ("/投诉", None),
        ("help", None),
        ("请看 /help", None),
        (None, None),
    ],
)
def test_a_command_is_told_from_a_message(text: str | None, asked: Asked | None) -> None:
    assert find(text) == asked


def test_numbers_that_are_left_out_are_named_and_a_new_beginning_is_none() -> None:
    assert list(filled({7, 5, 9})) == [5, 6, 7, 8, 9]
    assert list(filled({5, 5 + LONGEST_GAP + 1})) == [5, 5 + LONGEST_GAP + 1]
    assert list(filled(set())) == []


def test_both_languages_say_the_same_things() -> None:
    keys = [set(words) for words in WORDS.values()]
    assert keys[0] == keys[1]
    assert all(set(command.what) == set(WORDS) for command in COMMANDS)


def test_an_animation_is_one_file_though_it_is_told_twice() -> None:
    message = Message.model_validate(
        {
            "message_id": 1,
            "date": 1,
            "chat": {"id": 1, "type": "private"},
            "animation": {**FILE, "mime_type": "video/mp4"},
            "document": {**FILE, "mime_type": "video/mp4"},
        }
    )
    assert [named.name for named in files_of(message)] == ["animation-1.mp4"]


@pytest.mark.parametrize("wrong", [None, {}, {"update_id": 1}, {"update_id": "1", "message": {}}])
def test_what_is_no_update_is_malformed_and_its_values_are_not_told(wrong: dict[str, object] | None) -> None:
    with pytest.raises(MalformedInbound):
        read_update(wrong)


@pytest.mark.parametrize("token", ["", "abc", "1:short", "1:" + "x" * 30 + "/../"])
def test_a_token_that_cannot_be_one_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        BotSettings(name="n", token=token)
    assert "x" * 30 not in repr(BotSettings(name="n", token="1:" + "x" * 30))
