"""Was this mail written by a machine? Nobody answers a machine automatically: two of them would never stop."""

import re

from channels.mail.parsing.headers import RawMessage, raw_value, raw_values
from channels.mail.parsing.model import MailAddress

LOOP_HEADER = "X-AXD-Origin"

_DAEMON = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mdaemon|mailerdaemon)(@|$)", re.IGNORECASE)
_NO_REPLY = re.compile(
    r"^(no-?_?reply|do-?_?not-?_?reply|noreply[^@]*|bounces?([+=-][^@]*)?|notifications?)@", re.IGNORECASE
)
_REPORTS = {
    "delivery-status": "bounce",
    "feedback-report": "feedback_report",
    "disposition-notification": "read_receipt",
}
_AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(auto(matic)?[ -]?(reply|response)|out of (the )?office|自动回复|自動回覆|外出自动答复|undeliver(able|ed)"
    r"|delivery status notification|mail delivery failed|returned mail|退信|系统退信|邮件退信)",
    re.IGNORECASE,
)


def machine_reason(message: RawMessage, sender: MailAddress | None, subject: str) -> str | None:
    """Why nobody may answer automatically, in one word of a fixed list; None for a person's mail.

    bounce, feedback_report, read_receipt, loop, auto_submitted, null_return_path, mailer_daemon, list, bulk,
    no_reply, no_sender, automatic_subject.
    """
    if sender is None and not raw_value(message, "Return-Path"):
        return "no_sender"
    return _by_structure(message) or _by_headers(message) or _by_sender(sender, subject)


def _by_structure(message: RawMessage) -> str | None:
    if message.get_content_type() == "multipart/report":
        report = str(message.get_param("report-type") or "").lower()
        return _REPORTS.get(report, "bounce")
    return "loop" if raw_values(message, LOOP_HEADER) else None


def _by_headers(message: RawMessage) -> str | None:
    submitted = raw_value(message, "Auto-Submitted").split(";")[0].strip().lower()
    precedence = raw_value(message, "Precedence").strip().lower()
    suppress = raw_value(message, "X-Auto-Response-Suppress").lower()
    checks = (
        ("auto_submitted", submitted not in {"", "no"} or precedence == "auto_reply"),
        (
            "auto_submitted",
            any(raw_value(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder")),
        ),
        ("null_return_path", raw_value(message, "Return-Path").replace(" ", "") == "<>"),
        ("list", any(raw_value(message, name) for name in ("List-Id", "List-Unsubscribe", "List-Post"))),
        ("bulk", precedence in {"bulk", "list", "junk"}),
        ("auto_submitted", any(word in suppress for word in ("all", "autoreply", "oof"))),
    )
    return next((reason for reason, holds in checks if holds), None)


def _by_sender(sender: MailAddress | None, subject: str) -> str | None:
    address = sender.address if sender else ""
    if not address:
        return "no_sender"
    if _DAEMON.match(address):
        return "mailer_daemon"
    if _NO_REPLY.match(address):
        return "no_reply"
    return "automatic_subject" if _AUTOMATIC_SUBJECT.match(subject) else None
