"""The parts of a mail: which of them are its text, which are files."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from channels.mail.parsing import tnef
from channels.mail.parsing.charsets import decode
from channels.mail.parsing.filenames import safe_filename, suffix_of
from channels.mail.parsing.headers import RawMessage, decode_words, raw_value
from channels.mail.parsing.markup import sanitise, to_text
from channels.mail.parsing.model import MailAttachment

MAX_DEPTH = 40
MAX_PARTS = 400
MAX_TEXT_CHARS = 200_000
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\s]")


@dataclass(frozen=True, kw_only=True)
class Body:
    """`text` is readable also for HTML-only mail; `html` is sanitised."""

    text: str
    html: str
    attachments: tuple[MailAttachment, ...]
    defects: tuple[str, ...]


@dataclass
class _Collected:
    # One entry for each text part that stands alone, and one for each alternative: {"plain": ..., "html": ...}.
    texts: dict[int, dict[str, str]] = field(default_factory=dict)
    attachments: list[MailAttachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def read_body(message: RawMessage, *, with_html: bool = True) -> Body:
    """Text, HTML and files of a mail. `with_html=False` leaves the sanitiser out, for mail that was too much for it."""
    found = _Collected()
    for part, group in _leaves(message, found.defects):
        try:
            _collect(found, part, group)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError) as error:
            found.defects.append(f"unreadable_part:{type(error).__name__}")
    text = "\n\n".join(filter(None, (_as_text(entry) for entry in found.texts.values())))
    if len(text) > MAX_TEXT_CHARS:
        text = text[:MAX_TEXT_CHARS]
        found.defects.append("text_truncated")
    return Body(
        text=plain_lines(text),
        html=_as_html(found) if with_html else "",
        attachments=_unwrapped(found.attachments),
        defects=tuple(dict.fromkeys(found.defects)),
    )


def plain_lines(text: str) -> str:
    """The text with one kind of line end and no empty lines around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def _leaves(message: RawMessage, defects: list[str]) -> Iterator[tuple[RawMessage, int]]:
    """Parts that are no containers, with a number shared by the members of one multipart/alternative."""
    stack: list[tuple[RawMessage, int, int]] = [(message, 0, 0)]
    seen = 0
    while stack:
        part, depth, group = stack.pop()
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            defects.append("too_many_parts" if seen > MAX_PARTS else "parts_nested_too_deep")
            continue
        children: Any = part.get_payload()
        if not isinstance(children, list) or part.get_content_maintype() == "message":
            yield part, group or -seen
            continue
        is_alternative = part.get_content_subtype() == "alternative"
        inherited = group or (seen if is_alternative else 0)
        stack.extend((child, depth + 1, inherited) for child in reversed(children))


def _collect(found: _Collected, part: RawMessage, group: int) -> None:
    media_type = part.get_content_type()
    disposition = str(part.get_content_disposition() or "")
    filename = _filename(part)
    is_text = media_type in {"text/plain", "text/html"} and disposition != "attachment"
    if is_text and not (filename and disposition):
        kind = "html" if media_type == "text/html" else "plain"
        entry = found.texts.setdefault(group, {})
        entry[kind] = "\n".join(filter(None, (entry.get(kind), _text_of(part))))
    elif media_type == "message/delivery-status" or media_type.startswith("multipart/"):
        return
    else:
        found.attachments.append(_attachment(part, media_type, filename))


def _text_of(part: RawMessage) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    if _is_falsely_encoded(part):
        data = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return decode(data[: MAX_TEXT_CHARS * 6], part.get_content_charset() or part.get_param("charset"))  # type: ignore[arg-type]


def _is_falsely_encoded(part: RawMessage) -> bool:
    """Plain text that calls itself base64: more than a tenth of it could not stand there."""
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return False
    text = str(part.get_payload())[:MAX_TEXT_CHARS]
    return len(_NOT_BASE64.findall(text)) * 10 > len(text)


def _attachment(part: RawMessage, media_type: str, filename: str) -> MailAttachment:
    if part.get_content_maintype() == "message" and part.is_multipart():
        children: Any = part.get_payload()
        data = children[0].as_bytes()
        filename = filename or f"{decode_words(raw_value(children[0], 'Subject'))[:80] or 'message'}.eml"
    else:
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
    content_id = raw_value(part, "Content-ID").strip("<> ") or None
    name = safe_filename(filename, fallback=f"attachment{suffix_of(media_type)}")
    return MailAttachment(filename=name, media_type=media_type, data=data, content_id=content_id)


def _filename(part: RawMessage) -> str:
    """The file name by RFC 2231, encoded words, or raw bytes of whatever set: all three are in use."""
    value: Any = part.get_filename(failobj="")
    if isinstance(value, tuple):
        charset, _, text = value
        return decode(text.encode("latin-1", "replace"), charset)
    return decode_words(str(value)) if value else ""


def _as_text(entry: dict[str, str]) -> str:
    return entry.get("plain", "").strip() or to_text(entry.get("html", ""))


def _as_html(found: _Collected) -> str:
    if not any("html" in entry for entry in found.texts.values()):
        return ""
    cleaned = [sanitise(entry["html"]) if "html" in entry else None for entry in found.texts.values()]
    found.defects.extend(item.defect for item in cleaned if item and item.defect)
    plain = [f"<pre>{html.escape(entry.get('plain', ''))}</pre>" for entry in found.texts.values()]
    return "\n".join(item.html if item else plain[index] for index, item in enumerate(cleaned)).strip()


def _unwrapped(attachments: list[MailAttachment]) -> tuple[MailAttachment, ...]:
    flat: list[MailAttachment] = []
    for attachment in attachments:
        flat.extend(tnef.unwrap(attachment) if tnef.is_tnef(attachment) else (attachment,))
    return tuple(flat)
