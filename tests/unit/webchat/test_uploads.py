"""Types are read from the bytes; programs are refused by name and by content."""

import pytest

from webchat.uploads import ProgramRefused, media_type_of, refuse_programs

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0" * 40
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"


@pytest.mark.parametrize(
    ("head", "filename", "media_type"),
    [
        (PNG, "photo.png", "image/png"),
        (PNG, "report.pdf", "image/png"),
        (PDF, "audit.PDF", "application/pdf"),
        ("单位,金额\n甲,1\n".encode(), "figures.csv", "text/csv"),
        ("第一行".encode(), "note.txt", "text/plain"),
        (b"\0\1\2\3", "note.txt", "application/octet-stream"),
        (b"no magic here", "unknown.bin", "application/octet-stream"),
        (
            b"PK\x03\x04" + b"\0" * 60,
            "table.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (b"not a zip at all", "table.xlsx", "application/octet-stream"),
    ],
)
def test_the_bytes_decide(head: bytes, filename: str, media_type: str) -> None:
    assert media_type_of(head, filename) == media_type


@pytest.mark.parametrize(
    ("head", "filename"),
    [(b"MZ\x90\0", "invoice.pdf"), (b"\x7fELF", "a"), (b"#!/bin/sh", "a.txt"), (PDF, "a.pdf.exe"), (PDF, "a.LNK")],
)
def test_programs_are_refused(head: bytes, filename: str) -> None:
    with pytest.raises(ProgramRefused):
        refuse_programs(head, filename)


def test_papers_are_taken() -> None:
    refuse_programs(PDF, "审计报告.pdf")
