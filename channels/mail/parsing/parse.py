"""Bytes of one mail to a `ParsedMail`. Pure; call it through `sandbox` for anything that came from outside."""

import email
import hashlib
import re
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser

from channels.mail.parsing import headers
from channels.mail.parsing.body import Body, plain_lines, read_body
from channels.mail.parsing.bounces import read_bounce
from channels.mail.parsing.charsets import decode
from channels.mail.parsing.headers import RawMessage
from channels.mail.parsing.language import language_of
from channels.mail.parsing.machines import LOOP_HEADER, machine_reason
from channels.mail.parsing.model import MailAddress, ParsedMail
from channels.mail.parsing.replies import strip_reply

GATEWAY_PREFIX = "x-axd-fax-"
_FLAT_TEXT_BYTES = 200_000
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_RECIPIENT_HEADERS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")


def parse_mail(raw: bytes, *, with_html: bool = True) -> ParsedMail:
    """Everything the mail says; broken parts end up in `defects`, never in an exception of their own.

    A mail whose structure the parser gives up on is read as headers and one text.
    """
    message, defects = _read(raw)
    body = _body(message, raw, with_html=with_html)
    sender = _sender(message)
    subject = headers.text_value(message, "Subject")[:998]
    machine = machine_reason(message, sender, subject)
    return ParsedMail(
        message_id=headers.message_id(message),
        sender=sender,
        reply_to=headers.addresses(message, "Reply-To"),
        recipients=headers.addresses(message, *_RECIPIENT_HEADERS),
        subject=subject,
        sent_at=headers.sent_at(message),
        references=headers.message_ids(message, "References", "In-Reply-To"),
        text=body.text,
        reply_text=strip_reply(body.text),
        html=body.html,
        language=language_of(subject, body.text),
        attachments=body.attachments,
        machine=machine,
        bounce=read_bounce(message, machine, body.text),
        loop_mark=headers.raw_value(message, LOOP_HEADER)[:200] or None,
        body_hash=body_hash(raw),
        defects=(*defects, *body.defects),
        gateway_headers=headers.named_with(message, GATEWAY_PREFIX),
    )


def body_hash(raw: bytes) -> str:
    """SHA-256 of everything after the headers, line ends normalised: relays change headers, not bodies."""
    end = _HEADER_END.search(raw)
    body = raw[end.end() :] if end else b""
    return hashlib.sha256(body.replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()


def _read(raw: bytes) -> tuple[RawMessage, tuple[str, ...]]:
    try:
        return email.message_from_bytes(raw, policy=policy.compat32), ()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError) as error:
        reason = f"unreadable_structure:{type(error).__name__}"
    try:
        return BytesHeaderParser(policy=policy.compat32).parsebytes(raw), (reason,)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError):
        return Message(policy.compat32), (reason, "unreadable_headers")


def _body(message: RawMessage, raw: bytes, *, with_html: bool) -> Body:
    body = read_body(message, with_html=with_html)
    if body.text or body.html or body.attachments:
        return body
    end = _HEADER_END.search(raw)
    flat = decode(raw[end.end() if end else 0 :][:_FLAT_TEXT_BYTES]) if _is_broken(message) else ""
    return Body(text=plain_lines(flat), html="", attachments=(), defects=body.defects)


def _is_broken(message: RawMessage) -> bool:
    """A container without parts: its boundary was missing or wrong."""
    return bool(message.defects) or message.get_content_maintype() == "multipart"


def _sender(message: RawMessage) -> MailAddress | None:
    return next(iter(headers.addresses(message, "From", "Sender")), None)
