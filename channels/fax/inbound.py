"""From a fax and what is known of its call to a contact request."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from channels.adapter import Address, Attachment, ContactRequest, MalformedInbound, RawInbound
from channels.fax.files import FaxFile
from channels.fax.notices import FaxNotice, number_of
from records.citizens.addresses import normalise
from router.contact import Channel

UNKNOWN = "unknown-"
_WORDS = {
    "pages": "传真 {pages} 页",
    "unread": "传真",
    "empty": "传真文件为空，没有收到任何内容。",
    "no_file": "网关的来信没有附上传真文件。",
    "unreadable": "传真文件损坏，无法打开；原文件在附件中。",
    "damaged": "有 {damaged} 页图像损坏。",
    "cut": "传真中途断开，只收到 {pages} 页。",
    "missing": "网关称共 {stated} 页，实收 {pages} 页。",
}
"""What agents read in place of a text; Chinese, as all that the platform writes into a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fax:
    """One fax: what its call said, its file as it was read, and the files to attach, stored already.

    `line` is the address or number that it came to. `duplicate_key` is the same for exact repeats.
    """

    notice: FaxNotice
    line: str
    line_name: str = ""
    file: FaxFile | None
    note: str = ""
    duplicate_key: str
    attachments: Sequence[Attachment] = field(default=())


def request_of(raw: RawInbound, fax: Fax) -> ContactRequest:
    """Pure. A caller who hides the number is somebody new each time, and cannot be answered by fax."""
    caller = normalise("phone", fax.notice.caller) if fax.notice.caller else ""
    mark = digest(fax.duplicate_key)
    item = "\n".join((raw.account, raw.provider_id, fax.duplicate_key))
    conversation = f"{fax.line}\n{caller or mark}"
    name = "" if number_of(fax.notice.station) else fax.notice.station
    known = Address(kind="phone", value=caller, name=name)
    return ContactRequest(
        channel=Channel.FAX,
        external_id="fax:" + digest(item),
        sender=known if caller else Address(kind="fax", value=UNKNOWN + mark[:16], name=name),
        recipient=Address(kind="fax", value=fax.line, name=fax.line_name),
        received_at=raw.received_at,
        thread_key="fax:" + digest(conversation),
        text=_text(fax),
        subject=_subject(fax),
        attachments=tuple(fax.attachments),
        hints=_hints(raw, fax, answerable=bool(caller)),
        duplicate_key=fax.duplicate_key,
    )


def notice_of(raw: RawInbound) -> tuple[FaxNotice, str]:
    """What a fax line tells of a call, and the line. Raises `MalformedInbound` for JSON of another form."""
    said = raw.raw_json or {}
    texts = [said.get(name, "") for name in ("caller", "station", "call_id", "line")]
    pages, cut = said.get("pages"), said.get("cut", False)
    if not all(isinstance(text, str) for text in texts) or not (pages is None or type(pages) is int):
        raise MalformedInbound("A fax without the facts of its call.")
    caller, station, call_id, line = texts
    notice = FaxNotice(
        caller=number_of(caller), station=station[:80], pages=pages, call_id=call_id[:100], cut=cut is True
    )
    return notice, line or raw.account


def duplicate_key(notice: FaxNotice, otherwise: str) -> str:
    """By the gateway's id of the call, together with its time: a gateway that is set up anew counts from 1 again."""
    if not notice.call_id:
        return "fax:" + digest(otherwise)
    return "fax:" + digest(f"{notice.call_id}\n{notice.received}\n{notice.caller}\n{notice.pages}")


def digest(text: str) -> str:
    """32 hexadecimal digits of SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def defects_of(fax: Fax) -> list[str]:
    """Codes for what is wrong with the fax: no_file, empty, unreadable, damaged, cut, missing."""
    file = fax.file
    if file is None:
        return ["no_file"]
    if file.error:
        return ["empty" if file.error == "empty" else "unreadable"]
    stated = fax.notice.pages
    missing = stated is not None and stated > file.pages
    checks = (("damaged", file.damaged > 0), ("cut", fax.notice.cut), ("missing", missing))
    return [code for code, holds in checks if holds]


def _subject(fax: Fax) -> str:
    pages = fax.file.pages if fax.file and fax.file.pages else fax.notice.pages
    return _WORDS["pages"].format(pages=pages) if pages else _WORDS["unread"]


def _text(fax: Fax) -> str:
    file = fax.file or FaxFile()
    facts = {"damaged": file.damaged, "stated": fax.notice.pages, "pages": file.pages}
    lines = [_WORDS[code].format(**facts) for code in defects_of(fax)]
    return "\n".join(filter(None, (*lines, fax.note)))


def _hints(raw: RawInbound, fax: Fax, *, answerable: bool) -> Mapping[str, Any]:
    file = fax.file or FaxFile()
    optional = {
        "machine": None if answerable else "no_sender",
        "caller_name": fax.notice.station,
        "pages": file.pages or fax.notice.pages,
        "fax_mode": file.mode,
        "fax_error": file.error,
        "defects": defects_of(fax),
        # What comes to a confidential line is a report: the rules seal by this.
        "kind": "report" if raw.sealed else None,
    }
    found: dict[str, Any] = {"answerable": answerable, "line": raw.account}
    return found | {name: value for name, value in optional.items() if value}
