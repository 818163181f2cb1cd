"""Receipt numbers: a slip of the finger is told from a wrong number, and costs no guess."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Unavailable
from records.citizens.receipts import LAST_SERIAL, clean_number, make_number, new_pin

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))
serials = st.integers(1, LAST_SERIAL)


@given(day=days, serial=serials)
def test_a_number_holds_day_and_serial_and_is_well_formed(day: date, serial: int) -> None:
    number = make_number(day, serial)
    assert len(number) == 14
    assert number.isdigit()
    assert number.startswith(f"{day:%Y%m%d}{serial:05d}")
    assert clean_number(number) == number
    assert clean_number(f" {number[:8]} {number[8:13]}-{number[13:]} ") == number


@given(day=days, serial=serials, place=st.integers(0, 13), digit=st.integers(0, 9))
def test_any_one_wrong_digit_is_seen(day: date, serial: int, place: int, digit: int) -> None:
    number = make_number(day, serial)
    wrong = number[:place] + str(digit) + number[place + 1 :]
    assert clean_number(wrong) == (number if wrong == number else None)


@given(day=days, serial=serials, place=st.integers(0, 12))
def test_any_two_swapped_neighbours_are_seen(day: date, serial: int, place: int) -> None:
    number = make_number(day, serial)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert clean_number(swapped) == (number if swapped == number else None)


@pytest.mark.parametrize("text", ["", "123", "2026112000317x", "２０２６１１２０００３１７９", "202611200031799"])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert clean_number(text) is None


def test_a_day_has_room_for_99999() -> None:
    with pytest.raises(Unavailable):
        make_number(date(2026, 11, 24), LAST_SERIAL + 1)


async def test_a_pin_has_six_digits_and_is_kept_as_a_hash_only() -> None:
    pin = await new_pin()
    assert len(pin.value) == 6
    assert pin.value.isdigit()
    assert pin.value not in pin.hash
    assert pin.hash.startswith("$argon2id$")
