"""Reply stripping over clients and languages: the new words stay, the quoted ones go."""

import time

import pytest

from channels.mail.parsing.replies import strip_reply

HEADER_ZH = (
    "发件人: 科技局 <hotline@kjj.example.cn>\n发送时间: 2026年11月24日 10:00\n收件人: 张三\n主题: 回复: 申报\n\n您好"
)

REPLIES = {
    "gmail zh": "好的,谢谢\n\n张三 <zhang@example.com> 于2026年1月2日周二 10:00写道：\n\n> 您好\n> 请补充材料\n",
    "gmail zh wrapped": "好的,谢谢\n\n科技局热线 <hotline@kjj.example.cn> 于2026年1月2日周二\n10:00写道：\n\n> 您好\n",
    "gmail en wrapped": "好的,谢谢\n\nOn Tue, Jan 2, 2026 at 10:00 AM Some Name <long@\nexample.com> wrote:\n\n> hi\n",
    "163 zh": '好的,谢谢\n\n\n\n在 2026-01-02 10:00:00，"科技局" <a@b.example.cn> 写道：\n您好\n请补充\n',
    "163 en": '好的,谢谢\nAt 2026-01-02 10:00:00, "x" <a@b.example.cn> wrote:\n>hello',
    "163 new": "好的,谢谢\n---- 回复的原邮件 ----\n| 发件人 | <a@b.example> |\n| 日期 | 2026 |\n",
    "163 zh close below": '好的,谢谢\n在 2026-01-02 10:00:00，"科技局" <a@b.example.cn> 写道：\n您好',
    "qq dashes": f"好的,谢谢\n\n------------------ 原始邮件 ------------------\n{HEADER_ZH}",
    "qq without dashes": f"好的,谢谢\n原始邮件\n{HEADER_ZH}",
    "foxmail": f"好的,谢谢\n\n \n{HEADER_ZH.replace(': ', '： ')}",
    "outlook zh": f"好的,谢谢\n________________________________\n{HEADER_ZH}",
    "outlook en": "好的,谢谢\n\nFrom: A <a@b.example>\nSent: Tuesday\nTo: Z\nSubject: Re\n\nold",
    "outlook bold": "好的,谢谢\n\n*From:* A <a@b.example>\n*Sent:* Tuesday\n*To:* Z\n*Subject:* Re\n\nold",
    "outlook original": "好的,谢谢\n-----Original Message-----\nFrom: A\nSent: B\n\nold",
    "apple zh": "好的,谢谢\n\n发自我的 iPhone\n\n> 在 2026年1月2日，10:00，科技局 <a@b.example> 写道：\n> \n> 您好\n",
    "apple en": "好的,谢谢\n\nSent from my iPhone\n\n> On 2 Jan 2026, at 10:00, A <a@b.example> wrote:\n> \n> hi",
    "thunderbird zh, answer below": "在 2026/1/2 10:00, 张三 写道:\n> 请补充\n\n好的,谢谢\n",
    "thunderbird en": "好的,谢谢\n\nOn 1/2/26 10:00, Zhang wrote:\n> please\n",
    "traditional": "好的,谢谢\n\n王五 <w@example.tw> 於 2026年1月2日 週二 上午10:00寫道：\n\n> 您好",
    "signature": "好的,谢谢\n-- \n张三\n某某公司",
    "outlook for ios": "好的,谢谢\n\n获取 Outlook for iOS\n________________________________\n" + HEADER_ZH,
}

KEPT_WHOLE = {
    "forward": "请看下面\n---- Forwarded message ----\n发件人： A <a@b.example>\nDate: 2026\nSubject: s\nTo: t\n\n内容",
    "sentence that ends like an attribution": "他在2026年的信中写道:\n我们不同意\n\n请处理",
    "letter with labels": "日期: 明天\n地点: 三楼\n请准时",
    "only a quote": "> 只有引用\n> 没有别的",
    "dashes in prose": "一\n---\n二",
}


@pytest.mark.parametrize("client", REPLIES)
def test_only_the_new_words_are_left(client: str) -> None:
    assert strip_reply(REPLIES[client]) == "好的,谢谢"


@pytest.mark.parametrize("case", KEPT_WHOLE)
def test_what_is_no_quote_is_kept(case: str) -> None:
    assert strip_reply(KEPT_WHOLE[case]) == KEPT_WHOLE[case]


def test_answers_between_quoted_lines_are_all_kept() -> None:
    text = "在 2026/1/2 10:00, 张三 写道:\n> 问一\n答一\n> 问二\n答二"
    assert strip_reply(text) == "答一\n答二"


def test_hostile_text_takes_linear_time() -> None:
    hostile = ["在1 " * 50_000, "on 1\n" * 4_999, "from:\n" * 4_999, "- " * 90_000, "发自我的" + " " * 150_000]
    hostile += ["on 1 " + "wrote " * 30_000, ("a: " * 40 + "\n") * 1_600, "> " * 90_000, "<" * 190_000 + " 写道:"]
    started = time.process_time()
    for text in hostile:
        strip_reply(text)
    assert time.process_time() - started < 3
