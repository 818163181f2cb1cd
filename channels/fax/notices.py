"""What the mail of a fax gateway says: a fax came in, could not come in, or what became of one that we sent. Pure.

Three forms are known: HylaFAX's scripts (faxrcvd and notify), subjects in the manner of eFax, and our own headers
X-AXD-Fax-*. The profile of the mailbox says which is expected; `auto` tries all.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.gateway_mail import GatewayMail

MAX_TEXT = 20_000
HEADER = "x-axd-fax-"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaxNotice:
    """A fax came in. `call_id` names the call within the gateway; `pages` is what the gateway counted.

    `cut`: the line broke off, and these are the pages that had come.
    """

    caller: str = ""
    station: str = ""
    pages: int | None = None
    call_id: str = ""
    received: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReceived:
    """Somebody tried to fax and it failed: nothing for an agent, but the operator has to know."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of a fax that we sent; `final` False while the gateway goes on trying."""

    delivered: bool
    final: bool = True
    reason: str = ""


Notice = FaxNotice | NotReceived | Outcome

_HYLAFAX_IN = re.compile(r'^\s*(?:fax received from|facsimile received from)\s*"?([^"]{0,80})"?', re.IGNORECASE)
_HYLAFAX_FIELD = re.compile(r"^\s*([A-Za-z][A-Za-z0-9 ]{2,20}):\s*(\S.*?)\s*$", re.MULTILINE)
_HYLAFAX_OUT = re.compile(
    r"Your facsimile job \".*?\"(?: to \".*?\")?\s*"
    r"(was completed successfully|failed|was not sent|was deleted|could not be sent|will be retried)"
    r"(?: because:\s*(.{0,300}))?",
    re.IGNORECASE | re.DOTALL,
)
_NOT_RECEIVED = re.compile(r"fax not received\.?|传真接收失败|未能接收传真", re.IGNORECASE)
_EFAX_IN = re.compile(r"\be?fax\b.{0,30}\bfrom\b|来自.{1,40}的?传真|传真.{0,6}来自", re.IGNORECASE)
_EFAX_FAILED = re.compile(r"\bfailed\b|not received|失败", re.IGNORECASE)
_EFAX_OUT = re.compile(
    r"(un)?successful(?:ly)?\s+(?:fax\s+)?(?:transmission|sent|delivered)|fax\s+(sent|failed)|传真(?:发送)?(成功|失败)",
    re.IGNORECASE,
)
_CALLER_ID = re.compile(r"caller[- ]?id:?\s*(\+?\d[\d -]{3,24}\d)", re.IGNORECASE)
_FROM_NUMBER = re.compile(r"(?:\bfrom|来自)\W{0,3}(\+?\d[\d -]{3,24}\d)", re.IGNORECASE)
_PAGES = re.compile(r"(\d{1,4})\s*(?:page|页)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d ().-]{3,30}")


def read_notice(mail: GatewayMail) -> Notice | None:
    """What the mail says in the form that its profile names; None where it says nothing in that form."""
    readers = _READERS.values() if mail.profile == "auto" else (_READERS[mail.profile],)
    return next((notice for read in readers if (notice := read(mail)) is not None), None)


def number_of(text: str) -> str:
    """The telephone number that `text` is, without blanks and brackets; empty where it is none."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return ""
    digits = re.sub(r"\D", "", text)
    return ("+" if text.startswith("+") else "") + digits if len(digits) >= 3 else ""


def _own(mail: GatewayMail) -> Notice | None:
    fields = {name.removeprefix(HEADER): value for name, value in mail.headers.items() if name.startswith(HEADER)}
    status = fields.get("status", "").lower()
    if status in {"delivered", "failed", "retrying"}:
        return Outcome(
            delivered=status == "delivered", final=status != "retrying", reason=fields.get("error", "")[:300]
        )
    if status == "not-received":
        return NotReceived(reason=fields.get("error", "")[:300])
    if not fields:
        return None
    return FaxNotice(
        caller=number_of(fields.get("caller", "")),
        station=fields.get("station", "")[:80],
        pages=_count(fields.get("pages", "")),
        call_id=fields.get("id", "")[:100],
    )


def _hylafax(mail: GatewayMail) -> Notice | None:
    text = mail.text[:MAX_TEXT]
    sent = _HYLAFAX_OUT.search(text)
    if sent is not None:
        verdict = sent[1].lower()
        reason = " ".join((sent[2] or "").split())[:300]
        retried = verdict in {"was not sent", "will be retried"}
        return Outcome(delivered=verdict == "was completed successfully", final=not retried, reason=reason)
    named = _HYLAFAX_IN.search(mail.subject)
    if named is None:
        return None
    if _NOT_RECEIVED.search(text):
        return NotReceived(reason=_reason_after(text))
    fields = _fields(text)
    sender = fields.get("sender", named[1]).strip()
    return FaxNotice(
        caller=number_of(fields.get("callid1", "")),
        station="" if sender.upper() in {"UNKNOWN", "<UNSPECIFIED>"} else sender[:80],
        pages=_count(fields.get("pages", "")),
        call_id=fields.get("commid", "").split(" ")[0][:100],
        received=fields.get("received", "")[:40],
    )


def _efax(mail: GatewayMail) -> Notice | None:
    sent = _EFAX_OUT.search(mail.subject)
    if sent is not None and mail.answers:
        failed = bool(sent[1]) or (sent[2] or "").lower() == "failed" or sent[3] == "失败"
        return Outcome(delivered=not failed, reason=mail.subject[:300] if failed else "")
    if not _EFAX_IN.search(mail.subject):
        return None
    if _EFAX_FAILED.search(mail.subject):
        return NotReceived(reason=mail.subject[:300])
    caller = _CALLER_ID.search(mail.subject) or _FROM_NUMBER.search(mail.subject)
    pages = _PAGES.search(mail.subject)
    return FaxNotice(caller=number_of(caller[1]) if caller else "", pages=int(pages[1]) if pages else None)


_READERS: Mapping[str, Callable[[GatewayMail], Notice | None]] = {"own": _own, "hylafax": _hylafax, "efax": _efax}


def _fields(text: str) -> dict[str, str]:
    """HylaFAX's lines `Name: value`, names lower-cased without blanks, the first of each."""
    found: dict[str, str] = {}
    for name, value in _HYLAFAX_FIELD.findall(text):
        found.setdefault(name.replace(" ", "").lower(), value)
    return found


def _reason_after(text: str) -> str:
    found = _NOT_RECEIVED.search(text)
    rest = text[found.end() :] if found else text
    return " ".join(rest.split())[:300]


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None
