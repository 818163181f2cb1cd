"""Access tokens for XOAUTH2: fetched outside the mail libraries, and again before they expire."""

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from channels.adapter import ChannelUnavailable
from channels.mail.account import Account
from channels.mail.credentials import Credentials
from kit.clock import Clock

REFRESH_BEFORE = timedelta(minutes=5)
_TIMEOUT_S = 20.0
_MAX_ANSWER_BYTES = 100_000

SaveRefreshToken = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class _Token:
    value: str
    revision: int
    expires_at: datetime


class TokenSource:
    """One for each process. `save_refresh_token(mailbox_id, token)` keeps a token that the provider exchanged."""

    def __init__(self, clock: Clock, save_refresh_token: SaveRefreshToken) -> None:
        self._clock = clock
        self._save = save_refresh_token
        self._tokens: dict[str, _Token] = {}
        self._lock = asyncio.Lock()

    async def credentials(self, account: Account) -> Credentials:
        """What to log in with now. Raises `ChannelUnavailable` when the token cannot be fetched."""
        if account.auth != "xoauth2":
            return Credentials(user=account.username, password=account.secret)
        if account.oauth_token_url is None:
            return Credentials(user=account.username, access_token=account.secret)
        async with self._lock:
            return Credentials(user=account.username, access_token=await self._access_token(account))

    def forget(self, account: Account) -> None:
        """The server refused the token: the next one is fetched anew."""
        self._tokens.pop(account.id, None)

    async def _access_token(self, account: Account) -> str:
        known = self._tokens.get(account.id)
        fresh_until = self._clock.now() + REFRESH_BEFORE
        if known and known.revision == account.revision and known.expires_at > fresh_until:
            return known.value
        answer = await asyncio.to_thread(_refresh, account)
        try:
            value, lifetime_s = str(answer["access_token"]), float(answer.get("expires_in", 3600))
        except (KeyError, TypeError, ValueError) as error:
            raise ChannelUnavailable("The token service gave no access token.") from error
        rotated = answer.get("refresh_token")
        if isinstance(rotated, str) and rotated and rotated != account.secret:
            await self._save(account.id, rotated)
        expires_at = self._clock.now() + timedelta(seconds=lifetime_s)
        self._tokens[account.id] = _Token(value=value, revision=account.revision, expires_at=expires_at)
        return value


def _refresh(account: Account) -> dict[str, Any]:
    """RFC 6749, 6: exchange the refresh token."""
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": account.secret,
        "client_id": account.oauth_client_id or "",
        "client_secret": account.oauth_client_secret or "",
    }
    body = urllib.parse.urlencode({key: value for key, value in fields.items() if value}).encode()
    url = account.oauth_token_url or ""
    if urllib.parse.urlsplit(url).scheme not in {"http", "https"}:
        raise ChannelUnavailable("The token service needs an http or https address.")
    request = urllib.request.Request(url, data=body, headers={"Accept": "application/json"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - checked above
            found = json.loads(answer.read(_MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise ChannelUnavailable(f"The token service refused: {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        raise ChannelUnavailable(f"The token service cannot be reached: {error}") from error
    if not isinstance(found, dict):
        raise ChannelUnavailable("The token service gave no access token.")
    return found
