"""The pass with which a citizens' page calls through Asterisk: signed where it is handed out, checked with each call.

The line itself is open to everybody; without a pass that is fresh and unused no call of it is taken on.
"""

import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

LASTS_S = 60.0
SIGNATURE_BYTES = 20
SIGNATURE_CHARS = 32
MOST_CHARS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPass:
    """`visitor`: whose page it is, for one call at a time; `session`: the chat it belongs to, "" for a report."""

    visitor: str
    session: str
    dialled: str
    language: str


class WebPasses:
    """`key`: the same where passes are made and where they are checked. `now` in seconds."""

    def __init__(self, key: bytes, now: Callable[[], float] = time.time) -> None:
        self._key, self._now = key, now
        self._used: dict[str, float] = {}

    def issue(self, about: WebPass) -> str:
        """Good once and for a minute. Letters and digits only: it passes through a header and a dial plan."""
        until = self._now() + LASTS_S
        text = json.dumps([*astuple(about), until, secrets.token_hex(8)], ensure_ascii=True, separators=(",", ":"))
        body = _letters(text.encode())
        return self._signature(body) + body

    def read(self, written: str) -> WebPass | None:
        """What a pass of ours says, however old; None for any other text."""
        found = self._open(written)
        return found[0] if found else None

    def redeem(self, written: str) -> WebPass | None:
        """The same, once, while it is fresh."""
        found, now = self._open(written), self._now()
        self._used = {used: until for used, until in self._used.items() if until > now}
        if found is None or found[1] <= now or written in self._used:
            return None
        self._used[written] = found[1]
        return found[0]

    def _open(self, written: str) -> tuple[WebPass, float] | None:
        signature, body = written[:SIGNATURE_CHARS], written[SIGNATURE_CHARS:]
        if len(written) > MOST_CHARS or not written.isascii():
            return None
        if not hmac.compare_digest(self._signature(body), signature):
            return None
        padded = body + "=" * (-len(body) % 8)
        visitor, session, dialled, language, until, _ = json.loads(base64.b32decode(padded))
        return WebPass(visitor=visitor, session=session, dialled=dialled, language=language), until

    def _signature(self, body: str) -> str:
        return _letters(hmac.digest(self._key, body.encode(), "sha256")[:SIGNATURE_BYTES])


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")
