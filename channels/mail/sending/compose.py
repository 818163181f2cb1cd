"""An outbound message as a mail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr
from typing import Any

from channels.adapter import MessageRejected
from channels.mail.parsing.machines import LOOP_HEADER

_MAX_REFERENCES = 20
_ADDRESS = re.compile(r"[^\s<>\"(),;:\\@]{1,64}@[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")


class _Policy(EmailPolicy):
    """The library breaks a Message-ID that is longer than a line into encoded words, which no client can follow."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in {"message-id", "in-reply-to", "references"}:
            return f"{name}: " + f"{self.linesep} ".join(str(value).split()) + self.linesep
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


_POLICY = _Policy(linesep="\r\n", max_line_length=76)


@dataclass(frozen=True, kw_only=True)
class File:
    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Letter:
    """All that a mail needs. `header_id` is fixed before the first attempt; `mark` is our token against loops."""

    sender_name: str
    sender: str
    reply_to: str
    recipient: str
    subject: str
    text: str
    header_id: str
    mark: str
    date: datetime
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    files: Sequence[File] = ()
    automatic: bool = False


def compose(letter: Letter) -> bytes:
    """RFC 5322 bytes, the same for the same letter apart from MIME boundaries.

    Raises `MessageRejected` where an address cannot stand in a header.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _mailbox(letter.sender_name, letter.sender)
    mail["To"] = _mailbox("", letter.recipient)
    mail["Reply-To"] = _mailbox(letter.sender_name, letter.reply_to)
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Date"] = format_datetime(letter.date)
    mail["Message-ID"] = letter.header_id
    _thread(mail, letter)
    mail[LOOP_HEADER] = letter.mark
    if letter.automatic:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(letter.text, cte="base64" if not letter.text.isascii() else None)
    for file in letter.files:
        _attach(mail, file)
    return mail.as_bytes()


def answer_subject(subject: str) -> str:
    """`Re: ` once, whatever the client of the other side called it."""
    bare = subject.strip()
    if not bare:
        return "Re:"
    marks = ("re:", "re：", "回复:", "回复：", "答复:", "答复：", "回覆:", "回覆：")
    return bare if bare.lower().startswith(marks) else f"Re: {bare}"


def _mailbox(name: str, address: str) -> str:
    """Looser than RFC 5322: citizens do have addresses such as `a..b@example.org`; nothing can be smuggled in."""
    if not _ADDRESS.fullmatch(address):
        raise MessageRejected(f"This address cannot be used: {address!r}"[:300])
    return formataddr((" ".join(name.split()), address))


def _thread(mail: EmailMessage, letter: Letter) -> None:
    if letter.in_reply_to:
        mail["In-Reply-To"] = letter.in_reply_to
        chain = dict.fromkeys((*letter.references, letter.in_reply_to))
        mail["References"] = " ".join(list(chain)[-_MAX_REFERENCES:])


def _attach(mail: EmailMessage, file: File) -> None:
    maintype, _, subtype = file.media_type.partition("/")
    # As bytes whatever it is: a mail or a text that is attached must arrive unchanged.
    if not subtype or maintype in {"multipart", "message"}:
        maintype, subtype = "application", "octet-stream"
    mail.add_attachment(file.data, maintype=maintype, subtype=subtype.split(";")[0], filename=file.filename)
