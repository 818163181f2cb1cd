"""Hands texts to providers that speak HTTP: no faster than an account may, and not at all while told to wait."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

import httpx

from channels.adapter import ChannelUnavailable, Health, MessageRejected
from channels.sms.carrier import SmsAccount, SmsOut, Submitted
from channels.sms.providers.aliyun import AliyunProfile
from channels.sms.providers.generic import GenericProfile
from channels.sms.providers.provider import TOO_MANY, Profile, Request, Response
from channels.sms.providers.tencent import TencentProfile
from channels.sms.providers.twilio import TwilioProfile
from channels.sms.tables import SmsKind

TIMEOUT_S = 15.0
MOST_ANSWER_BYTES = 256 * 1024
LONGEST_PAUSE_S = 300.0
PAUSE_S = 5.0
PROFILES: Mapping[str, Profile] = {
    SmsKind.TWILIO: TwilioProfile(),
    SmsKind.ALIYUN: AliyunProfile(),
    SmsKind.TENCENT: TencentProfile(),
    SmsKind.GENERIC: GenericProfile(),
}


ReportUrl = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Answer:
    plain: Response
    retry_after: str

    @property
    def retry_after_s(self) -> float:
        return float(self.retry_after) if self.retry_after.isdigit() else PAUSE_S


class HttpCarrier:
    """The `Carrier` of all HTTP providers. `report_url` gives the public address for an account's reports."""

    def __init__(self, report_url: ReportUrl) -> None:
        self._report_url = report_url
        self._client: httpx.AsyncClient | None = None
        self._free_at: dict[str, float] = {}

    async def submit(self, account: SmsAccount, out: SmsOut) -> Submitted:
        """See `channels.sms.carrier.Carrier`.

        An answer that never came leaves open whether the text was taken. It is sent again: twice is better than never.
        """
        profile = PROFILES[account.kind]
        request = profile.request(account, out, self._report_url(account.id))
        await self._turn(account)
        response = await self._call(request)
        if response.plain.status == TOO_MANY:
            self._pause(account, response)
        return profile.submitted(account, response.plain)

    async def check(self, account: SmsAccount) -> Health:
        profile = PROFILES[account.kind]
        try:
            fault = profile.fault((await self._call(profile.probe(account))).plain)
        except (ChannelUnavailable, MessageRejected) as error:
            fault = error.detail
        return Health(ok=not fault, detail=fault)

    async def close(self) -> None:
        """Let go of every connection."""
        if self._client is not None:
            await self._client.aclose()

    async def _turn(self, account: SmsAccount) -> None:
        """Wait for this account's next turn. Raises `ChannelUnavailable` while the provider wants to be left alone."""
        now = monotonic()
        turn = max(now, self._free_at.get(account.id, 0.0))
        if turn - now > TIMEOUT_S:
            raise ChannelUnavailable("The provider asked to wait.")
        self._free_at[account.id] = turn + 1 / account.throughput
        await asyncio.sleep(turn - now)

    def _pause(self, account: SmsAccount, response: _Answer) -> None:
        wait_s = min(response.retry_after_s, LONGEST_PAUSE_S)
        self._free_at[account.id] = max(self._free_at.get(account.id, 0.0), monotonic() + wait_s)

    async def _call(self, request: Request) -> _Answer:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)
        try:
            async with self._client.stream(
                request.method, request.url, headers=dict(request.headers), content=request.content
            ) as response:
                plain = Response(status=response.status_code, body=await _body(response))
                return _Answer(plain, response.headers.get("retry-after", ""))
        except httpx.InvalidURL as error:
            raise MessageRejected("The provider's address is no address.") from error
        except httpx.HTTPError as error:
            raise ChannelUnavailable(f"The provider cannot be reached: {type(error).__name__}") from error


async def _body(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            raise ChannelUnavailable("The provider's answer is too long.")
    return body
