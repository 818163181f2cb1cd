"""The platform's interface: an access token kept until it expires, and errors in the contract's words."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from axd_wechat.settings import WeChatSettings
from channels.adapter import ChannelUnavailable, MessageRejected
from kit.clock import Clock

TIMEOUT_S = 15.0
# A token is renewed this long before it expires.
MARGIN = timedelta(minutes=5)
EXPIRED = frozenset({40001, 40014, 42001})
LATER = frozenset({-1, 45009, 45011})
REASONS = {
    45015: "The citizen wrote more than 48 hours ago, or no longer follows the account: WeChat takes no answer.",
    45047: "WeChat takes no more answers until the citizen writes again.",
    45002: "This is too long for WeChat.",
    43004: "The citizen does not follow the account.",
    40003: "WeChat does not know this citizen.",
}


class Platform:
    """One for each process. The stable token may be asked for by many processes: it stays the same for all."""

    def __init__(self, settings: WeChatSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._client = httpx.AsyncClient(base_url=settings.api_url, timeout=TIMEOUT_S)
        self._token = ""
        self._good_until: datetime | None = None
        self._renewing = asyncio.Lock()

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, message: Mapping[str, Any]) -> None:
        """One customer-service message. Raises `MessageRejected` or `ChannelUnavailable`."""
        # Escaped characters would be shown as such.
        content = json.dumps(message, ensure_ascii=False).encode()
        await self._ask("POST", "/cgi-bin/message/custom/send", content=content)

    async def upload(self, filename: str, media_type: str, data: bytes) -> str:
        """Store a picture at the platform; returns its id there, good for three days."""
        files = {"media": (filename, data, media_type)}
        answer = await self._ask("POST", "/cgi-bin/media/upload", params={"type": "image"}, files=files)
        return str(_json(answer).get("media_id", ""))

    async def media(self, media_id: str) -> httpx.Response:
        """The file of a message. Raises `MessageRejected` when it is gone."""
        return await self._ask("GET", "/cgi-bin/media/get", params={"media_id": media_id})

    async def check(self) -> None:
        """Raises when the platform does not take our account's id, secret or address."""
        await self._ask("GET", "/cgi-bin/get_api_domain_ip")

    async def _ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        """A token that was revoked early is renewed once."""
        rejected = ""
        for _ in range(2):
            token = await self._access_token(rejected)
            answer = await self._request(method, path, params={**(params or {}), "access_token": token}, **request)
            code = int(_json(answer).get("errcode", 0))
            if code not in EXPIRED:
                break
            rejected = token
        _require(code, _json(answer))
        return answer

    async def _access_token(self, rejected: str) -> str:
        """The token in use; another one in place of the one that was `rejected`."""
        async with self._renewing:
            fresh = self._good_until is not None and self._clock.now() < self._good_until
            if fresh and self._token != rejected:
                return self._token
            asked = {
                "grant_type": "client_credential",
                "appid": self._settings.app_id,
                "secret": self._settings.app_secret.get_secret_value(),
                "force_refresh": bool(rejected),
            }
            answer = _json(await self._request("POST", "/cgi-bin/stable_token", json=asked))
            if "access_token" not in answer:
                raise ChannelUnavailable(f"WeChat gives no access token: {_said(answer)}")
            self._token = str(answer["access_token"])
            self._good_until = self._clock.now() + timedelta(seconds=int(answer["expires_in"])) - MARGIN
            return self._token

    async def _request(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, **request)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            # Neither address nor answer is told: the token stands in the one.
            raise ChannelUnavailable(f"WeChat cannot be reached: {type(error).__name__}") from None
        return answer


def _json(answer: httpx.Response) -> dict[str, Any]:
    """What the platform says in JSON; nothing where it answers with a file."""
    try:
        said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _require(code: int, answer: Mapping[str, Any]) -> None:
    if code == 0:
        return
    if code in EXPIRED | LATER:
        raise ChannelUnavailable(_said(answer))
    raise MessageRejected(REASONS.get(code, _said(answer)))


def _said(answer: Mapping[str, Any]) -> str:
    return f"WeChat says {answer.get('errcode')}: {str(answer.get('errmsg', ''))[:200]}"
