"""Headers of untrusted mail.

Values are read raw (`compat32`) and decoded here: `policy.default` decodes gb2312 words with the narrow codec and turns
unencoded GBK bytes into replacement characters before anybody can look at them; it also raises on some real headers.
"""

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, TypeAlias

from channels.mail.parsing.charsets import decode
from channels.mail.parsing.model import MailAddress

MAX_HEADER_CHARS = 32_000
_MAX_ADDRESSES = 200
_MAX_REFERENCES = 100
_MAX_GATEWAY_HEADERS = 20
_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bqBQ])\?([^?]{0,2000})\?=")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_ADDRESS = re.compile(r"[^\s<>\"(),;:]{1,200}@[^\s<>\"(),;:@]{1,253}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")

RawMessage: TypeAlias = "Message[Any, Any]"


def raw_values(message: RawMessage, name: str) -> list[str]:
    """Unfolded raw values of one header, undecodable bytes as surrogates, each cut to a safe length."""
    wanted = name.lower()
    found = [str(value) for key, value in message.raw_items() if key.lower() == wanted]
    return [re.sub(r"\r?\n[ \t]*", " ", value[:MAX_HEADER_CHARS]).strip() for value in found]


def raw_value(message: RawMessage, name: str) -> str:
    """First value of a header, empty when it is missing."""
    return next(iter(raw_values(message, name)), "")


def text_value(message: RawMessage, name: str) -> str:
    """Decoded text of an unstructured header such as Subject; never raises."""
    return decode_words(raw_value(message, name))


def named_with(message: RawMessage, prefix: str) -> tuple[tuple[str, str], ...]:
    """Name and decoded text of the headers whose lower-cased name begins with `prefix`; at most twenty."""
    names = dict.fromkeys(key.lower() for key, _ in message.raw_items() if key.lower().startswith(prefix))
    return tuple((name, text_value(message, name)[:500]) for name in list(names)[:_MAX_GATEWAY_HEADERS])


def decode_words(value: str) -> str:
    """Encoded words and raw 8-bit bytes to text. Neighbouring words are joined as bytes first: Chinese clients
    cut characters in two between words."""
    pieces: list[str] = []
    pending: bytes = b""
    charset = ""
    position = 0
    for match in _WORD.finditer(value):
        between = value[position : match.start()]
        word_charset = match[1].split("*")[0].lower()
        if pending and (between.strip() or word_charset != charset):
            pieces.append(decode(pending, charset))
            pending = b""
        if between.strip() or position == 0:
            pieces.append(_plain(between))
        charset = word_charset
        pending += _word_bytes(match[2], match[3])
        position = match.end()
    if pending:
        pieces.append(decode(pending, charset))
    pieces.append(_plain(value[position:]))
    return _CONTROL.sub(" ", "".join(pieces)).strip()


def addresses(message: RawMessage, *names: str) -> tuple[MailAddress, ...]:
    """Every address of the named headers, in order, without repeats."""
    found: dict[str, MailAddress] = {}
    for name in names:
        for value in raw_values(message, name):
            for item in _parse_addresses(value):
                found.setdefault(item.address, item)
    return tuple(found.values())[:_MAX_ADDRESSES]


def message_ids(message: RawMessage, *names: str) -> tuple[str, ...]:
    """Message-IDs in the named headers, oldest first, without repeats; at most the last hundred."""
    found = [match for name in names for value in raw_values(message, name) for match in _MESSAGE_ID.findall(value)]
    return tuple(dict.fromkeys(found))[-_MAX_REFERENCES:]


def message_id(message: RawMessage) -> str | None:
    """The mail's own id in angle brackets; None when there is none that could be told apart."""
    value = raw_value(message, "Message-ID").encode("ascii", "ignore").decode()
    match = _MESSAGE_ID.search(value)
    if match:
        return match[0]
    bare = value.strip().strip("<>")
    return f"<{bare}>" if bare and not re.search(r"\s", bare) and len(bare) <= 500 else None


def sent_at(message: RawMessage) -> datetime | None:
    """The Date header in UTC, None when it is missing, broken or not representable."""
    try:
        value = parsedate_to_datetime(raw_value(message, "Date"))
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _parse_addresses(value: str) -> Iterator[MailAddress]:
    ascii_safe = value.encode("utf-8", "surrogateescape").decode("latin-1")
    try:
        pairs = getaddresses([ascii_safe])[:_MAX_ADDRESSES]
    except (ValueError, IndexError, TypeError, RecursionError):
        pairs = [("", found) for found in _ADDRESS.findall(ascii_safe)[:_MAX_ADDRESSES]]
    for name, address in pairs:
        cleaned = _address(_restore(address))
        if cleaned:
            yield MailAddress(address=cleaned, name=decode_words(_restore(name))[:200])


def _address(value: str) -> str | None:
    match = _ADDRESS.search(decode_words(value))
    if not match:
        return None
    local, _, domain = match[0].rpartition("@")
    return f"{local}@{domain.lower().rstrip('.')}"


def _restore(value: str) -> str:
    return value.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def _plain(value: str) -> str:
    if value.isascii():
        return value
    return decode(value.encode("utf-8", "surrogateescape"))


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return quopri.decodestring(data, header=True)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4), validate=False)
    except (binascii.Error, ValueError):
        return base64.b64decode(data[: len(data) // 4 * 4] or b"")
