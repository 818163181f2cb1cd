"""What goes out, as another mail program reads it."""

import email
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage

import pytest

from channels.adapter import MessageRejected
from channels.mail.sending.compose import File, Letter, answer_subject, compose

LONG_ID = f"<{'a' * 150}@outlook.example>"


def letter(**changes: object) -> Letter:
    values: dict[str, object] = {
        "sender_name": '科技局, "热线"',
        "sender": "hotline@axd.test",
        "reply_to": "hotline+token@axd.test",
        "recipient": "zhang@citizen.test",
        "subject": "Re: 咨询",
        "text": "您好\n\n答复如下。",
        "header_id": "<axd.token@axd.test>",
        "mark": "token",
        "date": datetime(2026, 11, 24, 2, 0, tzinfo=UTC),
    }
    return Letter(**(values | changes))  # type: ignore[arg-type]


def read(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=policy.default)


def test_headers_and_text_arrive() -> None:
    data = compose(letter())
    mail = read(data)
    assert all(line.isascii() and len(line) <= 998 for line in data.split(b"\r\n"))
    assert mail["From"].addresses[0].display_name == '科技局, "热线"'
    assert (mail["Subject"], mail["Message-ID"]) == ("Re: 咨询", "<axd.token@axd.test>")
    assert mail.get_content().split() == ["您好", "答复如下。"]
    assert "Auto-Submitted" not in mail


def test_a_long_message_id_stays_one_word() -> None:
    data = compose(letter(in_reply_to=LONG_ID, references=("<axd.one@axd.test>", LONG_ID)))
    assert f"In-Reply-To: {LONG_ID}\r\n".encode() in data
    assert read(data)["References"].split() == ["<axd.one@axd.test>", LONG_ID]


def test_files_of_any_name_and_kind_arrive_unchanged() -> None:
    files = [
        File(filename="答复 意见.pdf", media_type="application/pdf", data=b"%PDF"),
        File(filename="mail.eml", media_type="message/rfc822", data=b"not a mail at all"),
        File(filename="note.txt", media_type="text/plain; charset=gbk", data="你好".encode("gbk")),
        File(filename="x", media_type="nonsense", data=b"\x00\xff"),
    ]
    attached = list(read(compose(letter(files=files))).iter_attachments())
    assert [part.get_filename() for part in attached] == [file.filename for file in files]
    assert [part.get_payload(decode=True) for part in attached] == [file.data for file in files]


def test_an_automatic_answer_says_so() -> None:
    mail = read(compose(letter(automatic=True)))
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"


@pytest.mark.parametrize("recipient", ["a", "a@", "a@b c", "a@b\r\nBcc: x@y", "<a@b>", 'a"b@c', ""])
def test_addresses_that_could_smuggle_are_refused(recipient: str) -> None:
    with pytest.raises(MessageRejected):
        compose(letter(recipient=recipient))


def test_addresses_that_only_the_standard_dislikes_are_used() -> None:
    assert read(compose(letter(recipient="a..b@docomo.example")))["To"] == "a..b@docomo.example"


def test_line_breaks_in_a_subject_make_no_header() -> None:
    mail = read(compose(letter(subject="a\r\nBcc: x@y.example")))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "a Bcc: x@y.example"


@pytest.mark.parametrize(
    ("subject", "answer"), [("咨询", "Re: 咨询"), ("RE: a", "RE: a"), ("回复：咨询", "回复：咨询"), ("", "Re:")]
)
def test_the_subject_of_an_answer(subject: str, answer: str) -> None:
    assert answer_subject(subject) == answer
