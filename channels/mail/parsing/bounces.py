"""Which address a delivery failure speaks of, and which of our mails failed."""

import re
from typing import Any

from flufl.bounce import all_failures

from channels.mail.parsing.headers import RawMessage, message_id, raw_value
from channels.mail.parsing.model import Bounce

_MAX_TEXT = 60_000
_BOUNCE_REASONS = frozenset({"bounce", "null_return_path", "mailer_daemon", "automatic_subject"})
_ORIGINAL_ID = re.compile(r"^[ \t>]*Message-ID:\s*(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE)
_DAEMONS = frozenset({"null_return_path", "mailer_daemon"})
# Chinese providers report in plain words, without the parts of RFC 3464.
_FAILURE_WORDS = re.compile(
    r"退信|退回|无法送达|投递失败|無法送達|undeliver|not be delivered|delivery fail", re.IGNORECASE
)
_ADDRESS = re.compile(r"[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}\.[A-Za-z]{2,24}")
_PERMANENT_WORDS = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b|\b55[0-9]\b")


def read_bounce(message: RawMessage, machine: str | None, text: str) -> Bounce | None:
    """The failure that a machine's mail reports; None when it reports none."""
    if machine not in _BOUNCE_REASONS:
        return None
    status = _delivery_status(message)
    temporary, permanent = _failures(message)
    named = permanent or temporary or status.get("recipients") or _in_words(machine, text)
    failed = tuple(sorted(named))
    if not failed and machine != "bounce":
        return None
    action = status.get("action", "")
    if action in {"delivered", "relayed", "expanded"}:
        return None
    return Bounce(
        failed=failed,
        permanent=action == "failed" or bool(permanent) or (not action and bool(_PERMANENT_WORDS.search(text))),
        original_message_id=_original_id(message, text),
        diagnostic=status.get("diagnostic", "")[:500],
    )


def _failures(message: RawMessage) -> tuple[set[str], set[str]]:
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # seen on real mail: IndexError out of its heuristics
        return set(), set()
    return {_text(item) for item in temporary}, {_text(item) for item in permanent}


def _in_words(machine: str | None, text: str) -> set[str]:
    """The first address that a report in plain words names."""
    head = text[:_MAX_TEXT]
    found = _ADDRESS.search(head) if machine in _DAEMONS and _FAILURE_WORDS.search(head) else None
    return {found[0]} if found else set()


def _text(value: bytes | str) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value


def _delivery_status(message: RawMessage) -> dict[str, Any]:
    """Action, addresses and diagnostic of the first delivery-status part, the way RFC 3464 writes them."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks: Any = part.get_payload()
        if not isinstance(blocks, list):
            continue
        fields = [block for block in blocks if block.get("Action")]
        recipients = {raw_value(block, "Final-Recipient").partition(";")[2].strip() for block in fields}
        first = fields[0] if fields else None
        return {
            "action": raw_value(first, "Action").strip().lower() if first else "",
            "recipients": recipients - {""},
            "diagnostic": raw_value(first, "Diagnostic-Code") if first else "",
        }
    return {}


def _original_id(message: RawMessage, text: str) -> str | None:
    for part in message.walk():
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            inner: Any = part.get_payload()
            return message_id(inner[0])
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            found = _ORIGINAL_ID.search((payload if isinstance(payload, bytes) else b"")[:_MAX_TEXT].decode("latin-1"))
            if found:
                return found[1]
    found = _ORIGINAL_ID.search(text[:_MAX_TEXT])
    return found[1] if found else None
