"""The first page of a fax that we send: who sends it, to which number, and the text. Black on white, 12 pt and more."""

import html

from channels.adapter import OutboundMessage

_WORDS = {
    "zh-CN": {"title": "传真", "to": "收件号码", "subject": "事由", "files": "附件随后，共 {count} 份。"},
    "en": {"title": "Fax", "to": "To", "subject": "Subject", "files": "{count} files follow."},
}


def letter_of(message: OutboundMessage, sender_name: str) -> str:
    """HTML for `Render`; all that people wrote is escaped."""
    words = _WORDS["en" if message.language.startswith("en") else "zh-CN"]
    subject = f"<p>{words['subject']}: {html.escape(message.subject)}</p>" if message.subject else ""
    files = len(message.attachments)
    after = f"<p>{words['files'].format(count=files)}</p>" if files else ""
    paragraphs = "".join(f"<p>{html.escape(line) or '&nbsp;'}</p>" for line in message.text.split("\n"))
    return (
        f'<html lang="{message.language}"><body><header><h1>{html.escape(sender_name)} {words["title"]}</h1>'
        f"<p>{words['to']}: {html.escape(message.recipient)}</p>{subject}<hr></header>"
        f"<main>{paragraphs}{after}</main></body></html>"
    )
