"""The library's client for each bot, and its errors in the contract's words."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from channels.adapter import ChannelUnavailable, MessageRejected
from channels.telegram.account import Bot
from channels.telegram.settings import TelegramSettings

# A pause that Telegram asks for is waited out up to here; a longer one is left to the outbox.
PATIENCE_S = 20.0
MOST_PAUSES = 3
MEDIA_WRITE_S = 60.0
READ_S = 15.0
T = TypeVar("T")

Client = ExtBot[int]


class Bots:
    """One for each process: a client for each bot, replaced with its settings."""

    def __init__(self, settings: TelegramSettings) -> None:
        self._settings = settings
        self._clients: dict[str, tuple[int, Client, tuple[HTTPXRequest, HTTPXRequest]]] = {}
        self._quiet_until: dict[str, float] = {}

    async def of(self, bot: Bot) -> Client:
        found = self._clients.get(bot.id)
        if found is not None and found[0] == bot.revision:
            return found[1]
        if found is not None:
            await _shut(found[2])
        requests = (
            HTTPXRequest(
                connection_pool_size=16, read_timeout=READ_S, pool_timeout=30, media_write_timeout=MEDIA_WRITE_S
            ),
            HTTPXRequest(connection_pool_size=2),
        )
        client: Client = ExtBot(
            token=bot.token,
            base_url=f"{self._settings.api_url}/bot",
            base_file_url=f"{self._settings.api_url}/file/bot",
            request=requests[0],
            get_updates_request=requests[1],
            rate_limiter=AIORateLimiter(max_retries=0),
        )
        self._clients[bot.id] = (bot.revision, client, requests)
        return client

    async def ask(self, bot: Bot, request: Callable[[Client], Awaitable[T]]) -> T:
        """Do `request`, waiting out the pauses that Telegram asks for; no other request of this bot goes out meanwhile.

        Raises `ChannelUnavailable` or `MessageRejected`.
        """
        client = await self.of(bot)
        for _ in range(MOST_PAUSES):
            await self._wait(bot)
            try:
                with told():
                    return await request(client)
            except Paused as pause:
                self._quiet_until[bot.id] = asyncio.get_running_loop().time() + pause.seconds
        await self._wait(bot)
        raise ChannelUnavailable("Telegram keeps asking to wait.")

    async def _wait(self, bot: Bot) -> None:
        left_s = self._quiet_until.get(bot.id, 0.0) - asyncio.get_running_loop().time()
        if left_s > PATIENCE_S:
            raise ChannelUnavailable(f"Telegram asks to wait {left_s:.0f} s.")
        if left_s > 0:
            await asyncio.sleep(left_s)

    async def close(self) -> None:
        for _, _, requests in self._clients.values():
            await _shut(requests)
        self._clients.clear()


class Paused(ChannelUnavailable):
    """Telegram's 429."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Telegram asks to wait {seconds:.0f} s.")
        self.seconds = seconds


@contextmanager
def told() -> Iterator[None]:
    """The library's errors become ours. The token is in none of them."""
    try:
        yield
    except RetryAfter as error:
        raise Paused(_seconds(error)) from error
    except InvalidToken:
        raise ChannelUnavailable("Telegram refuses the token.") from None
    except Forbidden as error:
        raise MessageRejected(f"The citizen does not take messages of this bot: {error.message}") from error
    except (BadRequest, ChatMigrated) as error:
        raise MessageRejected(error.message) from error
    except TelegramError as error:
        raise ChannelUnavailable(error.message or type(error).__name__) from error


def _seconds(error: RetryAfter) -> float:
    # The library is about to make a timedelta of it.
    pause = error.retry_after
    return float(pause) if isinstance(pause, int) else pause.total_seconds()


async def _shut(requests: tuple[HTTPXRequest, HTTPXRequest]) -> None:
    for request in requests:
        await request.shutdown()
