"""The samples of mail and what they say; `python -m tests.support.mail_corpus NAME` prints what a sample says now."""

import json
import sys
from pathlib import Path
from typing import Any

from channels.mail.parsing.model import ParsedMail, to_wire
from channels.mail.parsing.parse import parse_mail

FOLDER = Path(__file__).parents[1] / "corpus" / "mail"
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))


def sample(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def described(mail: ParsedMail) -> dict[str, Any]:
    """A parsed mail as JSON: values that are there, attachments by their size, without the hash."""
    values, files = to_wire(mail)
    for attachment, data in zip(values["attachments"], files, strict=True):
        attachment["size_bytes"] = len(data)
    if values["text"] == values["reply_text"]:
        values.pop("text")
    values.pop("body_hash")
    found: dict[str, Any] = json.loads(json.dumps(values))
    return {name: value for name, value in found.items() if value not in (None, "", [])}


if __name__ == "__main__":
    print(json.dumps(described(parse_mail(sample(sys.argv[1]))), ensure_ascii=False, indent=1))  # noqa: T201
