"""What a mail says, after parsing: plain values that survive the way out of the child process."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class MailAddress:
    """`address` is lower-cased in its domain only; `name` is decoded display text, maybe empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class MailAttachment:
    """A file of the mail. `content_id` is set where the HTML shows it by a `cid:` address."""

    filename: str
    media_type: str
    data: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """A delivery failure: the addresses it speaks of and the Message-ID of the mail that failed."""

    failed: tuple[str, ...]
    permanent: bool
    original_message_id: str | None
    diagnostic: str


@dataclass(frozen=True, kw_only=True)
class ParsedMail:
    """All a mail says.

    `text` is the whole text body, `reply_text` the part its author wrote now. `html` is sanitised, empty when
    there was none. `machine` names why nobody may answer automatically, None for a person's mail. `body_hash`
    is SHA-256 over the raw body, so that a repeat is recognised together with its Message-ID. `gateway_headers` are
    those beginning with X-AXD-Fax-, names lower-cased.
    """

    message_id: str | None
    sender: MailAddress | None
    reply_to: tuple[MailAddress, ...]
    recipients: tuple[MailAddress, ...]
    subject: str
    sent_at: datetime | None
    references: tuple[str, ...]
    text: str
    reply_text: str
    html: str
    language: str
    attachments: tuple[MailAttachment, ...]
    machine: str | None
    bounce: Bounce | None
    loop_mark: str | None
    body_hash: str
    defects: tuple[str, ...]
    gateway_headers: tuple[tuple[str, str], ...] = ()


def to_wire(mail: ParsedMail) -> tuple[dict[str, Any], list[bytes]]:
    """JSON-ready values and the attachments' bytes: no pickle ever comes back from the child."""
    values = asdict(mail)
    files = [attachment.pop("data") for attachment in values["attachments"]]
    values["sent_at"] = mail.sent_at.isoformat() if mail.sent_at else None
    return values, files


def from_wire(values: dict[str, Any], files: list[bytes]) -> ParsedMail:
    """Inverse of `to_wire`. Raises TypeError, KeyError or ValueError on anything else."""
    attachments = zip(values["attachments"], files, strict=True)
    sent_at = values["sent_at"]
    return ParsedMail(
        **{
            **values,
            "sender": MailAddress(**values["sender"]) if values["sender"] else None,
            "reply_to": tuple(MailAddress(**item) for item in values["reply_to"]),
            "recipients": tuple(MailAddress(**item) for item in values["recipients"]),
            "sent_at": datetime.fromisoformat(sent_at) if sent_at else None,
            "references": tuple(values["references"]),
            "attachments": tuple(MailAttachment(**item, data=data) for item, data in attachments),
            "bounce": _bounce(values["bounce"]),
            "defects": tuple(values["defects"]),
            "gateway_headers": tuple((name, value) for name, value in values["gateway_headers"]),
        }
    )


def _bounce(values: dict[str, Any] | None) -> Bounce | None:
    return Bounce(**{**values, "failed": tuple(values["failed"])}) if values else None
