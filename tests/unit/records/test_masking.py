import pytest

from records.citizens.masking import form_of_address, mask_address, mask_code, mask_name, mask_text


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张**"),
        ("李建国", "李**"),
        ("欧阳明", "欧阳**"),
        ("John Miller", "J. M***"),
        ("Anna Maria Schmidt", "A. M. S***"),
        ("Zhang", "Z***"),
        ("  王五 ", "王**"),
        ("", ""),
    ],
)
def test_names_keep_the_surname_only(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("phone", "+8613800000001", "138****0001"),
        ("phone", "138 0000 0001", "138****0001"),
        ("phone", "+8675588121234", "0755-****1234"),
        ("phone", "0755-8812 1234", "0755-****1234"),
        ("phone", "0700-8812 1834", "0700-****1834"),
        ("phone", "+861088121234", "010-****1234"),
        ("phone", "88121234", "****1234"),
        ("phone", "12345", "****45"),
        ("phone", "+85291234567", "+852****4567"),
        ("phone", "+14155552671", "+141****2671"),
        ("phone", "anonymous", ""),
        ("mail", "zhang.san@zhigukeji.cn", "z***@zhigu****.cn"),
        ("mail", "lee@mail.example.org", "l***@ma****.example.org"),
        ("chat", "0199f2aa-1111", "01****"),
    ],
)
def test_addresses_keep_too_little_to_use_them(kind: str, value: str, masked: str) -> None:
    assert mask_address(kind, value) == masked


def test_codes_keep_both_ends() -> None:
    assert mask_code("91440300MA5F7X2R7X2R") == "9144****7X2R"
    assert mask_code("short") == "****"
    assert mask_code("") == ""


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请回电13800000001或0755-88121234", "请回电138****0001或0755-****1234"),
        ("回电 +86 138 0000 0001。", "回电 138****0001。"),
        ("写信到zhang@zhigukeji.cn,谢谢", "写信到z***@zhigu****.cn,谢谢"),
        ("信用代码 91440300MA5F12347X", "信用代码 9144****347X"),
        ("身份证110101199003077758。", "身份证1101****7758。"),
        ("编号20261124000017", "编号20261124000017"),
        ("2026年申报,经费3000000元", "2026年申报,经费3000000元"),
        ("张三丰投诉张三", "张**投诉张**"),
    ],
)
def test_titles_hide_numbers_addresses_and_names(text: str, masked: str) -> None:
    assert mask_text(text, names=["张三", "张三丰", ""]) == masked


def test_nobody_is_addressed_by_a_guess() -> None:
    assert form_of_address("张三", None) == "您"
    assert form_of_address("", "女士") == "您"
    assert form_of_address("张三", "女士") == "张女士"
    assert form_of_address("欧阳明", "先生") == "欧阳先生"
    assert form_of_address("John Miller", "Mr") == "Mr Miller"
