"""Which conversation a mail belongs to, and who could be tricked into another one."""

from dataclasses import replace

import pytest

from channels.mail.inbound import duplicate_key, external_id, message_id_of
from channels.mail.parsing.model import MailAddress, ParsedMail
from channels.mail.parsing.parse import parse_mail
from channels.mail.receiving.folder_names import decode_folder, encode_folder
from channels.mail.threads import ReplyMarks, foreign_thread_key, plain_subject
from kit.ids import new_id
from kit.secret_box import SecretBox
from tests.support.mail_samples import simple

MARKS = ReplyMarks(box=SecretBox(b"one secret" * 4))
OTHERS = ReplyMarks(box=SecretBox(b"another secret" * 4))
OURS = new_id()


def mail(text: str = "x", **changes: object) -> ParsedMail:
    return replace(parse_mail(simple(text)), **changes)  # type: ignore[arg-type]


def test_each_mark_leads_back_to_our_message() -> None:
    header_id = MARKS.header_id(OURS, "axd.test")
    address = MARKS.reply_address("hotline@axd.test", OURS)
    subject = MARKS.subject("咨询", OURS)
    assert MARKS.answered(mail(references=("<a@b>", header_id))) == [OURS]
    assert MARKS.answered(mail(recipients=(MailAddress(address=address.upper()),))) == [OURS]
    assert MARKS.answered(mail(subject=f"回复: {subject.lower()}")) == [OURS]
    assert plain_subject(subject) == "咨询"
    assert MARKS.own_message(header_id) == OURS


def test_marks_of_another_installation_or_made_up_ones_lead_nowhere() -> None:
    forged = MARKS.token(OURS)[:-1] + ("a" if MARKS.token(OURS)[-1] != "a" else "b")
    marks = [OTHERS.header_id(OURS, "axd.test"), f"<axd.{forged}@axd.test>", "<axd.short@axd.test>"]
    assert MARKS.answered(mail(references=tuple(marks), subject="[#2026112400017] [AXD-123]")) == []
    assert MARKS.own_message("<axd.@axd.test>") is None


def test_the_latest_of_our_messages_comes_first() -> None:
    later = new_id()
    ids = tuple(MARKS.header_id(message_id, "axd.test") for message_id in (OURS, later))
    assert MARKS.answered(mail(references=ids)) == [later, OURS]


def test_an_address_that_would_be_too_long_stays_plain() -> None:
    address = f"{'a' * 40}@axd.test"
    assert MARKS.reply_address(address, OURS) == address


def test_a_conversation_is_of_one_sender_in_one_mailbox() -> None:
    first = mail(references=(), message_id="<m@b>")
    second = mail(references=("<m@b>",), message_id="<n@b>")
    key = foreign_thread_key(first, "box", "a@b.example")
    assert key == foreign_thread_key(second, "box", "A@B.example")
    assert key != foreign_thread_key(second, "box", "c@b.example")
    assert key != foreign_thread_key(second, "other box", "a@b.example")


def test_a_repeat_is_the_same_id_with_the_same_body() -> None:
    raw = simple("one", message_id="<m@b>")
    relayed = b"Received: by relay\r\n" + raw
    other_body = simple("two", message_id="<m@b>")
    keys = [duplicate_key(item, parse_mail(item)) for item in (raw, relayed, other_body)]
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]
    bare = raw.replace(b"Message-ID: <m@b>\r\n", b"")
    later = b"Received: later\r\n" + bare
    assert duplicate_key(bare, parse_mail(bare)) == duplicate_key(bare, parse_mail(bare))
    assert duplicate_key(bare, parse_mail(bare)) != duplicate_key(later, parse_mail(later))


@pytest.mark.parametrize("header_id", ["<m@b>", "<a#b@c>", None, f"<{'x' * 300}@b>"])
def test_an_external_id_is_unique_short_and_gives_the_message_id_back(header_id: str | None) -> None:
    external = external_id("box", header_id, "key")
    assert len(external) <= 200
    assert external != external_id("other box", header_id, "key")
    assert message_id_of(external) == (header_id if header_id and len(header_id) < 100 else None)


@pytest.mark.parametrize("name", ["INBOX", "已处理", "A & B", 'with "quotes" \\', "~peter/mail/台北/日本語", "&"])
def test_folder_names_survive_the_wire(name: str) -> None:
    quoted = encode_folder(name)
    assert quoted.isascii()
    assert decode_folder(quoted[1:-1].replace('\\"', '"').replace("\\\\", "\\")) == name


def test_folder_names_are_as_the_standard_writes_them() -> None:
    assert encode_folder("~peter/mail/台北/日本語") == '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'
    with pytest.raises(ValueError, match="control"):
        encode_folder("a\r\nb")
