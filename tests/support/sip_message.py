"""SIP on the wire (RFC 3261), as much of it as a telephone needs."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

OPAQUE = re.compile(r'(\w+)="?([^",]*)"?')


@dataclass
class SipMessage:
    """`headers` keep their order; names are compared without case."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @classmethod
    def parse(cls, text: str) -> "SipMessage":
        head, _, body = text.partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        return cls(start, [(name.strip(), value.strip()) for name, _, value in (s.partition(":") for s in lines)], body)

    def __str__(self) -> str:
        lines = [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([self.start, *lines, f"Content-Length: {len(self.body.encode())}", "", self.body])

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def method(self) -> str:
        """Of a request itself, of a response the one it answers."""
        return self.get("CSeq").split()[-1] if self.status else self.start.split()[0]

    @property
    def status(self) -> int:
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def number(self) -> int:
        return int(self.get("CSeq").split()[0])

    def answer(self, status: int, reason: str, tag: str, *more: tuple[str, str], body: str = "") -> "SipMessage":
        to = self.get("To")
        headers = [
            *(("Via", via) for via in self.all("Via")),
            *(("Record-Route", route) for route in self.all("Record-Route")),
            ("From", self.get("From")),
            ("To", to if ";tag=" in to else f"{to};tag={tag}"),
            ("Call-ID", self.get("Call-ID")),
            ("CSeq", self.get("CSeq")),
            *more,
        ]
        return SipMessage(f"SIP/2.0 {status} {reason}", headers, body)


def credentials(challenge: str, method: str, uri: str, user: str, secret: str) -> str:
    """The answer to a digest challenge with `qop=auth` (RFC 2617)."""
    given = dict(OPAQUE.findall(challenge.partition(" ")[2]))
    cnonce, count = secrets.token_hex(8), "00000001"
    one = _md5(f"{user}:{given['realm']}:{secret}")
    two = _md5(f"{method}:{uri}")
    response = _md5(f"{one}:{given['nonce']}:{count}:{cnonce}:auth:{two}")
    return (
        f'Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc={count}, cnonce="{cnonce}", '
        f'opaque="{given.get("opaque", "")}"'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def sound_of(sdp: str) -> tuple[str, int]:
    """Where the other side wants its audio (RFC 8866)."""
    host = re.search(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
    assert host, sdp
    assert port, sdp
    return host[1], int(port[1])
