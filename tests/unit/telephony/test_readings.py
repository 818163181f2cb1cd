"""Numbers, dates and money as people say them."""

import pytest

from telephony.prompts import readings
from telephony.prompts.voices import pinyin


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        ("0", "零", "zero"),
        ("10", "十", "ten"),
        ("15", "十五", "fifteen"),
        ("20", "二十", "twenty"),
        ("101", "一百零一", "one hundred and one"),
        ("110", "一百一十", "one hundred and ten"),
        ("1010", "一千零一十", "one thousand ten"),
        ("10010", "一万零一十", "ten thousand ten"),
        ("100100", "十万零一百", "one hundred thousand one hundred"),
        ("100010001", "一亿零一万零一", "one hundred million ten thousand one"),
        ("-12.50", "负十二点五", "minus twelve point five"),
    ],
)
def test_quantities(value: str, chinese: str, english: str) -> None:
    assert readings.number(value) == chinese
    assert readings.number(value, english=True) == english


def test_receipts_and_telephones_are_read_one_by_one_in_groups_with_the_one_of_the_telephone() -> None:
    assert readings.digits("20261124000017") == "二零二六，幺幺二四，零零零零，幺七"
    assert readings.digits("+86 138-0013 8000", english=True) == (
        "eight six one three, eight zero zero one, three eight zero zero, zero"
    )


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        ("2026-11-24", "二零二六年十一月二十四日", "November twenty-fourth, twenty twenty-six"),
        ("2005-01-01", "二零零五年一月一日", "January first, two thousand and five"),
        ("2000-10-20", "二零零零年十月二十日", "October twentieth, two thousand"),
        ("1905-03-22", "一九零五年三月二十二日", "March twenty-second, nineteen oh five"),
    ],
)
def test_dates(value: str, chinese: str, english: str) -> None:
    assert readings.day(value) == chinese
    assert readings.day(value, english=True) == english


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        ("0", "零元", "zero yuan"),
        ("0.05", "五分", "five fen"),
        ("12.05", "十二元零五分", "twelve yuan and five fen"),
        ("1,234.50", "一千二百三十四元五角", "one thousand two hundred and thirty-four yuan and fifty fen"),
        ("-3.10", "负三元一角", "minus three yuan and ten fen"),
    ],
)
def test_money(value: str, chinese: str, english: str) -> None:
    assert readings.money(value) == chinese
    assert readings.money(value, english=True) == english


def test_what_is_not_of_its_form_is_said_as_it_stands() -> None:
    for form in ("date", "money", "number"):
        assert readings.say("不详", form, "zh-CN") == "不详"
    assert readings.say("1.234", "money", "zh-CN") == "1.234"
    assert readings.say("9" * 20, "number", "zh-CN") == "9" * 20


def test_texts_are_filled_in_and_what_is_missing_is_left_out() -> None:
    values = {"number": "2026", "sum": "3"}
    text = "编号{number:digits}，{sum:money}，{nothing}完。"
    assert readings.fill(text, values, "zh-CN") == "编号二零二六，三元，完。"
    assert readings.fill("{{braces}} {number:digits}", values, "en") == "{braces} two zero two six"


def test_chinese_becomes_pinyin_with_years_and_long_numbers_digit_by_digit() -> None:
    assert pinyin("您好，请按1。") == "nin2 hao3 ,  qing3 an4 yi1 . "
    assert pinyin("2026年") == "er4 ling2 er4 liu4 nian2"
    assert pinyin("13800138000").split()[:3] == ["yao1", "san1", "ba1"]
    assert pinyin("12元") == "shi2 er4 yuan2"
