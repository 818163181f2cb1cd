"""What legs, bridges and recordings of one Asterisk share: the way to it, and the ends they wait for."""

import asyncio
from collections.abc import Mapping
from typing import Any

from telephony.asterisk.ari import Ari, AsteriskRefused, Event
from telephony.asterisk.prompts import Prompts
from telephony.asterisk.settings import AsteriskSettings
from telephony.calls import Media

NOT_FOUND = 404


class Wire:
    def __init__(self, settings: AsteriskSettings, ari: Ari) -> None:
        self.settings, self.ari = settings, ari
        self._prompts = Prompts(settings.prompts_dir)
        self._expected: dict[str, asyncio.Future[Event]] = {}
        # Channels and bridges through which supervisors listen in this process.
        self.ears: set[str] = set()

    def expect(self, key: str) -> "asyncio.Future[Event]":
        """The event that will carry `key`; ask before the request that causes it."""
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._expected[key] = future
        future.add_done_callback(lambda _: self._expected.pop(key, None))
        return future

    def settle(self, key: str, event: Event) -> None:
        future = self._expected.get(key)
        if future is not None and not future.done():
            future.set_result(event)

    @property
    def expected(self) -> tuple[str, ...]:
        return tuple(self._expected)

    async def ask(self, method: str, path: str, query: Mapping[str, str | int] | None = None) -> Any:
        return await self.ari.request(method, path, query)

    async def drop(self, path: str, query: Mapping[str, str | int] | None = None) -> None:
        """Delete it; that it is gone already is as good."""
        try:
            await self.ari.request("DELETE", path, query)
        except AsteriskRefused as refused:
            if refused.answer != NOT_FOUND:
                raise

    async def uri(self, media: Media) -> str:
        return await asyncio.to_thread(self._prompts.uri, media)

    async def forget(self, uri: str) -> None:
        """See `Prompts.forget`."""
        await asyncio.to_thread(self._prompts.forget, uri)
