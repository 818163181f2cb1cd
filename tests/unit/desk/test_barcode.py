"""The bars of a number, read back by the rules of Code 128."""

import pytest

from desk.letters.barcode import svg, symbols

NUMBER = "20261124000017"


def values_of(read: list[str]) -> list[int]:
    """Set C has a symbol for each pair of digits: those of "00" to "99" name the rest."""
    pairs = {symbols(f"{pair:02d}")[1]: pair for pair in range(100)}
    return [pairs[symbol] for symbol in read]


def test_start_digits_check_and_stop() -> None:
    start, *digits, check, stop = symbols(NUMBER)
    assert start == "211232"
    assert stop == "2331112"
    assert values_of(digits) == [20, 26, 11, 24, 0, 0, 17]
    total = 105 + sum(weight * value for weight, value in enumerate(values_of(digits), 1))
    assert total % 103 == 13
    assert values_of([check]) == [13]


def test_every_pair_has_bars_of_its_own_and_eleven_modules() -> None:
    found = {symbols(f"{pair:02d}")[1] for pair in range(100)}
    assert len(found) == 100
    assert {sum(map(int, symbol)) for symbol in found} == {11}
    # Odd parity: what makes the code readable at any speed of the wand.
    assert {sum(map(int, symbol[::2])) % 2 for symbol in found} == {0}


def test_the_picture_keeps_ten_modules_of_quiet_on_both_sides() -> None:
    modules = sum(int(width) for symbol in symbols(NUMBER) for width in symbol)
    assert f'viewBox="0 0 {modules + 20} 1"' in svg(NUMBER)
    assert '<rect x="10"' in svg(NUMBER)


@pytest.mark.parametrize("wrong", ["", "1", "12a4", "123", "１２"])
def test_anything_else_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="even number of digits"):
        symbols(wrong)
