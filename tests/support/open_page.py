"""An agent's page that stays open, for tests whose agents do something else."""

from contextlib import suppress
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed

from server.bench.clients import DeskClient

BY_PHONE = ("voice", "callback")


async def stay(desk: DeskClient, *, takes: bool = True) -> None:
    """The page is open, again after the server closed it: between tests that share its loop it answers no ping.

    `takes`: what is offered and no call is taken at once.
    """
    while True:
        cursor = (await desk.get("snapshot"))["cursor"]
        with suppress(ConnectionClosed):
            async for frame in desk.events(cursor):
                if takes:
                    await _take_at_once(desk, frame)


async def _take_at_once(desk: DeskClient, frame: dict[str, Any]) -> None:
    """What is no call is taken at once, as an agent does who has time; calls are for the phone."""
    data = frame.get("data") or {}
    if frame.get("entity") != "offer" or data["outcome"] != "pending" or data["agent_id"] != desk.account_id:
        return
    if data["contact"]["channel"] not in BY_PHONE:
        with suppress(httpx.HTTPStatusError):
            await desk.post(f"contacts/{data['contact_id']}/accept", {"fence": data["fence"]})
