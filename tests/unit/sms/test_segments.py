"""How many parts a text takes."""

import pytest

from channels.sms.segments import segment


@pytest.mark.parametrize(
    ("text", "unicode", "count"),
    [
        ("", False, 1),
        ("a" * 160, False, 1),
        ("a" * 161, False, 2),
        ("a" * 306, False, 2),
        ("a" * 307, False, 3),
        ("€" * 80, False, 1),
        ("€" * 81, False, 2),
        ("字" * 70, True, 1),
        ("字" * 71, True, 2),
        ("字" * 134, True, 2),
        ("字" * 135, True, 3),
        ("😀" * 35, True, 1),
        ("😀" * 36, True, 2),
        ("`", True, 1),
    ],
)
def test_a_text_is_cut_as_the_air_needs_it(text: str, unicode: bool, count: int) -> None:
    found = segment(text)
    assert (found.unicode, found.count) == (unicode, count)
    assert "".join(found.texts) == text


def test_no_character_is_cut_in_two() -> None:
    for part in segment("字" * 66 + "😀" * 40).texts:
        assert part.encode("utf-16-be").decode("utf-16-be") == part
        assert len(part.encode("utf-16-be")) // 2 <= 67
    for part in segment("a" * 152 + "€" * 40).texts:
        assert len(part) + part.count("€") <= 153
