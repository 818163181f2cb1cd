"""Mails for tests, as clients write them."""

import base64

from kit.ids import new_id


def simple(
    text: str = "您好", *, subject: str = "咨询", sender: str = "zhang@citizen.test", message_id: str | None = None
) -> bytes:
    """A text mail in UTF-8."""
    header_id = message_id or f"<{new_id()}@citizen.test>"
    head = (
        f"From: {sender}\r\nTo: hotline@axd.test\r\nSubject: {_word(subject, 'utf-8')}\r\nMessage-ID: {header_id}\r\n"
    )
    mime = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (head + mime).encode() + text.encode() + b"\r\n"


def gbk_with_attachment(text: str, *, sender: str, filename: str, data: bytes) -> bytes:
    """As QQ mail and Foxmail write: GBK that calls itself gb2312, the file name as an encoded word."""
    name = _word(filename, "gbk", says="gb2312")
    lines = [
        f"From: {_word('张镕', 'gbk', says='gb2312')} <{sender}>",
        "To: hotline@axd.test",
        f"Subject: {_word('高企认定材料', 'gbk', says='gb2312')}",
        f"Message-ID: <{new_id()}@qq.example>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="----=_Next"',
        "",
        "------=_Next",
        'Content-Type: text/plain; charset="gb2312"',
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(text.encode("gbk")).decode().strip(),
        "------=_Next",
        f'Content-Type: application/octet-stream; name="{name}"',
        f'Content-Disposition: attachment; filename="{name}"',
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(data).decode().strip(),
        "------=_Next--",
        "",
    ]
    return "\r\n".join("\r\n".join(lines).splitlines()).encode()


def answering(raw: bytes, header_id: str) -> bytes:
    """The mail as an answer to the one with this Message-ID."""
    return f"In-Reply-To: {header_id}\r\n".encode() + raw


def _word(text: str, charset: str, says: str | None = None) -> str:
    if text.isascii():
        return text
    return f"=?{says or charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="
