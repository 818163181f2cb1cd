"""One form for each kind of address, by the operator's region and with the kinds that plug-ins add."""

from collections.abc import Iterator

import pytest

from records.citizens.addresses import normalise, register_kind, use_region


@pytest.fixture
def german() -> Iterator[None]:
    use_region("DE")
    yield
    use_region("CN")


@pytest.mark.parametrize(
    ("kind", "written", "one_form"),
    [
        ("phone", "138 0000 0001", "+8613800000001"),
        ("phone", "+86 (0)755-8812-1234", "+8675588121234"),
        ("phone", "００８６13800000001", "+8613800000001"),
        ("phone", "+49 30 123456", "+4930123456"),
        ("phone", "12345", "12345"),
        ("phone", "10086", "10086"),
        ("mail", " Zhang@ZhiGu.CN. ", "zhang@zhigu.cn"),
        ("mail", "mailto:li@例子.中国", "li@xn--fsqu00a.xn--fiqs8s"),
        ("telegram", "@Zhang", "zhang"),
        ("wechat", " oXyZ ", "oXyZ"),
    ],
)
def test_however_it_is_written(kind: str, written: str, one_form: str) -> None:
    assert normalise(kind, written) == one_form
    assert normalise(kind, one_form) == one_form, "and again"


def test_numbers_without_a_country_are_of_the_operators_region(german: None) -> None:
    del german
    assert normalise("phone", "030 123456") == "+4930123456"
    with pytest.raises(ValueError, match="XX"):
        use_region("XX")


def test_a_plug_in_says_how_its_addresses_are_written() -> None:
    register_kind("badge", str.upper)
    assert normalise("badge", " a-17 ") == "A-17"
