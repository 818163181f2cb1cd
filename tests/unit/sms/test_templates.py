"""Which template a text is made of."""

import pytest

from channels.sms.tables import SmsTemplateRow
from channels.sms.templates import fill, fitting, signed, variables


def row(text: str, code: str = "T1", *, approved: bool = True) -> SmsTemplateRow:
    return SmsTemplateRow(code=code, text=text, approved=approved)


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [
        ("已收到。", "已收到。", {}),
        ("编号${number}，密码${pin}。", "编号202611240001，密码123456。", {"number": "202611240001", "pin": "123456"}),
        ("{1}您好，{2}", "张三您好，已办结", {"1": "张三", "2": "已办结"}),
        ("{内容}", "随便什么", {"内容": "随便什么"}),
        ("{a}，{a}", "甲，甲", {"a": "甲"}),
    ],
)
def test_a_text_of_a_template_gives_its_variables(template: str, text: str, values: dict[str, str]) -> None:
    use = fitting(text, [row(template)])
    assert use is not None
    assert use.variables == values


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("已收到。", "已收到"),
        ("编号{n}。", "编号。"),
        ("{a}，{a}", "甲，乙"),
        ("甲{x}乙{y}丙", "甲1丙"),
        ("开头{x}头尾", "开头尾"),
        ("{a}{b}", "x"),
    ],
)
def test_another_text_is_of_no_template(template: str, text: str) -> None:
    assert fitting(text, [row(template)]) is None


def test_only_approved_ones_count_and_the_most_particular_wins() -> None:
    rows = [row("{x}", "ALL"), row("编号{n}已办结", "DONE"), row("编号{n}已办结", "NEW", approved=False)]
    use = fitting("编号1已办结", rows)
    assert use is not None
    assert use.code == "DONE"


def test_filling_needs_every_variable() -> None:
    text = "编号${n}，{n}，{pin}"
    assert variables(text) == ["n", "pin"]
    assert fill(text, {"n": "1"}) is None
    assert fill(text, {"n": "1", "pin": r"\g<0>"}) == r"编号1，1，\g<0>"


def test_matching_takes_time_in_proportion_to_the_text() -> None:
    many = "".join(f"{{v{i}}}，" for i in range(20))
    assert fitting("甲，" * 200 + "乙", [row(many + "尾")]) is None


def test_the_signature_stands_in_front_once() -> None:
    assert signed("云州科技", "您好") == "【云州科技】您好"
    assert signed("云州科技", "【云州科技】您好") == "【云州科技】您好"
    assert signed("", "您好") == "您好"
