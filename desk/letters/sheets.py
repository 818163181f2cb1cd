"""What is printed: the sheet that goes on the paper, and the answer as a letter. HTML with all that people wrote
escaped, for `workers.printing`."""

import html
from collections.abc import Mapping
from datetime import date
from typing import Any

from desk.letters.barcode import svg
from desk.schemas.letters import SheetInput

_WORDS = {
    "zh-CN": {
        "letter": "来信登记",
        "visit": "来访登记",
        "receipt": "受理回执",
        "number": "编号",
        "received": "收到日期",
        "pages": "页数",
        "pin": "查询密码",
        "keep": "凭编号和查询密码可在网上或电话查询办理进度，请妥善保管。",
        "file": "请将本页贴在原件首页。",
        "files": "附件",
        "day": "{day:%Y}年{day.month}月{day.day}日",
    },
    "en": {
        "letter": "Letter received",
        "visit": "Visit received",
        "receipt": "Receipt",
        "number": "Number",
        "received": "Received on",
        "pages": "Pages",
        "pin": "PIN",
        "keep": "With number and PIN you can follow the matter online or by telephone. Keep them safe.",
        "file": "Put this sheet on the first page of the original.",
        "files": "Enclosed",
        "day": "{day.day} {day:%B %Y}",
    },
}


def sheet(body: SheetInput, bureau: str, language: str) -> str:
    """The sheet for the paper, or with a PIN the visitor's receipt."""
    words = _words(language)
    title = words["receipt"] if body.pin else words[body.channel]
    rows = [(words["number"], _grouped(body.number)), (words["received"], _day(body.received_on, words))]
    rows += [(words["pages"], str(body.pages))] if body.pages else []
    rows += [(words["pin"], body.pin)] if body.pin else []
    table = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows)
    return (
        f'<html lang="{language}"><body><h1>{html.escape(bureau)}</h1><h2>{title}</h2>'
        f"<p>{svg(body.number)}<br>{_grouped(body.number)}</p><table>{table}</table>"
        f"<p>{words['keep'] if body.pin else words['file']}</p></body></html>"
    )


def letter(text: str, facts: Mapping[str, Any], language: str) -> str:
    """The answer: address for a window envelope, subject, text, bureau and day."""
    words = _words(language)
    address = "<br>".join(html.escape(line) for line in (facts["postal_address"], facts["recipient"]) if line)
    paragraphs = "".join(f"<p>{html.escape(line) or '&nbsp;'}</p>" for line in text.split("\n"))
    files = "".join(f"<li>{html.escape(name)}</li>" for name in facts["files"])
    enclosed = f"<p>{words['files']}:</p><ol>{files}</ol>" if files else ""
    number = facts["number"]
    mark = f"<p>{svg(number)}<br>{words['number']} {_grouped(number)}</p>" if number else ""
    return (
        f'<html lang="{language}"><body><h1>{html.escape(facts["bureau"])}</h1>{mark}<p>{address}</p>'
        f"<h2>{html.escape(facts['subject'])}</h2><main>{paragraphs}</main>{enclosed}"
        f'<p style="text-align:right">{html.escape(facts["bureau"])}<br>{_day(facts["day"], words)}</p></body></html>'
    )


def _words(language: str) -> Mapping[str, str]:
    return _WORDS["en" if language.startswith("en") else "zh-CN"]


def _day(day: date, words: Mapping[str, str]) -> str:
    return words["day"].format(day=day)


def _grouped(number: str) -> str:
    """As it is read aloud: the day, then the rest."""
    return f"{number[:8]} {number[8:]}"
