"""Names and types of files that strangers send."""

import pytest

from desk.inbox.writing import sniffed_type
from records.messages.attachments import MAX_FILENAME_CHARS, safe_filename


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\桌面\\申请表.docx", "申请表.docx"),
        ("a\r\nb\x00.txt", "ab.txt"),
        (" .. ", "file"),
        ("", "file"),
    ],
)
def test_a_filename_is_a_name_and_nothing_else(given: str, kept: str) -> None:
    assert safe_filename(given) == kept


def test_a_long_filename_keeps_its_ending() -> None:
    name = safe_filename("证" * 400 + ".pdf")
    assert (len(name), name[-4:]) == (MAX_FILENAME_CHARS, ".pdf")


@pytest.mark.parametrize(
    ("head", "filename", "media_type"),
    [
        (b"%PDF-1.7\n", "photo.jpg", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a.txt", "image/png"),
        ("您好".encode(), "note", "text/plain"),
        (b"\x00\x01\x02", "x", "application/octet-stream"),
        (b"", "empty", "application/octet-stream"),
    ],
)
def test_the_type_is_what_the_bytes_say(head: bytes, filename: str, media_type: str) -> None:
    assert sniffed_type(head, filename) == media_type
