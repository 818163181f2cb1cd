"""The pass with which a citizens' page calls through Asterisk: signed where it is handed out, checked with each call.

The line itself is open to everybody; without a pass that is fresh and unused no call of it is taken on.
"""

import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import astuple, dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

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


Claim = Callable[[str, str, float], Awaitable[bool]]
"""Of a mark, by a user, for so many seconds: whether nobody else has it."""


class RedisClaims:
    """A `Claim` that outlives the process. Without Redis everything is granted: a process remembers its own besides."""

    def __init__(self, redis: Redis, workspace_id: str) -> None:
        self._redis, self._prefix = redis, f"pass:{{{workspace_id}}}"

    async def __call__(self, mark: str, user: str, lasts_s: float) -> bool:
        try:
            held = await self._redis.set(
                f"{self._prefix}:{mark}", user, nx=True, get=True, px=max(1, round(lasts_s * 1000))
            )
        except (RedisError, OSError):
            log.warning("used passes cannot be kept; those of an earlier process are not known")
            return True
        return held in (None, user.encode())


class WebPasses:
    """`key`: the same where passes are made and where they are checked. `now` in seconds.

    `claim`: knows what was used before this process.
    """

    def __init__(self, key: bytes, now: Callable[[], float] = time.time, claim: Claim | None = None) -> None:
        self._key, self._now, self._claim = key, now, claim
        self._used: dict[str, tuple[str, float]] = {}

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

    async def redeem(self, written: str, user: str) -> WebPass | None:
        """The same while it is fresh, for the first `user` (a channel) alone: who still rings is found once more."""
        found, now = self._open(written), self._now()
        if found is None or found[1] <= now:
            return None
        self._used = {mark: use for mark, use in self._used.items() if use[1] > now}
        about, until = found
        mark = hashlib.sha256(written.encode()).hexdigest()
        if self._used.setdefault(mark, (user, until))[0] != user:
            return None
        return about if self._claim is None or await self._claim(mark, user, until - now) else None

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
