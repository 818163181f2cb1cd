"""What the form takes, refuses, and forgets."""

from dataclasses import replace

import pytest

from webchat.catalogue import Translator
from webchat.form_entry import FormEntry, KeptFile, check
from webchat.settings import UploadSettings

ZH = Translator("zh-CN")
GOOD = FormEntry(subject="高企复审缺审计报告怎么办", text="请问如何补交?")


def errors(entry: FormEntry) -> dict[str, str]:
    return dict(check(entry, ZH, UploadSettings()))


def test_a_right_form_has_no_errors() -> None:
    assert errors(GOOD) == {}


def test_errors_come_in_the_order_of_the_form_and_say_what_to_do() -> None:
    found = errors(FormEntry(kind="", reply="sms", phone="1380000000"))
    assert list(found) == ["kind", "subject", "text", "phone"]
    assert found["phone"] == "手机号要 11 位，现在是 10 位"


@pytest.mark.parametrize(
    ("way", "field", "value", "right"),
    [
        ("sms", "phone", "138 0000 0001", True),
        ("phone", "phone", "+86 13800000001", True),
        ("sms", "phone", "23800000001", False),
        ("sms", "phone", "", False),
        ("mail", "mail", "zhang@example.com", True),
        ("mail", "mail", "zhang@", False),
        ("mail", "mail", "a b@example.com", False),
        ("self", "mail", "whatever", True),
    ],
)
def test_the_address_of_the_chosen_way_must_be_right(way: str, field: str, value: str, right: bool) -> None:
    entry = FormEntry.from_post({"kind": "inquiry", "subject": "a", "text": "b", "reply": way, field: value})
    assert (field in errors(entry)) is not right


def test_choices_outside_the_lists_count_as_not_made() -> None:
    entry = FormEntry.from_post({"kind": "bribe", "reply": "pigeon", "title_of": "lord"})
    assert (entry.kind, entry.reply, entry.title_of) == ("", "self", "")


def test_an_anonymous_report_keeps_nothing_of_who_wrote() -> None:
    entry = replace(
        GOOD, kind="report", identity="anonymous", name="张三", phone="13800000001", mail="z@example.com", reply="sms"
    )
    assert errors(entry) == {}
    assert entry.address is None
    kept = str(entry.without_identity().as_json())
    assert "张三" not in kept
    assert "13800000001" not in kept
    assert "z@example.com" not in kept


def test_anonymity_is_for_reports_only() -> None:
    entry = replace(GOOD, identity="anonymous", reply="sms", phone="13800000001")
    assert entry.address == ("phone", "13800000001")
    assert entry.masked_address == "138****0001"


def test_equal_content_has_an_equal_fingerprint_and_a_change_another() -> None:
    assert GOOD.fingerprint() == replace(GOOD).fingerprint()
    assert GOOD.fingerprint() != replace(GOOD, text="请问如何补交？谢谢").fingerprint()


def test_what_was_kept_comes_back_as_it_was() -> None:
    file = KeptFile(key="k", filename="审计.pdf", media_type="application/pdf", size_bytes=3, sha256="0")
    entry = replace(GOOD, files=(file,), confidential=True)
    assert FormEntry.from_json(entry.as_json()) == entry


def test_too_many_files_are_named() -> None:
    files = tuple(KeptFile(key=str(n), filename="a", media_type="", size_bytes=1, sha256="") for n in range(7))
    assert errors(replace(GOOD, files=files))["files"] == "附件最多 5 个，请去掉 2 个"
