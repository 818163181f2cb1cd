"""Answers to SEARCH and FETCH as values. Literals came apart from the text before this, so nothing here guesses."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_FETCH = re.compile(rb"^\d+ FETCH \(", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
_DATE = re.compile(rb'\bINTERNALDATE "([^"]{20,40})"', re.IGNORECASE)
_QUOTED_BODY = re.compile(rb'BODY\[\](?:<\d+>)? "((?:[^"\\]|\\.)*)"', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class FetchedMail:
    """What one FETCH answer says of one mail; all but `uid` only where it was asked for. `arrived_at` is aware UTC."""

    uid: int
    arrived_at: datetime | None = None
    size_bytes: int | None = None
    raw: bytes | None = None


def read_search(lines: Sequence[bytes]) -> list[int]:
    """All numbers of the SEARCH answers; a server may send several."""
    candidates = (bytes(line).removeprefix(b"SEARCH").split() for line in lines)
    return [int(word) for words in candidates if all(word.isdigit() for word in words) for word in words]


def read_fetch(lines: Sequence[bytes | bytearray]) -> list[FetchedMail]:
    """One value for each answer that has a UID; what the server volunteers about other mails has none."""
    found: dict[int, FetchedMail] = {}
    for texts, literals in _answers(lines):
        mail = _mail(b" ".join(texts), literals)
        if mail is not None:
            found[mail.uid] = mail
    return list(found.values())


def _answers(lines: Sequence[bytes | bytearray]) -> Iterator[tuple[list[bytes], list[bytes]]]:
    texts: list[bytes] = []
    literals: list[bytes] = []
    for line in lines:
        if isinstance(line, bytearray):
            literals.append(bytes(line))
            continue
        if _FETCH.match(line) and texts:
            yield texts, literals
            texts, literals = [], []
        texts.append(line)
    if texts:
        yield texts, literals


def _mail(text: bytes, literals: list[bytes]) -> FetchedMail | None:
    if not _FETCH.match(text):
        return None
    quoted = _QUOTED_BODY.search(text)
    plain = _QUOTED_BODY.sub(b"", text)
    uid, size, date = _UID.search(plain), _SIZE.search(plain), _DATE.search(plain)
    if not uid:
        return None
    raw = literals[0] if literals else (re.sub(rb"\\(.)", rb"\1", quoted[1]) if quoted else None)
    return FetchedMail(
        uid=int(uid[1]),
        arrived_at=_moment(date[1]) if date else None,
        size_bytes=int(size[1]) if size else None,
        raw=raw,
    )


def _moment(text: bytes) -> datetime | None:
    try:
        return datetime.strptime(text.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None
